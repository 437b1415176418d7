import { ending } from "./address";
import type { Grade } from "./protocol";

/** Something that can be said of an element by itself, and how long it can be expected to be true. */
export interface Name {
  selector: string;
  grade: Grade;
}

const TEST_ATTRIBUTES = ["data-smp", "data-testid", "data-test", "data-test-id", "data-qa", "data-cy"];
/** Attributes by which people and scripts know an element, the surest first. */
const TELLING = ["name", "for", "aria-label", "href", "action", "src", "alt"];
const HINTS = ["title", "placeholder", "type", "role"];
const ADDRESSES = /^(href|action|src)$/;
const LANDMARKS = /^(header|nav|main|footer|aside|form|article|section|h1)$/;
const MAX_DATA = 4;
const MAX_CLASSES = 4;

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
/** Ids that a framework counts up. */
const COUNTED = /^(radix|headlessui|react|mui|ember|ext|yui|mantine|chakra)[-_]|\d{3}|[0-9a-f]{8}/i;
/** Attributes of data that say what state an element is in. */
const STATES = /^data-(state|active|open|selected|index|id|key|v|react|reactid|focus|hover|loaded|status|aos|wow)\b/;

const quoted = (value: string): string => '"' + value.replace(/["\\]/g, "\\$&") + '"';
const wordy = (id: string): boolean => /^[A-Za-z][A-Za-z0-9_-]{1,40}$/.test(id) && !COUNTED.test(id);

/** The classes of an element that say what it is. */
export function classesOf(element: Element): string[] {
  const says = (name: string) => name.length > 1 && name.length < 40 && !UNSTABLE.some((rule) => rule.test(name));
  return Array.from(element.classList).filter(says).slice(0, MAX_CLASSES);
}

/** What an attribute says, as far as a page is likely to keep it; "" for nothing of the kind. */
function attribute(name: string, value: string): string {
  if (!value || value.length > 100 || /[\n\r]/.test(value)) return "";
  if (!ADDRESSES.test(name)) return `[${name}=${quoted(value)}]`;
  if (/^#?!?$/.test(value) || /^(javascript|data|blob):/i.test(value) || /[?&=]/.test(value)) return "";
  const end = ending(value); // visitors' pages write it in another way, which ends the same
  if (end === undefined) return `[${name}=${quoted(value)}]`;
  return end.length > 1 ? `[${name}$=${quoted(end)}]` : "";
}

function dataOf(element: Element): [name: string, value: string][] {
  const telling = Array.from(element.attributes).filter(({ name, value }) => name.startsWith("data-") && !STATES.test(name) && /^[#\w./ -]{2,60}$/.test(value) && !/\d{4}/.test(value));
  return telling.slice(0, MAX_DATA).map(({ name, value }) => [name, value]);
}

/** What can be said of an element by itself, the best first. */
export function namesOf(element: Element): Name[] {
  const tag = element.localName;
  const out: Name[] = [];
  const say = (selector: string, grade: Grade) => out.push({ selector, grade });
  const sayOf = (name: string, value: string | null, grade: Grade) => {
    const said = attribute(name, value ?? "");
    if (said) say(tag + said, grade);
  };
  for (const name of TEST_ATTRIBUTES) {
    const value = element.getAttribute(name);
    if (value && value.length < 100) say(`[${name}=${quoted(value)}]`, "strong");
  }
  if (wordy(element.id)) say("#" + CSS.escape(element.id), "strong");
  TELLING.forEach((name) => sayOf(name, element.getAttribute(name), "strong"));
  const classes = classesOf(element).map((name) => "." + CSS.escape(name));
  classes.forEach((name) => say(tag + name, "good"));
  if (classes.length > 1) say(tag + classes.join(""), "good");
  HINTS.forEach((name) => sayOf(name, element.getAttribute(name), "good"));
  dataOf(element).forEach(([name, value]) => sayOf(name, value, "good"));
  if (LANDMARKS.test(tag)) say(tag, "good");
  return out;
}
