import type { Saver } from "./save";
import type { Store } from "./store";

const PAUSE = 15_000;

/** Tells the server that somebody is here, shows who else is, and takes over what others saved. */
export function watchPresence(store: Store, saver: Saver, address: string): void {
  const look = async () => {
    if (document.hidden) return;
    const response = await fetch(address + "/here", { method: "POST", headers: { "HX-Request": "true" } }).catch(() => undefined);
    if (!response?.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById("editor-others");
    const old = document.getElementById("editor-others");
    if (!fresh || !old) return;
    if (fresh.textContent !== old.textContent) old.replaceChildren(...Array.from(fresh.childNodes));
    if (Number(fresh.dataset.rev) > store.list.rev && !store.pending()) await saver.refresh();
  };
  void look();
  setInterval(() => void look(), PAUSE);
  document.addEventListener("visibilitychange", () => void look());
}
