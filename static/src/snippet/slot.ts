import type { Experiment } from "./config";
import { attempt } from "./fault";

/**
 * What an experiment wants one slot of an element to hold: "" is its text, "." and a name a class, "<" its content, anything else the
 * attribute of that name. null is no such attribute, no such class.
 */
export interface Wish {
  value: string | null;
  experiment: Experiment;
}

export type Wishes = Map<Element, Map<string, Wish>>;

/** Counts how often the page took something back from us. */
export interface Guard {
  fights: number;
  since: number;
}

export interface Slot extends Guard {
  /** The page's own latest value. */
  original: string | null;
  /** What we wrote last. */
  ours: string | null;
  text?: Text | null | undefined;
  /** Of content: what we put there, and what was there. */
  nodes?: Node[];
  kept?: Node[];
  lost: boolean;
}

/** How a slot is read and written. */
export interface Kind {
  read: (element: Element, name: string, slot: Slot) => string | null;
  write: (element: Element, name: string, value: string | null, slot: Slot) => void;
}

const MAX_FIGHTS = 6;
const FIGHT_WINDOW = 1000;

const slots = new Map<Element, Map<string, Slot>>();

/** Whether the page has taken something back so often within a second that it may keep it. */
export function beaten(guard: Guard): boolean {
  if (Date.now() - guard.since > FIGHT_WINDOW) {
    guard.since = Date.now();
    guard.fights = 0;
  }
  return ++guard.fights > MAX_FIGHTS;
}

/**
 * The text node that carries the text of an element: the first that is not blank. Where there is none it may be made, but never
 * beside element children, whose markup is not ours to replace; undefined says so.
 */
export function textOf(element: Element): Text | null | undefined {
  const texts = [...element.childNodes].filter((node): node is Text => node.nodeType === 3);
  const written = texts.find((node) => /\S/.test(node.data));
  return written || (element.firstElementChild ? undefined : texts[0] || null);
}

const attribute: Kind = {
  read: (element, name) => element.getAttribute(name),
  write: (element, name, value) => (value === null ? element.removeAttribute(name) : element.setAttribute(name, value)),
};

/** The kinds of slots that are no attributes, by the first letter of their names. */
export const kinds: Record<string, Kind> = {
  "": {
    read: (element, _, slot) => {
      if (!slot.text || slot.text.parentNode !== element) slot.text = textOf(element);
      // An element that can have no text now holds nothing to fight for.
      return slot.text === undefined ? slot.ours : slot.text && slot.text.data;
    },
    write: (element, _, value, slot) => {
      if (slot.text) slot.text.data = value || "";
      else if (value !== null && slot.text === null) slot.text = element.appendChild(document.createTextNode(value));
    },
  },
};

function kindOf(name: string): Kind {
  return kinds[name.charAt(0)] || attribute;
}

function restore(element: Element, name: string, slot: Slot): void {
  const { read, write } = kindOf(name);
  if (read(element, name, slot) === slot.ours) write(element, name, slot.original, slot);
}

function hold(element: Element, name: string, value: string | null, own: Map<string, Slot>): void {
  const { read, write } = kindOf(name);
  const known = own.get(name);
  const slot: Slot = known || { original: null, ours: null, fights: 0, since: 0, lost: false };
  if (slot.lost) return;
  const now = read(element, name, slot);
  if (!known) {
    slot.original = slot.ours = now;
    own.set(name, slot);
  }
  if (now !== value && now !== slot.ours) {
    slot.original = now;
    slot.lost = beaten(slot);
    if (slot.lost) return;
  }
  slot.ours = value;
  if (now !== value) write(element, name, value, slot);
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
    if (!element.isConnected) return; // gone with the content of an element that another change has filled
    const own = slots.get(element) || new Map<string, Slot>();
    slots.set(element, own);
    wanted.forEach(({ value, experiment }, name) => {
      if (!attempt(experiment, () => hold(element, name, value, own))) failed = experiment;
    });
  });
  return failed;
}

/** Whether the page has won a slot of an element. */
export function lost(element: Element): boolean {
  return [...(slots.get(element) || [])].some(([, slot]) => slot.lost);
}
