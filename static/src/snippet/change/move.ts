import type { Edit } from "../change";
import { actions } from "../part";
import { holds } from "./holder";
import { note, parentAt, positioned, put } from "./place";
import { before } from "./placing";

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

function unplace({ placed }: Edit, element: Element): void {
  const [placeholder, parent] = placed.get(element)!.nodes as [ChildNode, Node];
  placed.delete(element);
  if (element.parentNode !== parent) placeholder.remove(); // the page has it somewhere else by now
  else if (placeholder.isConnected) placeholder.replaceWith(element);
  else element.remove(); // it belongs to what the page has put something else in the place of
}

actions.move = {
  safe: (change) => positioned(change) && change.value !== undefined,
  takes: ({ localName }) => !/^(html|head|body)$/.test(localName),
  place: (edit, element) => {
    const known = edit.placed.get(element);
    if (known && element.parentNode === known.nodes[1]) return known.nodes[0]!.isConnected ? undefined : unplace(edit, element);
    const to = target(edit, element);
    if (!to) return;
    const placeholder = document.createComment("smp");
    if (known) (known.nodes[0] as ChildNode).remove();
    if (!note(edit, element, [placeholder, parentAt(to, edit.change.position!)!])) return;
    element.before(placeholder);
    put(to, edit.change.position!, [element]);
  },
  unplace,
  whole: true,
  observe: () => [],
};
