import { type Edit, want } from "../change";
import { actions } from "../part";
import { kinds } from "../slot";
import type { Wishes } from "../slot";
import { holds } from "./holder";
import { make, moves } from "./placing";
import { fragment, harmless } from "./fragment";

/** Whose HTML an element is to hold. */
const fillers = new WeakMap<Element, Edit>();

/** Whether a node is in an element, or was before a change moved it. */
function belongs(node: Node, element: Element): boolean {
  const moved = moves.get(node);
  return (moved ? moved.comment : node).parentNode === element;
}

/** Content is ours while all that we put there is; null is the page's own. */
kinds["<"] = {
  read: (element, _, { nodes, ours }) => (nodes && nodes.every((node) => belongs(node, element)) ? ours : null),
  write: (element, _, value, slot) => {
    const now = Array.from(element.childNodes);
    if (value === null) return element.replaceChildren(...slot.kept!);
    if (!slot.nodes || !slot.nodes.some((node) => node.parentNode === element)) slot.kept = now;
    const content = fragment(value);
    if (!content.firstChild) content.append("");
    slot.nodes = Array.from(content.childNodes);
    slot.nodes.forEach((node) => make(node, fillers.get(element)!));
    element.replaceChildren(content);
  },
};

function wish(edit: Edit, element: Element, wishes: Wishes): void {
  fillers.set(element, edit);
  want(wishes, element, "<", edit.change.value!, edit);
  wishes.get(element)!.delete(""); // what was said of the text before is about a text that is gone
}

actions.html = {
  safe: ({ value }) => harmless(value),
  takes: (element) => holds(element) && element !== document.body,
  wish,
  whole: true,
  observe: () => [],
};
