import { on, remember } from "./dom";

// watchTheme switches between paper and ink at once and for the next pages.
export function watchTheme(): void {
  on("click", "[data-theme-switch]", () => {
    const root = document.documentElement;
    const now = root.dataset["theme"] || (matchMedia("(prefers-color-scheme: dark)").matches ? "ink" : "paper");
    const next = now === "ink" ? "paper" : "ink";
    root.dataset["theme"] = next;
    remember("theme", next);
  });
}

// watchNavigation narrows the navigation to icons and widens it again.
export function watchNavigation(): void {
  on("click", "[data-nav-switch]", () => {
    const root = document.documentElement;
    const slim = root.dataset["nav"] === "slim";
    if (slim) delete root.dataset["nav"];
    else root.dataset["nav"] = "slim";
    remember("nav", slim ? "wide" : "slim");
  });
}
