// Shows changes on the page by the very code that shows them to visitors. Scripts are left out: what they did could not be taken back.
import "../snippet/change/attr";
import "../snippet/change/class";
import "../snippet/change/css";
import "../snippet/change/heal";
import "../snippet/change/hide";
import "../snippet/change/html";
import "../snippet/change/image";
import "../snippet/change/insert";
import "../snippet/change/link";
import "../snippet/change/marker";
import "../snippet/change/moment";
import "../snippet/change/move";
import "../snippet/change/remove";
import "../snippet/change/show";
import "../snippet/change/style";
import "../snippet/change/text";
import { bring, observed, plan, type Plan, states } from "../snippet/change";
import type { Change as Applied } from "../snippet/config";
import { observe } from "../snippet/observer";
import { actions } from "../snippet/part";
import type { Run } from "../snippet/run";
import type { Change } from "./protocol";

const split = { key: "", seed: "editor", epoch: 0, arms: ["variant"], weights: [10_000], changes: [[]] as Applied[][] };
const run: Run = {
  experiment: { id: "editor", key: "editor", state: "winner", traffic: 1, splits: [split], goals: [] },
  split,
  why: "winner",
  arm: 0,
  asked: false,
  epoch: 0,
  counted: false,
  watched: [],
  matched: false,
  partial: false,
  held: false,
  spent: false,
};
/** The engine knows a change again by its object. */
const known = new Map<string, Applied>();
let told: (missing: string[]) => void = () => {};

function apply(changes: Applied[]): void {
  const whole: Plan = { edits: [], rules: [] };
  for (const change of changes) plan(change, run, whole);
  bring(whole);
}

/** Brings the page to what the changes want of it, and says which of them found nothing. */
function sweep(): void {
  const changes = split.changes[0]!;
  apply(changes);
  observe(changes.length > 0, ([] as string[]).concat(...changes.map((change) => observed(change) || [])), sweep);
  const found = states(run);
  told(Object.keys(found).filter((id) => found[id] === "missed" || found[id] === "refused"));
}

/** Makes changes all that is changed; missing is told which of them lead nowhere, now and whenever the page moves. */
export function show(list: Change[], missing: (ids: string[]) => void): void {
  const keys = list.filter(({ action }) => actions[action]).map((change) => JSON.stringify(change));
  for (const key of Array.from(known.keys())) if (!keys.includes(key)) known.delete(key);
  split.changes[0] = keys.map((key) => {
    const change = known.get(key) ?? (JSON.parse(key) as Applied);
    known.set(key, change);
    return change;
  });
  told = missing;
  sweep();
}

/** Looks at the page as it is without the changes: what leads to an element there is what will lead to it for visitors. */
export function original<T>(look: () => T): T {
  apply([]);
  try {
    return look();
  } finally {
    sweep();
  }
}

addEventListener("resize", sweep);
