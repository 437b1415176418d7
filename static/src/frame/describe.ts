import type { Fingerprint } from "../fingerprint/fingerprint";
import { fingerprint } from "../fingerprint/make";
import { visited } from "./address";
import type { Node, Picked } from "./protocol";
import { original } from "./preview";
import { isOurs } from "./overlay";
import { refOf } from "./refs";
import { alike, selectorOf } from "./selector";
import { warningsOf } from "./warning";

const MAX_CHILDREN = 300;
const UNSEEN = /^(script|style|meta|link|noscript|template|head|title|base|br|source|track|param)$/;
const STYLES = ["color", "background-color", "font-size", "font-weight", "text-align", "font-style", "width", "height", "padding", "margin-top", "margin-bottom", "border-radius"];

const squeezed = (text: string, longest: number): string => text.replace(/\s+/g, " ").trim().slice(0, longest);

/** What an element is called in outlines, crumbs and the tree. */
export function labelOf(element: Element): string {
  const id = element.id ? "#" + element.id : "";
  const classes = id ? "" : Array.from(element.classList).slice(0, 2).map((name) => "." + name).join("");
  return squeezed(element.localName + id + classes, 80);
}

/** The children of an element that somebody sees. */
export function childrenOf(element: Element): Element[] {
  return Array.from(element.children).filter((child) => !UNSEEN.test(child.localName) && !isOurs(child)).slice(0, MAX_CHILDREN);
}

export function nodesOf(element: Element): Node[] {
  return childrenOf(element).map((child) => ({
    ref: refOf(child),
    label: labelOf(child),
    text: squeezed(child.textContent ?? "", 60),
    kids: childrenOf(child).length,
  }));
}

function crumbsOf(element: Element): Picked["crumbs"] {
  const out: Picked["crumbs"] = [];
  for (let e: Element | null = element; e && e !== document.documentElement && out.length < 64; e = e.parentElement) out.unshift({ ref: refOf(e), label: labelOf(e) });
  return out;
}

/** The text node that carries an element's text, by the rule of the change engine. */
function textOf(element: Element): string | undefined {
  const texts = Array.from(element.childNodes).filter((node): node is Text => node.nodeType === 3);
  const written = texts.find((node) => /\S/.test(node.data));
  if (written) return written.data;
  return element.firstElementChild || /^(img|input|br|hr|video|iframe|textarea|select|svg)$/.test(element.localName) ? undefined : "";
}

/** A computed colour as the colour field takes it. */
export function hex(colour: string): string {
  const parts = colour.match(/[\d.]+/g);
  if (!/^rgba?\(/.test(colour) || !parts || parts[3] === "0") return "";
  return "#" + parts.slice(0, 3).map((part) => Number(part).toString(16).padStart(2, "0")).join("");
}

function valuesOf(element: Element, text: string | undefined): Record<string, string> {
  const out: Record<string, string> = {};
  if (text !== undefined) out["text "] = text.trim().slice(0, 10_000);
  const link = element.getAttribute("href");
  if (link !== null) out["link "] = visited(link).slice(0, 2_000);
  const source = element.getAttribute("src");
  if (source !== null && element.localName === "img") out["image "] = visited(source).slice(0, 2_000);
  const alt = element.getAttribute("alt");
  if (alt !== null) out["attr alt"] = alt.slice(0, 2_000);
  const computed = getComputedStyle(element);
  for (const name of STYLES) {
    const value = computed.getPropertyValue(name);
    out["style " + name] = /color$/.test(name) ? hex(value) : value;
  }
  return out;
}

/** The nearest neighbour that somebody sees. */
function neighbour(element: Element, way: "previousElementSibling" | "nextElementSibling"): Element | null {
  let at = element[way];
  while (at && (isOurs(at) || UNSEEN.test(at.localName))) at = at[way];
  return at;
}

type Ways = Pick<Picked, "selector" | "grade" | "alike" | "previous" | "next" | "fingerprint">;

/** What an element looks like where visitors see it: addresses of the site are others there. */
function printOf(element: Element): Fingerprint {
  const print = fingerprint(element);
  const attributes = Object.fromEntries(Object.entries(print.attributes ?? {}).map(([name, value]) => [name, /^(href|src|action)$/.test(name) ? visited(value) : value]));
  return { ...print, attributes };
}

/** What leads to an element and to its neighbours on the page without our changes; what only they have made has no other way. */
function waysTo(element: Element): Ways {
  const [previous, next] = [neighbour(element, "previousElementSibling"), neighbour(element, "nextElementSibling")];
  const find = (): Ways => {
    const to = (other: Element | null) => (other && other.isConnected ? selectorOf(other).selector : "");
    return { ...selectorOf(element), alike: alike(element), previous: to(previous), next: to(next), fingerprint: printOf(element) };
  };
  const found = original(() => (element.isConnected ? find() : undefined));
  return found ?? { ...find(), fingerprint: null };
}

export function describe(element: Element): Picked {
  const text = textOf(element);
  return {
    ...waysTo(element),
    ref: refOf(element),
    tag: element.localName.slice(0, 64),
    label: squeezed(labelOf(element) + " " + squeezed(element.textContent ?? "", 60), 160),
    crumbs: crumbsOf(element),
    count: 1,
    text: text !== undefined,
    link: /^(a|area)$/.test(element.localName),
    image: element.localName === "img",
    values: valuesOf(element, text),
    warnings: warningsOf(element),
  };
}
