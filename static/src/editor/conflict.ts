export type Way = "theirs" | "mine" | "copies";

/** Shows the server's question what should stay of two people's changes, until it is answered: closing it keeps theirs. */
export function askAbout(question: Document): Promise<Way> {
  const dialog = document.getElementById("dialog") as HTMLDialogElement;
  const body = document.getElementById("dialog-body")!;
  body.replaceChildren(...Array.from(question.body.childNodes));
  const before = document.activeElement;
  return new Promise((resolve) => {
    let way: Way = "theirs";
    const choose = (event: Event) => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-resolve]") : null;
      if (!button) return;
      way = button.dataset.resolve as Way;
      dialog.close();
    };
    body.addEventListener("click", choose);
    dialog.addEventListener(
      "close",
      () => {
        body.removeEventListener("click", choose);
        if (before instanceof HTMLElement && before.isConnected) before.focus();
        resolve(way);
      },
      { once: true },
    );
    if (!dialog.open) dialog.showModal();
    body.querySelector<HTMLElement>("[data-resolve='copies']")?.focus();
  });
}
