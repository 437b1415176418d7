import { classesOf, namesOf } from "./names";

/** Something that is true of an element because of what is around it or in it, and that may tell it from others of its name. */
export interface Clue {
  /** How far out it is about: clues are put together from the inside to the outside. */
  depth: number;
  fits(other: Element): boolean;
  /** A selector with this asked for as well. */
  add(selector: string): string;
}

const MAX_DEPTH = 8;
const MAX_INNER = 12;
/** How many of the elements around one, and in each how many, are looked at for company. */
const MAX_COMPANY = 6;
const CAPTIONS = /^(h[1-6]|label|legend|dt|figcaption|summary|caption)$/;

/** The elements around one, nearest first, below the document itself. */
export function ancestors(element: Element): Element[] {
  const out: Element[] = [];
  for (let e = element.parentElement; e && e !== document.documentElement && e !== document.body && out.length < MAX_DEPTH; e = e.parentElement) out.push(e);
  return out;
}

const selectorsOf = (element: Element): string[] => namesOf(element).map(({ selector }) => selector);

/** What an element is in. */
export function around(element: Element): Clue[] {
  return ancestors(element).flatMap((outer, i) => selectorsOf(outer).map((name) => inside(name, i + 2)));
}

function inside(name: string, depth: number): Clue {
  return { depth, fits: (other) => !!other.parentElement?.closest(name), add: (selector) => `${name} ${selector}` };
}

/** What an element comes right after. */
export function beside(element: Element): Clue[] {
  const before = element.previousElementSibling;
  if (!before) return [];
  const names = selectorsOf(before);
  if (CAPTIONS.test(before.localName)) names.push(before.localName);
  return names.map((name) => ({ depth: 1, fits: (other) => !!other.previousElementSibling?.matches(name), add: (selector) => `${name} + ${selector}` }));
}

/** What is in an element. */
export function holding(element: Element): Clue[] {
  const inner = Array.from(element.querySelectorAll("*")).slice(0, MAX_INNER);
  const names = Array.from(new Set(inner.flatMap(selectorsOf))).slice(0, MAX_INNER);
  return names.map((name) => ({ depth: 1, fits: (other) => !!other.querySelector(name), add: (selector) => `${selector}:has(${name})` }));
}

/** What is in what an element is in: a card is told by its picture. */
export function company(element: Element): Clue[] {
  return ancestors(element)
    .slice(0, MAX_COMPANY)
    .flatMap((outer, i) => {
      const [name = outer.localName] = classesOf(outer).map((each) => "." + CSS.escape(each));
      return lone(outer).map(([inner, lead]): Clue => ({ depth: i + 2, fits: (other) => shares(other, name, lead), add: (selector) => `${name}:has(${inner}) ${selector}` }));
    });
}

/** Whether an element is in something of a name that another one is in, too. */
function shares(element: Element, name: string, lead: Element): boolean {
  for (let e = element.parentElement; e; e = e.parentElement) if (e.contains(lead)) return !!e.closest(name);
  return false;
}

/** What is in an element and can be told by itself, with how it can. */
function lone(outer: Element): [name: string, inner: Element][] {
  const inner = Array.from(outer.querySelectorAll("[id], [href], [src], [alt], [name]")).slice(0, MAX_COMPANY);
  const names = inner.flatMap((e) => namesOf(e).filter(({ grade }) => grade === "strong").slice(0, 2).map(({ selector }): [string, Element] => [selector, e]));
  return names.filter(([name]) => document.querySelectorAll(name).length === 1);
}

/** Which of its siblings an element is, or what it is in: one of these tells what repeats on a page. */
export function places(element: Element): Clue[] {
  const own = placeOf(element);
  const out: Clue[] = own ? [{ depth: 1, fits: (other) => other.matches(own), add: (selector) => selector + own }] : [];
  ancestors(element).forEach((outer, i) => {
    const place = placeOf(outer);
    if (place) out.push(...[...selectorsOf(outer), outer.localName].map((name) => inside(name + place, i + 2)));
  });
  return out;
}

/** An element's place among its siblings of the same tag, "" where it has none. */
export function placeOf(element: Element): string {
  const alike = Array.from(element.parentElement?.children ?? []).filter((e) => e.localName === element.localName);
  return alike.length > 1 ? `:nth-of-type(${alike.indexOf(element) + 1})` : "";
}
