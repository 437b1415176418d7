import type { Change, Config, Experiment } from "./config";
import { visitors } from "./part";
import { assigned } from "./run";
import { writeList } from "./storage";

const LONGEST = 4000;

/** The paths that a page pattern is about, as a regular expression for the loader, which knows the address alone. */
function paths(pattern = "*"): string {
  const path = pattern.replace(/^([^/?#]*:)?\/\/[^/?#]*/, "").replace(/[?#].*/, "");
  const pieces = path.split("*").map((piece) => piece.replace(/[^\w/-]/g, "\\$&").replace(/\/+$/, ""));
  return "^" + pieces.join(".*") + "/?$";
}

function masked(experiment: Experiment, visitor: string): [paths: string, selectors: string] {
  const now = Date.now();
  const changes = experiment.splits.map((split) => split.changes[assigned(experiment, split, visitor, now).arm] || []);
  const selectors = ([] as Change[]).concat(...changes).map(({ selector }) => selector);
  return [paths(experiment.url), selectors.filter((selector) => selector).join()];
}

/**
 * Leaves a note for the loader, which runs before this script on the pages to come: what to keep from sight where. Arms without
 * changes have an entry too, so that the loader's deadline holds for all arms alike.
 */
visitors.push((visitor: string, config: Config) => {
  if (!visitor) return;
  const list = config.x.filter(({ state }) => state === "running").map((experiment) => masked(experiment, visitor));
  const known = localStorage.getItem("_smp_m") || "[]";
  const text = JSON.stringify(list);
  if (text !== known && text.length < LONGEST) writeList("_smp_m", list, "localStorage");
});
