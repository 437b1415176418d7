import { on } from "./dom";

// watchCopy copies the text of the element a button names and says so on the button for two seconds.
export function watchCopy(): void {
  on("click", "[data-copy]", (button) => {
    const source = document.querySelector(button.dataset["copy"] ?? "");
    const word = button.querySelector("span");
    if (!source || !word) return;
    navigator.clipboard.writeText(source.textContent ?? "").then(
      () => {
        const before = button.dataset["word"] ?? word.textContent ?? "";
        button.dataset["word"] = before;
        word.textContent = button.dataset["copied"] ?? before;
        setTimeout(() => (word.textContent = before), 2000);
      },
      () => select(source),
    );
  });
}

// select marks the text instead, where the browser does not allow copying.
function select(source: Element): void {
  getSelection()?.selectAllChildren(source);
}
