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
  /** Tags, ids and classes of the elements around it. */
  path?: string[];
  /** The texts before and after it, and the heading above it. */
  before?: string;
  after?: string;
  heading?: string;
  /** How many elements of the page were like it, itself included; absent is 1. */
  twins?: number;
  /** Which of them it was, from 0. */
  ordinal?: number;
}

const TEXT_WORDS = 16;
const NEAR_WORDS = 8;
const PATH_DEPTH = 4;

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

function first(text: string | null, count: number): string {
  return words(text || "").slice(0, count).join(" ");
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
  return at ? first((at as Text).data, NEAR_WORDS) : "";
}

function textAfter(element: Element): string {
  let at = outside(element);
  while (at && !readable(at)) at = at.firstChild || outside(at);
  return at ? first((at as Text).data, NEAR_WORDS) : "";
}

function headingBefore(element: Element): string {
  const headings = Array.from(document.querySelectorAll("h1,h2,h3,h4,h5,h6"));
  const above = headings.filter((heading) => heading.compareDocumentPosition(element) & 4 && !heading.contains(element)).pop();
  return above ? first(above.textContent, NEAR_WORDS) : "";
}

/** A fingerprint without twins. */
export function describe(element: Element): Required<Omit<Fingerprint, "twins" | "ordinal">> {
  const attributes: Record<string, string> = {};
  TELLING.concat(KINDS).forEach((name) => {
    const value = stable(name, element.getAttribute(name));
    if (value) attributes[name] = value;
  });
  return {
    tag: element.localName,
    text: first(element.textContent, TEXT_WORDS),
    attributes,
    classes: classes(element),
    path: pathOf(element),
    before: textBefore(element),
    after: textAfter(element),
    heading: headingBefore(element),
  };
}
