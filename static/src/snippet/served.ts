/** What a server that put variants into this page has told; the Go package edge writes it at the start of the head. */
interface Served {
  visitor?: string;
  splits?: Record<string, ServedSplit>;
}

export interface ServedSplit {
  arm: string;
  epoch: number;
  /** The page as it was held an element that some arm changes. */
  matched: boolean;
  /** What became of the changes; those that are "left" are for the browser to make. */
  states: Record<string, string>;
}

const page = location.pathname + location.search;
const element = document.getElementById("samplit-served");
const told: Served = element ? JSON.parse(element.textContent!) : {};

/** The id of the visitor whom this page was made for. */
export const servedTo = told.visitor;

/**
 * What the server has made of this page for a split: the runtime observes and counts. It is about the page that was loaded, not about
 * what scripts put in its place.
 */
export function served(seed: string): ServedSplit | undefined {
  return page === location.pathname + location.search ? (told["splits"] || {})[seed] : undefined;
}
