// What the editor and the page in its frame say to each other: strings of JSON over one MessagePort. Either side takes the other for
// a stranger; a message of an unknown type, with a member too many, too long or beyond the rate is dropped and counted.

export const VERSION = 1;
export const MAX_BYTES = 64 * 1024;
export const MAX_PER_SECOND = 200;

/** One change, as configurations hold it. */
export interface Change {
  id: string;
  selector: string;
  action: string;
  name?: string;
  value?: string;
  position?: string;
  scope?: { min_width?: number; max_width?: number; url?: string };
  [member: string]: unknown;
}

export type Grade = "strong" | "good" | "fragile";

/** An element of the page by the number that the frame gave it. */
export interface Node {
  ref: number;
  label: string;
  text: string;
  kids: number;
}

/** What the panel needs to know of the element that is picked. */
export interface Picked {
  ref: number;
  tag: string;
  label: string;
  crumbs: { ref: number; label: string }[];
  selector: string;
  grade: Grade;
  count: number;
  /** A selector of all elements like it, "" when it is alone. */
  alike: string;
  /** It carries text that can be changed, leads somewhere, shows an image. */
  text: boolean;
  link: boolean;
  image: boolean;
  /** What it holds now, by action and name: "style color", "attr alt", "text ". */
  values: Record<string, string>;
  /** Selectors of the elements before and after it, "" where there is none. */
  previous: string;
  next: string;
  warnings: { kind: string; value: string }[];
  fingerprint: unknown;
}

export type ToFrame =
  | { type: "changes"; first: boolean; last: boolean; list: Change[] }
  | { type: "mode"; edit: boolean }
  | { type: "select"; ref: number }
  | { type: "find"; selector: string }
  | { type: "count"; selector: string }
  | { type: "children"; ref: number }
  | { type: "point"; ref: number }
  | { type: "scroll"; x: number; y: number }
  | { type: "write" };

export type ToEditor =
  | { type: "ready"; url: string; title: string; root: number }
  | { type: "picked"; element: Picked | null; again: boolean }
  | { type: "count"; selector: string; count: number }
  | { type: "children"; ref: number; nodes: Node[] }
  | { type: "missing"; ids: string[] }
  | { type: "scrolled"; x: number; y: number }
  | { type: "typed"; selector: string; text: string }
  | { type: "key"; key: string };

type Check = (value: unknown) => boolean;
type Shape = Record<string, Check>;

const flag: Check = (v) => typeof v === "boolean";
const number: Check = (v) => typeof v === "number" && isFinite(v);
const text =
  (longest: number): Check =>
  (v) =>
    typeof v === "string" && v.length <= longest;
const listOf =
  (check: Check, most: number): Check =>
  (v) =>
    Array.isArray(v) && v.length <= most && v.every(check);
const record =
  (check: Check, most: number): Check =>
  (v) =>
    isObject(v) && Object.keys(v).length <= most && Object.values(v).every(check);
const shaped =
  (shape: Shape): Check =>
  (v) =>
    isObject(v) && fits(v, shape);

function isObject(v: unknown): v is Record<string, unknown> {
  return typeof v === "object" && v !== null && !Array.isArray(v);
}

/** Whether an object has exactly the members of a shape. */
function fits(v: Record<string, unknown>, shape: Shape): boolean {
  const names = Object.keys(shape);
  return Object.keys(v).length === names.length && names.every((name) => Object.prototype.hasOwnProperty.call(v, name) && shape[name]!(v[name]));
}

const selector = text(500);
const change: Check = (v) => isObject(v) && text(64)(v.id) && typeof v.action === "string";

export const toFrame: Record<ToFrame["type"], Shape> = {
  changes: { first: flag, last: flag, list: listOf(change, 200) },
  mode: { edit: flag },
  select: { ref: number },
  find: { selector },
  count: { selector },
  children: { ref: number },
  point: { ref: number },
  scroll: { x: number, y: number },
  write: {},
};

const picked: Shape = {
  ref: number,
  tag: text(64),
  label: text(200),
  crumbs: listOf(shaped({ ref: number, label: text(200) }), 64),
  selector,
  grade: (v) => v === "strong" || v === "good" || v === "fragile",
  count: number,
  alike: selector,
  text: flag,
  link: flag,
  image: flag,
  values: record(text(10_000), 64),
  previous: selector,
  next: selector,
  warnings: listOf(shaped({ kind: text(20), value: text(20) }), 8),
  fingerprint: (v) => v === null || isObject(v),
};

export const toEditor: Record<ToEditor["type"], Shape> = {
  ready: { url: text(4_000), title: text(500), root: number },
  picked: { element: (v) => v === null || shaped(picked)(v), again: flag },
  count: { selector, count: number },
  children: { ref: number, nodes: listOf(shaped({ ref: number, label: text(200), text: text(200), kids: number }), 300) },
  missing: { ids: listOf(text(64), 200) },
  scrolled: { x: number, y: number },
  typed: { selector, text: text(10_000) },
  key: { key: (v) => typeof v === "string" && ["undo", "redo", "delete", "escape"].includes(v) },
};

/** Reads a message; undefined for what is none. */
export function read<M>(data: unknown, shapes: Record<string, Shape>): M | undefined {
  if (typeof data !== "string" || data.length > MAX_BYTES || new TextEncoder().encode(data).length > MAX_BYTES) return undefined;
  let message: unknown;
  try {
    message = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (!isObject(message) || typeof message.type !== "string") return undefined;
  const { type, ...members } = message;
  if (!Object.prototype.hasOwnProperty.call(shapes, type)) return undefined;
  return fits(members, shapes[type]!) ? (message as M) : undefined;
}
