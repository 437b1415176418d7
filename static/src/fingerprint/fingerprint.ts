/**
 * What an element looked like when it was picked, in terms that outlive a redesign better than a selector does. The Go file
 * proxy/fingerprint.go makes and reads it by the same rules.
 */
export interface Fingerprint {
  tag: string;
  /** Its first words. */
  text?: string;
  /** Those that name it or what it leads to. */
  attributes?: Record<string, string>;
  classes?: string[];
  /** Tags and classes of the elements in it. */
  inner?: string[];
  /** Tags, ids and classes of the elements around it. */
  path?: string[];
  /** The id and the first words of what it is a part of. */
  unit?: string;
  /** The texts before and after it, and the heading above it. */
  before?: string;
  after?: string;
  heading?: string;
  /** How many elements of the page held the same, itself included; absent is 1. */
  twins?: number;
  /** How many of them were part of something that said the same. */
  units?: number;
  /** How like it the most similar other element was, in percent. */
  rival?: number;
  /** How many elements of its tag the page had, and which of them it was, from 0. */
  peers?: number;
  place?: number;
}

/** An element with a fingerprint that knows of no others. */
export interface Described extends Required<Omit<Fingerprint, "twins" | "units" | "rival" | "peers" | "place">> {
  element: Element;
}

const TEXT_WORDS = 16;
const UNIT_WORDS = 24;
const NEAR_WORDS = 8;
const PATH_DEPTH = 4;
const INNER_MOST = 12;

/** Attributes that name an element or what it leads to; the others only say what sort it is. */
export const TELLING = ["id", "name", "for", "href", "src", "action", "alt", "aria-label", "placeholder", "data-testid", "data-test", "data-cy"];
export const KINDS = ["type", "role", "title"];

const GENERATED = /\d{3}|[\da-f]{8}|:/i;
const ASSET_HASH = /[.-][\da-f]{6,}(\.\w+)$/i;

/** The runs of letters and digits in a text, in small letters. */
export function words(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

function first(all: string[], count: number): string {
  return all.slice(0, count).join(" ");
}

function wordsOf(element: Element): string[] {
  return words(element.textContent || "");
}

/** The part of an attribute's value that a new release of the page is likely to keep. */
function stable(name: string, value: string | null): string {
  let kept = value || "";
  if (name === "id" && GENERATED.test(kept)) return "";
  if (/^(href|src|action)$/.test(name)) kept = kept.split("?")[0]!.replace(ASSET_HASH, "$1");
  return new TextEncoder().encode(kept).length > 200 ? "" : kept;
}

function classes(element: Element): string[] {
  return Array.from(element.classList);
}

/** Tags, ids and classes of the nearest elements around one, below the body. */
function pathOf(element: Element): string[] {
  const path = new Set<string>();
  let at = element.parentElement;
  for (let depth = 0; at && depth < PATH_DEPTH && !/^(body|html)$/.test(at.localName); depth++, at = at.parentElement) {
    path.add(at.localName);
    const id = stable("id", at.getAttribute("id"));
    if (id) path.add("#" + id);
    classes(at).forEach((name) => path.add("." + name));
  }
  return Array.from(path);
}

function readable(node: Node): boolean {
  return node.nodeType === 3 && !/^(script|style|noscript)$/.test(node.parentElement!.localName) && words((node as Text).data).length > 0;
}

function previous(node: Node): Node | null {
  let at = node.previousSibling;
  if (!at) return node.parentNode;
  while (at.lastChild) at = at.lastChild;
  return at;
}

function outside(node: Node): Node | null {
  let at: Node | null = node;
  while (at && !at.nextSibling) at = at.parentNode;
  return at && at.nextSibling;
}

function textBefore(element: Element): string {
  let at = previous(element);
  while (at && !readable(at)) at = previous(at);
  return at ? first(words((at as Text).data), NEAR_WORDS) : "";
}

function textAfter(element: Element): string {
  let at = outside(element);
  while (at && !readable(at)) at = at.firstChild || outside(at);
  return at ? first(words((at as Text).data), NEAR_WORDS) : "";
}

function headingBefore(element: Element): string {
  const headings = Array.from(document.querySelectorAll("h1,h2,h3,h4,h5,h6"));
  const above = headings.filter((heading) => heading.compareDocumentPosition(element) & 4 && !heading.contains(element)).pop();
  return above ? first(wordsOf(above), NEAR_WORDS) : "";
}

/** The id of the nearest element around one that has one, and the first words of the nearest that says more than it does. */
function unitOf(element: Element, own: number): string {
  let id: string[] = [];
  let text: string[] = [];
  for (let at = element.parentElement; at && (!id.length || !text.length); at = at.parentElement) {
    if (!id.length) id = words(stable("id", at.getAttribute("id")));
    if (!text.length) {
      const all = wordsOf(at);
      if (all.length > own) text = all;
    }
  }
  return first(id.concat(text), UNIT_WORDS);
}

/** Tags and classes of the elements in one. */
function innerOf(element: Element): string[] {
  const inner: string[] = [];
  for (const child of Array.from(element.querySelectorAll("*"))) {
    inner.push(child.localName, ...classes(child).map((name) => "." + name));
    if (inner.length >= INNER_MOST) break;
  }
  return inner.slice(0, INNER_MOST);
}

export function describe(element: Element): Described {
  const attributes: Record<string, string> = {};
  TELLING.concat(KINDS).forEach((name) => {
    const value = stable(name, element.getAttribute(name));
    if (value) attributes[name] = value;
  });
  const text = wordsOf(element);
  return {
    element,
    tag: element.localName,
    text: first(text, TEXT_WORDS),
    attributes,
    classes: classes(element),
    inner: innerOf(element),
    path: pathOf(element),
    unit: unitOf(element, text.length),
    before: textBefore(element),
    after: textAfter(element),
    heading: headingBefore(element),
  };
}
