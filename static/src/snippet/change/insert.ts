import type { Placed } from "../change";
import { actions } from "../part";
import { holds } from "./holder";
import { markOf } from "./marker";
import { fragment, harmless } from "./fragment";
import { note, parentAt, positioned, put } from "./place";
import { make } from "./placing";

function withdraw({ nodes }: Placed): void {
  nodes.forEach((node) => (node as ChildNode).remove());
}

actions.insert = {
  safe: (change) => positioned(change) && harmless(change.value),
  takes: (element, { position }) => holds(parentAt(element, position!)),
  place: (edit, anchor) => {
    const { position, value } = edit.change;
    const known = edit.placed.get(anchor);
    if (known && known.nodes.every((node) => node.isConnected)) return;
    const nodes = Array.from(fragment(value!).childNodes);
    if (known) withdraw(known);
    if (!note(edit, anchor, nodes)) return;
    nodes.forEach((node) => {
      make(node, edit);
      if (node instanceof Element) node.setAttribute("data-smp", markOf(edit));
    });
    put(anchor, position!, nodes);
  },
  unplace: ({ placed }, anchor) => {
    withdraw(placed.get(anchor)!);
    placed.delete(anchor);
  },
  whole: true,
  observe: () => [],
};
