// What changes need that put something into the page, beside what they write in its own elements.
import type { Edit } from "../change";
import { actions, parts } from "../part";

const left = new Map<Edit, () => void>();
const made = new WeakMap<Node, Edit>();

/** Where an element is by the last change that moves it, and the comment that stands where the page has it. */
export const moves = new WeakMap<Node, { by: Edit; comment: Comment; parent: Element }>();

/** Notes that a change has made a node: only later changes may take what is in it, so that nothing goes on for ever. */
export function make(node: Node, edit: Edit): void {
  made.set(node, edit);
}

/** Whether a node is the page's own, or was made by an earlier change. */
export function before(node: Node, edit: Edit): boolean {
  for (let at: Node | null = node; at; at = at.parentNode) {
    const by = made.get(at);
    if (by && by.order >= edit.order) return false;
  }
  return true;
}

parts.before = before;

/** Puts what a change inserts or moves in its place, and takes back what is for an element that has gone. */
parts.place = (edit) => {
  const { place, unplace, enter } = actions[edit.change.action]!;
  if (enter && !left.has(edit)) left.set(edit, enter(edit));
  edit.placed.forEach((_, element) => edit.claimed.indexOf(element) < 0 && unplace!(edit, element));
  // What another change has just emptied is no longer there to put things at.
  if (place) edit.claimed.forEach((element) => element.isConnected && place(edit, element));
};

parts.unplace = (edit) => {
  const undo = left.get(edit);
  left.delete(edit);
  if (undo) undo();
  edit.placed.forEach((_, element) => actions[edit.change.action]!.unplace!(edit, element));
};
