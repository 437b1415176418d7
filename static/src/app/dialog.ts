import { on } from "./dom";

// watchDialogs shows what was fetched into #dialog-body over the page, and closes it on Cancel or a click beside it.
export function watchDialogs(): void {
  document.addEventListener("htmx:afterSwap", (event) => {
    const target = event.target;
    if (!(target instanceof HTMLElement) || target.id !== "dialog-body") return;
    const dialog = target.closest("dialog");
    if (!dialog || dialog.open) return;
    document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]").forEach((menu) => (menu.open = false));
    dialog.showModal();
  });
  on("click", "dialog [data-close]", (link, event) => {
    event.preventDefault();
    link.closest("dialog")?.close();
  });
  document.addEventListener("click", (event) => {
    if (event.target instanceof HTMLDialogElement) event.target.close();
  });
}
