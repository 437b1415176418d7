import { ancestors, around, beside, type Clue, company, holding, placeOf, places } from "./clue";
import { classesOf, type Name, namesOf } from "./names";

/** A selector of one element, and how long it can be expected to lead there. */
export type Found = Name;

const MAX_LENGTH = 240;
/** Of the names that an element shares with others so many are told apart by what is around it: those that fewest share. */
const MAX_BASES = 4;
/** Among more than so many others an element is told by its place. */
const MAX_OTHERS = 400;

/** A name that others have, too. */
interface Base {
  selector: string;
  others: Element[];
}

function leadsTo(selector: string, element: Element): boolean {
  if (selector.length > MAX_LENGTH) return false;
  const hits = document.querySelectorAll(selector);
  return hits.length === 1 && hits[0] === element;
}

/** The names of an element that fewest others share. */
function basesOf(element: Element, shared: string[]): Base[] {
  const bases = shared.map((selector) => ({ selector, others: Array.from(document.querySelectorAll(selector)).filter((other) => other !== element) }));
  return bases
    .filter(({ others }) => others.length <= MAX_OTHERS)
    .sort((a, b) => a.others.length - b.others.length)
    .slice(0, MAX_BASES);
}

/** A name with one clue that leaves the element alone with it. */
function byOne({ selector, others }: Base, clues: Clue[]): string | undefined {
  return clues.find((clue) => !others.some((other) => clue.fits(other)))?.add(selector);
}

/** A name with two clues, the second about what is around the first. */
function byTwo({ selector, others }: Base, near: Clue[], far: Clue[]): string | undefined {
  for (const inner of near) {
    const left = others.filter((other) => inner.fits(other));
    const outer = far.find((clue) => clue.depth > inner.depth && !left.some((other) => clue.fits(other)));
    if (outer) return outer.add(inner.add(selector));
  }
  return undefined;
}

/** The first selector that is made of the bases and leads to the element. */
function first(element: Element, bases: Base[], make: (base: Base) => string | undefined): string | undefined {
  for (const base of bases) {
    const selector = make(base);
    if (selector && leadsTo(selector, element)) return selector;
  }
  return undefined;
}

/** The selector for an element that is likeliest to lead to it, and nowhere else, for long. Its place is used where nothing else tells it. */
export function selectorOf(element: Element): Found {
  const names = namesOf(element);
  const self = names.find(({ selector }) => leadsTo(selector, element));
  if (self) return self;
  const tag = CSS.escape(element.localName);
  if (leadsTo(tag, element)) return { selector: tag, grade: "good" };
  const bases = basesOf(element, [...names.map(({ selector }) => selector), tag]);
  const selector = withoutPlace(element, bases);
  if (selector) return { selector, grade: "good" };
  const placed = withPlace(element, bases);
  return { selector: placed, grade: placed.includes(":nth") ? "fragile" : "good" };
}

function withoutPlace(element: Element, bases: Base[]): string | undefined {
  const outer = around(element);
  for (const near of [outer, beside(element), holding(element), company(element)]) {
    const found = first(element, bases, (base) => byOne(base, near)) ?? first(element, bases, (base) => byTwo(base, near, outer));
    if (found) return found;
  }
  return undefined;
}

/** Where a place is needed it is one within something that can be told, so that what comes and goes elsewhere does not count. */
function withPlace(element: Element, bases: Base[]): string {
  const [outer, place] = [around(element), places(element)];
  return (
    first(element, bases, (base) => byTwo(base, place, outer)) ??
    first(element, bases, (base) => byOne(base, place)) ??
    first(element, bases, (base) => byTwo(base, place, place)) ??
    path(element)
  );
}

/** The way to an element by places alone, from the nearest element that can be told by itself. */
function path(element: Element): string {
  const step = (e: Element) => CSS.escape(e.localName) + placeOf(e);
  let way = step(element);
  for (let e = element.parentElement; e && e !== document.documentElement && !leadsTo(way, element); e = e.parentElement) {
    const anchor = namesOf(e).find(({ selector }) => leadsTo(selector, e!));
    if (anchor) return `${anchor.selector} > ${way}`;
    way = `${step(e)} > ${way}`;
  }
  return way;
}

/** The narrowest selector that leads to several elements like this one; "" when there is none. */
export function alike(element: Element): string {
  const names = [...classesOf(element).map((name) => `${element.localName}.${CSS.escape(name)}`), element.localName];
  const anchors = ["", ...ancestors(element).flatMap((e) => classesOf(e).map((name) => `.${CSS.escape(name)} `)).slice(0, 6)];
  let best = "";
  let fewest = 201;
  for (const anchor of anchors) {
    for (const name of names) {
      if (!anchor && name === element.localName) continue;
      const count = document.querySelectorAll(anchor + name).length;
      if (count > 1 && count < fewest) [best, fewest] = [anchor + name, count];
    }
  }
  return best;
}

/** How many elements a selector leads to, -1 for one that is none. */
export function countOf(selector: string): number {
  try {
    return document.querySelectorAll(selector).length;
  } catch {
    return -1;
  }
}
