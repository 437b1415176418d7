import type { Change } from "../frame/protocol";

/** One change as the server lists it. */
export interface Edit {
  change: Change;
  label?: string;
  off?: boolean;
}

/** One step on the list, as the server takes it. */
export interface Op {
  do: "add" | "update" | "remove" | "move" | "enable" | "disable" | "rename" | "duplicate";
  id: string;
  change?: Change;
  after?: string;
  label?: string;
  off?: boolean;
  new?: string;
}

/** A variant's list at a revision. */
export interface List {
  rev: number;
  variant_id: string;
  edits: Edit[];
  undo: number;
  redo: number;
}

function insertAfter(edits: Edit[], after: string | undefined, edit: Edit): Edit[] {
  const at = after === "" ? 0 : after === undefined ? edits.length : edits.findIndex((e) => e.change.id === after) + 1 || edits.length;
  return [...edits.slice(0, at), edit, ...edits.slice(at)];
}

/** The list after a step, by the rules of the server; a step that does not fit changes nothing. */
export function applied(edits: Edit[], op: Op): Edit[] {
  const found = edits.find((e) => e.change.id === op.id);
  if (op.do === "add") return found || !op.change ? edits : insertAfter(edits, op.after, { change: op.change, label: op.label ?? "", off: op.off ?? false });
  if (!found) return edits;
  const others = edits.filter((e) => e !== found);
  const changed = (edit: Edit) => edits.map((e) => (e === found ? edit : e));
  switch (op.do) {
    case "update":
      return changed({ ...found, change: { ...op.change!, id: op.id } });
    case "remove":
      return others;
    case "move":
      return insertAfter(others, op.after, found);
    case "enable":
      return changed({ ...found, off: false });
    case "disable":
      return changed({ ...found, off: true });
    case "rename":
      return changed({ ...found, label: op.label ?? "" });
    case "duplicate":
      return insertAfter(edits, op.id, { ...found, change: { ...found.change, id: op.new! } });
  }
}

/** Adds a step to those that wait. What is typed into one field becomes one step. */
export function queued(ops: Op[], op: Op): Op[] {
  const last = ops[ops.length - 1];
  if (last && op.do === "update" && last.id === op.id && (last.do === "update" || last.do === "add")) {
    return [...ops.slice(0, -1), { ...last, change: op.change! }];
  }
  return [...ops, op];
}

/** An id that no other change has. */
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return "e" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
