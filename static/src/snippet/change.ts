import type { Change, Experiment } from "./config";
import { actions } from "./part";
import type { Rule } from "./sheet";
import type { Wishes } from "./slot";

/** What the page is to become: the arms of all experiments add to it, then it is brought about at once. */
export interface Plan {
  wishes: Wishes;
  rules: Rule[];
}

/** How changes of one kind are made. */
export interface Action {
  /** Adds a change to the plan. Returns whether its element has yet to come, in whole or in part. */
  plan: (change: Change, experiment: Experiment, plan: Plan) => boolean;
  /** It can be made only when all of the element has come. */
  whole?: boolean;
  /** The document is observed for late elements, and for pages that write over this attribute; "" for texts. */
  observe?: (change: Change) => string;
}

/**
 * Whether a change may touch an element. What could run code is refused here too, whatever the server let through: handlers,
 * documents in attributes, `javascript:` addresses (browsers skip blanks and control characters in them), scripts and styles.
 */
export function allowed(change: Change, element: Element): boolean {
  if (/^(script|style)$/i.test(element.localName)) return false;
  return (
    change.action === "text" ||
    !(/^(on|srcdoc$)/i.test(change.name!) || /^javascript:/i.test((change.value || "").replace(/[\0- ]/g, "")))
  );
}

/** Whether the parser is done with an element: only then is its text all there. */
export function closed(element: Element): boolean {
  if (document.readyState !== "loading") return true;
  for (let node: Node | null = element; node; node = node.parentNode) {
    if (node.nextSibling) return true;
  }
  return false;
}

/** The elements on the page that a change is about. */
export function elementsOf({ selector }: Change): Element[] {
  return Array.from(document.querySelectorAll(selector));
}

/** Whether some of the elements has only partly come, for a change that needs it whole. */
export function partial({ action }: Change, elements: Element[]): boolean {
  return !!actions[action]!.whole && !elements.every(closed);
}

/** Keeps what a change is about from sight. */
export function mask({ selector }: Change, { rules }: Plan): void {
  rules.push([selector, "visibility", "hidden"]);
}

/** What of the page has to be observed for a change, if anything; see Action. */
export function observed(change: Change): string | undefined {
  const { observe } = actions[change.action]!;
  return observe && observe(change);
}

/** Adds a change to the plan. While it is held, what has yet to come is kept from sight. */
export function plan(change: Change, experiment: Experiment, whole: Plan, held: boolean): void {
  if (actions[change.action]!.plan(change, experiment, whole) && held) mask(change, whole);
}

/** Plans a slot of the elements of a change: their text for "", else the attribute of that name. */
export function planSlot(name: string, change: Change, experiment: Experiment, { wishes }: Plan): boolean {
  const { value } = change;
  const elements = elementsOf(change);
  let waiting = !elements.length;
  for (const element of elements) {
    if (!name && !closed(element)) waiting = true;
    else if (allowed(change, element)) {
      const own = wishes.get(element) || new Map();
      wishes.set(element, own.set(name, { value: value === undefined ? null : value, experiment }));
    }
  }
  return waiting;
}
