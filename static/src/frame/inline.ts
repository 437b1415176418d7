/** Lets somebody type in an element. The element ends as it was, and done gets the text if there is a new one: whoever listens changes it. */
export function writeIn(element: HTMLElement, done: (text?: string) => void): void {
  const before = element.textContent ?? "";
  const had = element.getAttribute("contenteditable");
  element.contentEditable = "plaintext-only";
  element.focus();
  getSelection()?.selectAllChildren(element);
  const stop = (keep: boolean) => {
    element.removeEventListener("blur", blurred);
    element.removeEventListener("keydown", pressed);
    const text = element.textContent ?? "";
    if (had === null) element.removeAttribute("contenteditable");
    else element.setAttribute("contenteditable", had);
    element.textContent = before;
    done(keep && text !== before ? text : undefined);
  };
  const blurred = () => stop(true);
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    stop(event.key === "Enter");
  };
  element.addEventListener("blur", blurred);
  element.addEventListener("keydown", pressed);
}
