import { on } from "./dom";

const changed = new WeakSet<Element>();

// watchUnsaved asks before a page with typed but unsaved values is left.
export function watchUnsaved(): void {
  on("input", "form[data-unsaved]", (form) => changed.add(form));
  on("submit", "form[data-unsaved]", (form) => changed.delete(form));
  document.addEventListener("htmx:afterSwap", (event) => {
    // A refused form comes back with its values still unsaved.
    if (event.target instanceof Element && event.target.matches("form[data-unsaved]")) changed.add(event.target);
  });
  addEventListener("beforeunload", (event) => {
    const unsaved = Array.from(document.querySelectorAll("form[data-unsaved]")).some((form) => changed.has(form));
    if (unsaved) event.preventDefault();
  });
  on("change", "form[data-submit-on-change]", (form) => {
    if (form instanceof HTMLFormElement) form.requestSubmit();
  });
}
