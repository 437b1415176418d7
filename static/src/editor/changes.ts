import type { Change } from "../frame/protocol";
import type { Frame } from "./frame";
import { freshId, type Op } from "./list";
import type { Saver } from "./save";
import type { Store } from "./store";
import { announce, say } from "./words";

/** The list of changes: its forms make steps instead of going to the server one by one. */
export class Changes {
  private missing: string[] = [];

  constructor(
    private readonly store: Store,
    private readonly saver: Saver,
    frame: Frame,
  ) {
    const panel = document.getElementById("panel-changes")!;
    panel.addEventListener("submit", (event) => {
      const form = event.target as HTMLFormElement;
      if (!form.matches("[data-edit-form]")) return;
      event.preventDefault();
      this.submit(form, (event as SubmitEvent).submitter as HTMLButtonElement | null);
    });
    panel.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-jump]") : null;
      const edit = button && store.edits().find(({ change }) => change.id === button.dataset.jump);
      if (edit?.change.selector) frame.send({ type: "find", selector: edit.change.selector });
    });
    store.watch(() => this.mark());
  }

  /** Marks the changes that lead nowhere on this page. */
  miss(ids: string[]): void {
    this.missing = ids;
    this.mark();
  }

  private mark(): void {
    for (const item of Array.from(document.querySelectorAll<HTMLElement>("#edits .edit"))) {
      const note = item.querySelector<HTMLElement>(".edit-missing");
      if (note) note.hidden = !this.missing.includes(item.dataset.id!);
    }
  }

  private submit(form: HTMLFormElement, button: HTMLButtonElement | null): void {
    const typed = new FormData(form);
    const id = String(typed.get("id") ?? "");
    const ops = this.ops(button?.value ?? "update", id, typed);
    ops.forEach((op) => this.store.do(op));
    if (!ops.length) return;
    if (button?.value === "add") form.reset();
    if (button?.value === "remove") this.leave(form);
    announce(say(button?.value === "remove" ? "removed" : button?.value === "add" ? "added" : "saved"));
    void this.saver.flush();
  }

  /** A row that goes leaves the focus to its neighbour. */
  private leave(form: HTMLFormElement): void {
    const item = form.closest("li");
    const near = item?.nextElementSibling ?? item?.previousElementSibling;
    const target = near?.querySelector<HTMLElement>(".edit-title") ?? document.querySelector<HTMLElement>("#panel-changes .edit-add summary");
    target?.focus();
  }

  private ops(what: string, id: string, typed: FormData): Op[] {
    const edits = this.store.edits();
    const at = edits.findIndex(({ change }) => change.id === id);
    const idAt = (i: number) => (i < 0 ? "" : edits[i]!.change.id);
    switch (what) {
      case "add": {
        const fresh = freshId();
        return [{ do: "add", id: fresh, change: typedChange({ id: fresh, selector: "", action: String(typed.get("action")) }, "", typed) }];
      }
      case "duplicate":
        return [{ do: "duplicate", id, new: freshId() }];
      case "up":
        return at > 0 ? [{ do: "move", id, after: idAt(at - 2) }] : [];
      case "down":
        return at >= 0 && at + 1 < edits.length ? [{ do: "move", id, after: idAt(at + 1) }] : [];
      case "update":
        return at < 0 ? [] : this.updates(id, typed);
      case "enable":
      case "disable":
      case "remove":
        return [{ do: what, id }];
    }
    return [];
  }

  private updates(id: string, typed: FormData): Op[] {
    const edit = this.store.edits().find(({ change }) => change.id === id)!;
    const label = String(typed.get("label-" + id) ?? "");
    const out: Op[] = [{ do: "update", id, change: typedChange(edit.change, id, typed) }];
    if (label !== (edit.label ?? "")) out.push({ do: "rename", id, label });
    return out;
  }
}

/** Lays what a form says over a change; what is left empty is not there, but for a text. */
function typedChange(change: Change, id: string, typed: FormData): Change {
  const out: Change = { ...change };
  for (const name of ["selector", "name", "position", "value"] as const) {
    const field = typed.get(`${name}-${id}`);
    if (field === null) continue;
    if (field === "" && !(name === "value" && out.action === "text")) delete (out as Partial<Change>)[name];
    else out[name] = String(field);
  }
  return out;
}
