import { recognise } from "../../fingerprint/likeness";
import type { Change } from "../config";
import { parts } from "../part";

/** A search looks at every element of a tag: one that failed is not made again before this many milliseconds. */
const PAUSE = 200;

const found = new WeakMap<Change, Element>();
const failed = new WeakMap<Change, [at: number, state: string]>();

/**
 * Finds the one element that a change was made for: where its selector leads to, or where it has gone. While the page is being read the
 * search goes on with what has come.
 */
parts.recognise = (change, hits, takes) => {
  const known = found.get(change);
  if (known && known.isConnected) return known;
  const [at, state] = failed.get(change) || [0, ""];
  if (state === document.readyState && Date.now() - at < PAUSE) return undefined;
  const print = change.fingerprint!;
  const element = recognise(print, hits, Array.from(document.getElementsByTagName(print.tag)).filter(takes));
  if (element) found.set(change, element);
  else failed.set(change, [Date.now(), document.readyState]);
  return element;
};
