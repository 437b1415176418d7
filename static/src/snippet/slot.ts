import type { Experiment } from "./config";
import { attempt } from "./fault";

/** What an experiment wants one slot of an element to hold: "" is its text, anything else the attribute of that name. */
export interface Wish {
  value: string | null;
  experiment: Experiment;
}

export type Wishes = Map<Element, Map<string, Wish>>;

interface Slot {
  /** The page's own latest value. */
  original: string | null;
  /** What we wrote last. */
  ours: string | null;
  text: Text | null;
  /** Times the page wrote over us since `since`. */
  fights: number;
  since: number;
  lost: boolean;
}

const MAX_FIGHTS = 6;
const FIGHT_WINDOW = 1000;

const slots = new Map<Element, Map<string, Slot>>();

/**
 * The text node that carries the text of an element: the first that is not blank. Where there is none it may be made, but never
 * beside element children, whose markup is not ours to replace.
 */
function textOf(element: Element, slot: Slot | undefined): Text | null {
  if (slot && slot.text && slot.text.parentNode === element) return slot.text;
  const texts = Array.from(element.childNodes).filter((node): node is Text => node.nodeType === 3);
  const written = texts.find((node) => /\S/.test(node.data));
  if (written || element.firstElementChild) return written || null;
  return texts[0] || element.appendChild(document.createTextNode(""));
}

function current(element: Element, name: string, text: Text | null): string | null {
  return name ? element.getAttribute(name) : text && text.data;
}

function write(element: Element, name: string, text: Text | null, value: string | null): void {
  if (text) text.data = value || "";
  else if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

function restore(element: Element, name: string, slot: Slot): void {
  if (current(element, name, slot.text) === slot.ours) write(element, name, slot.text, slot.original);
}

function hold(element: Element, name: string, value: string | null, own: Map<string, Slot>): void {
  let slot = own.get(name);
  const text = name ? null : textOf(element, slot);
  if ((slot && slot.lost) || (!name && !text)) return;
  const now = current(element, name, text);
  if (!slot) own.set(name, (slot = { original: now, ours: now, text, fights: 0, since: 0, lost: false }));
  slot.text = text;
  if (now !== value && now !== slot.ours) {
    slot.original = now;
    if (Date.now() - slot.since > FIGHT_WINDOW) {
      slot.since = Date.now();
      slot.fights = 0;
    }
    slot.lost = ++slot.fights > MAX_FIGHTS;
    if (slot.lost) return;
  }
  slot.ours = value;
  if (now !== value) write(element, name, text, value);
}

/**
 * Brings the page to exactly these wishes: what is no longer wished goes back to the page's own value, what the page wrote over
 * is written again until it has been six times within a second; then the page keeps that slot. Returns an experiment that threw.
 */
export function reconcile(wishes: Wishes): Experiment | undefined {
  slots.forEach((own, element) => {
    const wanted = wishes.get(element);
    own.forEach((slot, name) => {
      if (wanted && wanted.has(name)) return;
      restore(element, name, slot);
      own.delete(name);
    });
    if (!own.size) slots.delete(element);
  });
  let failed: Experiment | undefined;
  wishes.forEach((wanted, element) => {
    const own = slots.get(element) || new Map<string, Slot>();
    slots.set(element, own);
    wanted.forEach(({ value, experiment }, name) => {
      if (!attempt(experiment, () => hold(element, name, value, own))) failed = experiment;
    });
  });
  return failed;
}

/** How many slots the page has won. */
export function conflicts(): number {
  let count = 0;
  slots.forEach((own) => own.forEach((slot) => (count += +slot.lost)));
  return count;
}
