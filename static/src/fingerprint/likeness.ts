import { describe, type Fingerprint, KINDS, TELLING, words } from "./fingerprint";

/** How much less than the best an element may be like a fingerprint and still be mistaken for it. */
const TWIN_MARGIN = 0.1;
/** Likeness from which an element may be the one; less is enough where the selector leads to it. */
const ENOUGH = 0.55;
const ENOUGH_HIT = 0.4;

/** Dice's coefficient of two lists: twice what they share over the sum of their lengths. */
function alike(a: string[], b: string[]): number {
  return Math.min(1, (2 * a.filter((item) => b.indexOf(item) >= 0).length) / (a.length + b.length));
}

/** The weighted share, 0 to 1, of what a fingerprint says that is true of an element. */
export function likeness(print: Fingerprint, element: Element): number {
  const now = describe(element);
  const { text = "", attributes = {}, classes = [], path = [], heading = "", before = "", after = "" } = print;
  let got = 0;
  let all = 0;
  const count = (weight: number, share: number) => {
    all += weight;
    got += weight * share;
  };
  if (text) count(4, alike(words(text), words(now.text)));
  else count(1, +!now.text);
  TELLING.forEach((name) => name in attributes && count(3, +(attributes[name] === now.attributes[name])));
  KINDS.forEach((name) => name in attributes && count(1, +(attributes[name] === now.attributes[name])));
  const features: [weight: number, was: string[], have: string[]][] = [
    [2, classes, now.classes],
    [2, path, now.path],
    [1.5, words(heading), words(now.heading)],
    [1.5, words(before), words(now.before)],
    [1.5, words(after), words(now.after)],
  ];
  features.forEach(([weight, was, have]) => was.length && count(weight, alike(was, have)));
  return got / all;
}

/** The elements most like a fingerprint, in the order of the page: the best and whatever is hardly less like it. */
export function twins(print: Fingerprint, elements: Element[]): Element[] {
  const scores = elements.map((element) => likeness(print, element));
  const best = Math.max(0, ...scores);
  return elements.filter((_, i) => best > 0 && scores[i]! >= best - TWIN_MARGIN);
}

/**
 * Whether something tells an element from another of the same sort and place: its words, what it is named or leads to, or everything
 * around it. Else the element may have gone and this be the one that came for it.
 */
function vouched(print: Fingerprint, element: Element): boolean {
  const now = describe(element);
  const { text = "", attributes = {}, heading = "", before = "", after = "" } = print;
  if (text && alike(words(text), words(now.text)) >= 0.5) return true;
  if (TELLING.some((name) => (attributes[name] || "").length > 1 && attributes[name] === now.attributes[name])) return true;
  return before === now.before && after === now.after && heading === now.heading;
}

/** The one element that a fingerprint is of, among some; undefined where there is none, or more than one that it might be. */
export function recognise(print: Fingerprint, hits: Element[], elements: Element[]): Element | undefined {
  const like = twins(print, elements);
  const { ordinal = 0 } = print;
  const found = like.length === 1 ? like[0] : like.length === print.twins ? like[ordinal] : undefined;
  if (!found || !vouched(print, found)) return undefined;
  return likeness(print, found) >= (hits.indexOf(found) < 0 ? ENOUGH : ENOUGH_HIT) ? found : undefined;
}
