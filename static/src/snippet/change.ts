import type { Change, Experiment, Split } from "./config";
import { attempt } from "./fault";
import { actions, parts } from "./part";
import type { Run } from "./run";
import { draw, type Rule } from "./sheet";
import { lost, reconcile, type Wishes } from "./slot";

/** What became of a change; see the Go type proxy.State. */
export type State = "found" | "healed" | "missed" | "refused";

/** A change at work on this page, with the elements that it has taken. */
export interface Edit {
  change: Change;
  experiment: Experiment;
  split: Split;
  /** Its place among all changes: the later one prevails. */
  order: number;
  /** What has yet to come is kept from sight. */
  held?: boolean | undefined;
  claimed: Element[];
  state: State;
  /** What was inserted for an element, or is left where it was. */
  placed: Map<Element, Placed>;
}

export interface Placed {
  nodes: Node[];
  fights: number;
  since: number;
}

/** What the page is to become: the arms of all experiments add to it, then it is brought about at once. */
export interface Plan {
  edits: Edit[];
  rules: Rule[];
}

/** How changes of one kind are made. */
export interface Action {
  /** Whether the change cannot run code; whatever the server let through is refused here too. */
  safe?: (change: Change) => boolean;
  /** Whether the element can take the change. */
  takes?: (element: Element, change: Change) => boolean;
  /** Says what slots of an element are to hold. */
  wish?: (edit: Edit, element: Element, wishes: Wishes) => void;
  /** Adds declarations for the element to the sheet. */
  rules?: (change: Change) => [property: string, value: string][];
  /** Puts what belongs to an element in its place, again where the page has taken it away. */
  place?: (edit: Edit, element: Element) => void;
  /** Takes it back. */
  unplace?: (edit: Edit, element: Element) => void;
  /** Does what is about the page and not about an element, once, and returns how to undo it. */
  enter?: (edit: Edit) => () => void;
  /** It can be made only when all of the element has come. */
  whole?: boolean;
  /** The document is observed for late elements, and for pages that write over these attributes. */
  observe?: (change: Change) => string[];
}

/** How often changes look at what other changes have made of the page, within one sweep. */
const MAX_PASSES = 4;

const edits = new Map<Change, Edit>();

/** Whether the parser is done with an element: only then is its text all there. */
export function closed(element: Element): boolean {
  if (document.readyState !== "loading") return true;
  for (let node: Node | null = element; node; node = node.parentNode) {
    if (node.nextSibling) return true;
  }
  return false;
}

function takes(change: Change, element: Element): boolean {
  const { takes } = actions[change.action]!;
  return !/^(script|style|template|set|animate.*)$/i.test(element.localName) && (!takes || takes(element, change));
}

/** The elements on the page that a change is about. */
export function elementsOf(change: Change): Element[] {
  const { selector, fingerprint, action } = change;
  if (actions[action]!.enter) return [document.documentElement];
  const hits = [...document.querySelectorAll(selector || "")].filter((element) => takes(change, element));
  if (!fingerprint) return hits;
  const found = parts.recognise!(change, hits, (element) => takes(change, element));
  return found ? [found] : [];
}

/** Whether some of the elements has only partly come, for a change that needs it whole. */
export function partial({ action }: Change, elements: Element[]): boolean {
  return !!actions[action]!.whole && !elements.every(closed);
}

/** Keeps what a change is about from sight. */
export function mask({ selector }: Change, { rules }: Plan): void {
  if (selector) rules.push([selector, "visibility", "hidden"]);
}

/** What of the page has to be observed for a change, if anything; see Action. */
export function observed(change: Change): string[] | undefined {
  const { observe } = actions[change.action]!;
  return change.fingerprint || change.limit ? [] : observe && observe(change);
}

/** Adds a change of a run to the plan. */
export function plan(change: Change, { experiment, split, held, served }: Run, whole: Plan): void {
  if (served && served.states[change.id] !== "left") return;
  if (parts.moment && !parts.moment(change)) return;
  const { safe } = actions[change.action]!;
  const known = edits.get(change);
  const edit = known || { change, experiment, split, order: 0, held, claimed: [], state: safe && !safe(change) ? "refused" : "missed", placed: new Map() };
  edits.set(change, edit);
  edit.held = held;
  edit.order = whole.edits.push(edit);
}

