import type { Change, Config, Goal } from "./config";
import { visitors } from "./part";

/** What no element is. */
const NOTHING = ":not(*)";

/** Whether a browser from before `:has()` throws at a selector; one that is none at all is another matter. */
function beyond(selector: string | undefined): boolean {
  if (!selector || selector.indexOf(":has(") < 0) return false;
  try {
    document.createDocumentFragment().querySelector(selector);
    return false;
  } catch {
    return true;
  }
}

/** Takes selectors that this browser cannot read for such as lead nowhere: what they are about is missed, and the rest goes on. */
visitors.push((_, { x }: Config) => {
  const guard = (by: Change | Goal) => {
    if (beyond(by.selector)) by.selector = NOTHING;
  };
  x.forEach(({ splits, goals }) => {
    splits.forEach(({ changes }) => changes.forEach((list) => list.forEach(guard)));
    goals.forEach(guard);
  });
});
