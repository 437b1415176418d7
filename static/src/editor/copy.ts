import { freshId, type List } from "./list";
import type { Store } from "./store";
import { announce, say } from "./words";

/** Copies all changes behind those of another variant. */
export function watchCopy(store: Store, base: string): void {
  const form = document.getElementById("copy-to");
  if (!form) return;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const variant = document.getElementById("copy-variant") as HTMLSelectElement;
    void copy(store, `${base}/${variant.value}`).then((done) => announce(say(done ? "copied" : "failed")));
  });
}

async function copy(store: Store, address: string): Promise<boolean> {
  const headers = { "HX-Request": "true" };
  const page = new DOMParser().parseFromString(await (await fetch(address + "/list", { headers })).text(), "text/html");
  const list = JSON.parse(page.getElementById("editor-list")?.textContent || "null") as List | null;
  if (!list) return false;
  const ops = store.edits().map(({ change, label, off }) => {
    const id = freshId();
    return { do: "add", id, change: { ...change, id }, label: label ?? "", off: off ?? false };
  });
  if (!ops.length) return true;
  const body = JSON.stringify({ base_rev: list.rev, request: freshId(), ops });
  const response = await fetch(address + "/ops", { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body });
  return response.ok;
}
