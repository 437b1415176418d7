import type { Grade } from "./protocol";

/** A selector of one element, and how long it can be expected to lead there. */
export interface Found {
  selector: string;
  grade: Grade;
}

/** How long the search for a good selector may take before the element's place has to do, in milliseconds. */
const BUDGET = 20;
const MAX_LENGTH = 240;
const MAX_DEPTH = 8;

const TEST_ATTRIBUTES = ["data-smp", "data-testid", "data-test", "data-test-id", "data-qa", "data-cy"];
const LANDMARKS = /^(header|nav|main|footer|aside|form|article|section|h1)$/;

/** Classes that say how an element looks or what state it is in, or that a build made up. */
const UNSTABLE = [
  /^(is|has|js|ng|v|css|sc|jsx|svelte|chakra|emotion|wp-image)-/,
  /(^|-)(active|focus|focused|hover|open|opened|show|shown|visible|hidden|selected|disabled|current|visited|loaded|lazy|lazyload|collapsed|collapse|fade|in)$/,
  /[:[\]/!@]/,
  /\d{3}|[0-9a-f]{6}|_[A-Za-z0-9]{5,}$|__[A-Za-z]+_/,
  /^(?=.*\d)(?=.*[a-z])[a-z0-9]{5,}$/i,
  /^-?(m|p)[trblxyse]?-/,
  /^(d|w|h|g|gap|col|row|order|offset|text|bg|border|flex|grid|items|content|align|justify|self|float|position|rounded|shadow|font|fs|fw|lh|leading|tracking|ms|me|ps|pe|top|bottom|start|end|z|max|min|overflow|opacity|space|divide|ring|transition|duration)-/,
  /^(row|col|container|container-fluid|flex|grid|block|inline|inline-block|relative|absolute|fixed|sticky|clearfix|uppercase|lowercase|italic|truncate|small|lead|sr-only)$/,
];

const stable = (name: string): boolean => name.length > 1 && name.length < 40 && !UNSTABLE.some((rule) => rule.test(name));
const wordy = (id: string): boolean => /^[A-Za-z][A-Za-z0-9_-]{1,40}$/.test(id) && !/\d{3}|[0-9a-f]{8}/i.test(id);
const quoted = (value: string): string => '"' + value.replace(/["\\]/g, "\\$&") + '"';

function classesOf(element: Element): string[] {
  return Array.from(element.classList).filter(stable).slice(0, 4);
}

/** The part of an address that a page is likely to keep. */
function lasting(name: string, value: string): boolean {
  if (!value || value.length > 100 || /[\n\r]/.test(value)) return false;
  return name !== "href" || (value !== "#" && !/^(javascript|data|blob):/i.test(value) && !/[?&=]/.test(value));
}

/** What can be said of an element by itself, the best first. */
function own(element: Element): Found[] {
  const tag = element.localName;
  const out: Found[] = [];
  const say = (selector: string, grade: Grade) => out.push({ selector, grade });
  for (const name of TEST_ATTRIBUTES) {
    const value = element.getAttribute(name);
    if (value && value.length < 100) say(`[${name}=${quoted(value)}]`, "strong");
  }
  if (wordy(element.id)) say("#" + CSS.escape(element.id), "strong");
  for (const name of ["name", "for", "aria-label", "href", "alt"]) {
    const value = element.getAttribute(name);
    if (value && lasting(name, value)) say(`${tag}[${name}=${quoted(value)}]`, "strong");
  }
  const classes = classesOf(element);
  const role = element.getAttribute("role");
  if (role) say(`${tag}[role=${quoted(role)}]`, "good");
  for (const name of classes) say(`${tag}.${CSS.escape(name)}`, "good");
  if (classes.length > 1) say(tag + classes.map((name) => "." + CSS.escape(name)).join(""), "good");
  if (LANDMARKS.test(tag)) say(tag, "good");
  return out;
}

function leadsTo(selector: string, element: Element): boolean {
  if (selector.length > MAX_LENGTH) return false;
  const first = document.querySelector(selector);
  return first === element && document.querySelectorAll(selector).length === 1;
}

/** The elements around one, nearest first, below the document itself. */
function around(element: Element): Element[] {
  const out: Element[] = [];
  for (let e = element.parentElement; e && e !== document.documentElement && out.length < MAX_DEPTH; e = e.parentElement) out.push(e);
  return out;
}

/** The first heading before an element among its siblings that can be told by itself. */
function headingBefore(element: Element): string {
  for (let e = element.previousElementSibling; e; e = e.previousElementSibling) {
    if (/^h[1-6]$/.test(e.localName) && wordy(e.id)) return "#" + CSS.escape(e.id);
  }
  return "";
}

/** What leads to an element from something around it that can be told by itself. */
function anchored(element: Element, late: () => boolean): Found | undefined {
  const self = [...own(element).map((found) => found.selector), element.localName];
  const heading = headingBefore(element);
  for (const anchor of around(element)) {
    for (const { selector } of own(anchor)) {
      if (late()) return undefined;
      if (document.querySelectorAll(selector).length !== 1) continue;
      for (const name of self) {
        if (leadsTo(`${selector} ${name}`, element)) return { selector: `${selector} ${name}`, grade: "good" };
      }
    }
  }
  for (const name of heading ? self : []) {
    if (leadsTo(`${heading} ~ ${name}`, element)) return { selector: `${heading} ~ ${name}`, grade: "good" };
  }
  return undefined;
}

/** An element's place among its siblings. */
function step(element: Element): string {
  const tag = CSS.escape(element.localName);
  const alike = Array.from(element.parentElement?.children ?? []).filter((e) => e.localName === element.localName);
  return alike.length > 1 ? `${tag}:nth-of-type(${alike.indexOf(element) + 1})` : tag;
}

/** The way to an element by its place, from the nearest element that can be told by itself. */
function placed(element: Element): Found {
  let path = "";
  for (let e: Element | null = element; e && e !== document.documentElement; e = e.parentElement) {
    const anchor = e !== element && own(e).find(({ selector }) => leadsTo(selector, e!));
    const from = anchor ? `${anchor.selector} > ${path}` : path;
    if (anchor && leadsTo(from, element)) return { selector: from, grade: from.includes(":nth") ? "fragile" : "good" };
    path = path ? `${step(e)} > ${path}` : step(e);
    if (e !== element && leadsTo(path, element)) break;
  }
  return { selector: path || element.localName, grade: path.includes(":nth") ? "fragile" : "good" };
}

/** The selector for an element that is likeliest to lead to it, and nowhere else, for long. */
export function selectorOf(element: Element): Found {
  const start = performance.now();
  const late = () => performance.now() - start > BUDGET;
  const self = own(element).find(({ selector }) => leadsTo(selector, element));
  if (self) return self;
  if (leadsTo(element.localName, element)) return { selector: element.localName, grade: "good" };
  return anchored(element, late) ?? placed(element);
}

/** The narrowest selector that leads to several elements like this one; "" when there is none. */
export function alike(element: Element): string {
  const names = [...classesOf(element).map((name) => `${element.localName}.${CSS.escape(name)}`), element.localName];
  const anchors = ["", ...around(element).flatMap((e) => classesOf(e).map((name) => `.${CSS.escape(name)} `)).slice(0, 6)];
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
