import { on } from "./dom";

// watchPalette opens the jump box on Ctrl K or ⌘ K, filters its own entries while typing and walks them with the arrows. What
// the server finds is put above them by htmx.
export function watchPalette(): void {
  const dialog = document.getElementById("palette");
  const input = dialog?.querySelector("input");
  if (!(dialog instanceof HTMLDialogElement) || !input) return;
  if (/Mac|iPhone|iPad/.test(navigator.platform)) {
    document.querySelectorAll("[data-mod]").forEach((key) => (key.textContent = "⌘"));
  }
  const show = (): void => {
    if (dialog.open) return;
    document.querySelector<HTMLElement>("#nav:popover-open")?.hidePopover();
    dialog.showModal();
    input.select();
    filter(dialog, input.value);
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      show();
    }
  });
  on("click", "[data-palette]", (_, event) => {
    event.preventDefault();
    show();
  });
  input.addEventListener("input", () => filter(dialog, input.value));
  dialog.addEventListener("htmx:afterSwap", () => filter(dialog, input.value));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    move(dialog, input, event.key === "ArrowDown" ? 1 : -1);
  });
  // Enter submits the search, unless an entry is chosen.
  input.form?.addEventListener("submit", (event) => {
    const chosen = dialog.querySelector<HTMLAnchorElement>("a[aria-selected='true']");
    if (!chosen) return;
    event.preventDefault();
    location.assign(chosen.href);
  });
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
}

function visible(dialog: HTMLElement): HTMLElement[] {
  return Array.from(dialog.querySelectorAll<HTMLElement>("a[role='option']")).filter((item) => !item.hidden);
}

// filter hides our own entries that do not hold the words; what the server found stays.
function filter(dialog: HTMLElement, words: string): void {
  const wanted = plain(words.trim());
  dialog.querySelectorAll<HTMLElement>("#palette-places a").forEach((item) => {
    item.hidden = wanted !== "" && !plain(item.querySelector("span")?.textContent ?? "").includes(wanted);
  });
  choose(dialog, visible(dialog)[0]);
}

function move(dialog: HTMLElement, input: HTMLElement, step: number): void {
  const items = visible(dialog);
  if (items.length === 0) return;
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const next = items[(at + step + items.length) % items.length];
  choose(dialog, next);
  next?.scrollIntoView({ block: "nearest" });
  input.focus();
}

function choose(dialog: HTMLElement, chosen: HTMLElement | undefined): void {
  dialog.querySelectorAll<HTMLElement>("a[role='option']").forEach((item, i) => {
    item.id = item.id || `palette-option-${i}-${Math.random().toString(36).slice(2, 8)}`;
    item.setAttribute("aria-selected", String(item === chosen));
  });
  const input = dialog.querySelector("input");
  if (chosen) input?.setAttribute("aria-activedescendant", chosen.id);
  else input?.removeAttribute("aria-activedescendant");
}