/** Lets a change take its elements. Returns whether it took a new one. */
function claim(edit: Edit, shaped: boolean): boolean {
  const { change, claimed } = edit;
  const { selector, fingerprint, limit = Infinity } = change;
  const { whole } = actions[change.action]!;
  // An element that our own changes may have kept the selector from is still the one.
  edit.claimed = claimed.filter((element) => element.isConnected && (shaped || fingerprint || !selector || element.matches(selector)));
  const fresh = (fingerprint && edit.claimed[0] ? [] : elementsOf(change)).filter(
    (element) => edit.claimed.indexOf(element) < 0 && (!parts.before || parts.before(element, edit)) && !(whole && !closed(element)),
  );
  if (fresh[0]) edit.state = !fingerprint || fresh[0]!.matches(selector) ? "found" : "healed";
  const room = limit - edit.claimed.length;
  edit.claimed = edit.claimed.concat(fresh.slice(0, room));
  return !!fresh[0] && room > 0;
}

function marker(edit: Edit): string | undefined {
  return parts.marker && parts.marker(edit);
}

/** What all changes want of the slots of elements, the later one in the place of the earlier. */
function wishesOf(all: Edit[]): Wishes {
  const wishes: Wishes = new Map();
  for (const edit of all) {
    const { wish } = actions[edit.change.action]!;
    const name = marker(edit);
    for (const element of edit.claimed) {
      if (wish) wish(edit, element, wishes);
      if (name) want(wishes, element, name, "", edit);
    }
  }
  return wishes;
}

/** Adds what a slot of an element is to hold. */
export function want(wishes: Wishes, element: Element, slot: string, value: string | null, { experiment }: Edit): void {
  const own = wishes.get(element) || new Map();
  wishes.set(element, own.set(slot, { value, experiment }));
}

/** Takes a change off the page, but for its slots, which go with the wishes. */
function leave(edit: Edit): void {
  edit.claimed = [];
  edits.delete(edit.change);
  if (parts.unplace) attempt(edit.experiment, () => parts.unplace!(edit));
}

/** Adds the rules of a change; while it is held, what has yet to come is kept from sight. */
function rule(edit: Edit, whole: Plan): void {
  const { change, claimed, held } = edit;
  const { rules, wish, place } = actions[change.action]!;
  const name = marker(edit);
  if (rules) rules(change).forEach(([property, value]) => whole.rules.push([name ? `[${name}]` : change.selector, property, value, parts.media && parts.media(change)]));
  const waiting = !claimed[0] || (claimed.length < (change.limit || Infinity) && partial(change, elementsOf(change)));
  if (held && (wish || place) && waiting) mask(change, whole);
}

/**
 * Brings the page to what the plan wants. In one pass every change first finds its elements and then all are written; passes follow
 * while some change finds new ones. Returns an experiment that threw. The Go function proxy.Apply has the same rules, and both are held
 * to testdata/changes.json.
 */
export function bring(whole: Plan): Experiment | undefined {
  let failed: Experiment | undefined;
  const each = (work: (edit: Edit) => void) =>
    whole.edits.forEach((edit) => edit.state === "refused" || failed || attempt(edit.experiment, () => work(edit)) || (failed = edit.experiment));
  edits.forEach((edit) => whole.edits.includes(edit) || leave(edit));
  const shaped = whole.edits.some(({ change: { action } }) => action !== "text" && (actions[action]!.wish || actions[action]!.place));
  let fresh = true;
  for (let pass = 0; fresh && pass < MAX_PASSES; pass++) {
    fresh = false;
    each((edit) => (fresh = claim(edit, shaped) || fresh));
    failed = failed || reconcile(wishesOf(whole.edits));
    if (parts.place) each(parts.place);
  }
  each((edit) => rule(edit, whole));
  if (!failed) draw(whole.rules);
  return failed;
}

/** What became of the changes of a run: one that puts nothing anywhere, or whose elements can no longer take it, has missed. */
export function states({ split, arm, served }: Run): Record<string, string> {
  const out: Record<string, string> = { ...(served && served.states) };
  (arm < 0 ? [] : split.changes[arm]!).forEach((change) => {
    const edit = edits.get(change);
    if (!edit) return;
    const { claimed, placed, state } = edit;
    const { wish, place } = actions[change.action]!;
    const idle = place ? !placed.size : claimed[0] && !claimed.some((element) => takes(change, element));
    out[change.id] = wish && claimed.some(lost) ? "conflict" : idle && state !== "refused" ? "missed" : state;
  });
  return out;
}
