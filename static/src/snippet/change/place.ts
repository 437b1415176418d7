import type { Edit, Placed } from "../change";
import { beaten } from "../slot";

const tails = new WeakMap<Element, Record<string, Node>>();

export function positioned({ position }: { position?: string }): boolean {
  return /^(before|after|first|last)$/.test(position || "");
}

/** The element whose child is put at a place. */
export function parentAt(anchor: Element, position: string): Element | null {
  return /^(before|after)$/.test(position) ? anchor.parentElement : anchor;
}

/** Puts nodes at one of the four places of an element, behind those that were put there before. */
export function put(anchor: Element, position: string, nodes: Node[]): void {
  const parent = parentAt(anchor, position)!;
  const own = tails.get(anchor) || {};
  tails.set(anchor, own);
  const tail = own[position];
  let next: Node | null = null;
  if (position === "before") next = anchor;
  else if (position !== "last") {
    if (tail && tail.parentNode === parent) next = tail.nextSibling;
    else next = position === "after" ? anchor.nextSibling : anchor.firstChild;
  }
  nodes.forEach((node) => parent.insertBefore(node, next));
  if (nodes.length) own[position] = nodes[nodes.length - 1]!;
}

/** The note of what a change has put somewhere for an element; undefined when the page has taken it back so often that it may keep it. */
export function note({ placed }: Edit, element: Element, nodes: Node[]): Placed | undefined {
  const known = placed.get(element);
  const guard = known || { nodes, fights: 0, since: 0 };
  placed.set(element, guard);
  if (known && beaten(known)) return undefined;
  guard.nodes = nodes;
  return guard;
}
