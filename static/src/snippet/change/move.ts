import type { Edit } from "../change";
import { actions } from "../part";
import { holds } from "./holder";
import { note, parentAt, positioned, put } from "./place";
import { before, moves } from "./placing";

/** Where a change moves an element to: the first target that is not inside it. */
function target(edit: Edit, element: Element): Element | undefined {
  const { value, position } = edit.change;
  try {
    return Array.from(document.querySelectorAll(value!)).find(
      (to) => !element.contains(to) && before(to, edit) && holds(parentAt(to, position!)),
    );
  } catch {
    return undefined; // no selector
  }
}

/** Takes an element back to its comment, or with what it belongs to where the page, or another change, has put something in its place. */
function unplace(edit: Edit, element: Element): void {
  const moved = moves.get(element);
  edit.placed.delete(element);
  if (!moved || moved.by !== edit) return;
  const { comment, parent } = moved;
  moves.delete(element);
  if (element.parentNode !== parent || element.contains(comment)) comment.remove(); // the page has it somewhere else by now
  else if (comment.isConnected) comment.replaceWith(element);
  else element.remove();
}

actions.move = {
  safe: (change) => positioned(change) && change.value !== undefined,
  takes: ({ localName }) => !/^(html|head|body)$/.test(localName),
  place: (edit, element) => {
    const { placed, order, change } = edit;
    const moved = moves.get(element);
    const stays = !!moved && element.parentNode === moved.parent;
    if (stays && moved!.by.order >= order) {
      if (moved!.by === edit) return moved!.comment.isConnected ? undefined : unplace(edit, element);
      if (!placed.has(element)) note(edit, element, []); // a later change has it
      return;
    }
    const to = target(edit, element);
    if (!to) return;
    const comment = stays ? moved!.comment : new Comment("smp");
    if (moved && !stays) {
      moved.comment.remove();
      moves.delete(element);
    }
    if (!note(edit, element, [])) return;
    if (!stays) element.before(comment);
    moves.set(element, { by: edit, comment, parent: parentAt(to, change.position!)! });
    put(to, change.position!, [element]);
  },
  unplace,
  whole: true,
  observe: () => [],
};
