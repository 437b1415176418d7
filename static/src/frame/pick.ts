import { labelOf } from "./describe";
import { isOurs, showHover } from "./overlay";

/** While editing, whatever a pointer does on the page picks elements and nothing else. */
const STOPPED = ["click", "auxclick", "mousedown", "mouseup", "pointerdown", "pointerup", "touchstart", "touchend", "dblclick", "contextmenu", "dragstart", "submit", "beforeinput"];

let editing = true;
let writing = false;

export function setEditing(on: boolean): void {
  editing = on;
  if (!on) showHover(undefined);
}

/** While somebody types in an element, the pointer is theirs. */
export function setWriting(on: boolean): void {
  writing = on;
}

const ours = (event: Event): boolean => {
  const first = event.composedPath()[0];
  return first instanceof Element && isOurs(first);
};

const hit = (event: Event): Element | undefined => {
  const first = event.composedPath()[0];
  return first instanceof Element && first !== document.documentElement && !isOurs(first) ? first : undefined;
};

export function watchPointer(picked: (element: Element) => void, opened: (element: Element) => void): void {
  for (const kind of STOPPED) {
    addEventListener(
      kind,
      (event) => {
        if (!editing || writing || !event.isTrusted || ours(event)) return;
        if (event.cancelable) event.preventDefault();
        event.stopImmediatePropagation();
        const element = hit(event);
        if (!element) return;
        if (kind === "click") picked(element);
        if (kind === "dblclick") opened(element);
      },
      { capture: true, passive: false },
    );
  }
  addEventListener(
    "pointermove",
    (event) => {
      if (!editing || writing) return;
      const element = hit(event);
      showHover(element, element && labelOf(element));
    },
    { capture: true, passive: true },
  );
  document.addEventListener("pointerleave", () => showHover(undefined));
}

/** Keys that mean something to the editor while the page has the focus. */
export function watchKeys(pressed: (key: string) => void): void {
  addEventListener(
    "keydown",
    (event) => {
      if (!editing || writing || !event.isTrusted) return;
      const command = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      const name = command && key === "z" ? (event.shiftKey ? "redo" : "undo") : command && key === "y" ? "redo" : key === "delete" ? "delete" : key === "escape" ? "escape" : "";
      if (!name) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      pressed(name);
    },
    { capture: true },
  );
}
