import { remembered } from "./assignment";
import type { Change, Experiment, Split } from "./config";
import { broken } from "./fault";
import { bucket, pick } from "./hash";
import { parts } from "./part";
import { served, type ServedSplit, servedTo } from "./served";
import type { Visit } from "./targeting";
import { matchPage } from "./url";

/** One split on one page view: the decision and how far it has come. */
export interface Run {
  experiment: Experiment;
  split: Split;
  /** Why the split runs or not, for `samplit("debug")`. */
  why: string;
  /** Index of the arm to show, -1 for none. */
  arm: number;
  /** The server is being asked for the arm; until it answers, the elements that might change are kept from sight. */
  asked?: boolean;
  /** The epoch in which the visitor got the arm. */
  epoch: number;
  /** Whether seeing it is an exposure. */
  counted: boolean;
  /** The changes of all arms: whoever could have seen one of them is exposed, whatever arm it is. */
  watched: Change[];
  /** Some element of `watched` is on the page. */
  matched?: boolean;
  /** Some text of `watched` has only partly arrived. */
  partial?: boolean;
  /** The time limit runs within which partial text may be kept from sight. */
  held?: boolean;
  /** The limit passed in vain; there is no second one. */
  spent?: boolean | undefined;
  /** What a server has made of the page already. */
  served?: ServedSplit | undefined;
}

/** Why an experiment takes no new visitor in like this one, "" when it does. */
function refusal({ key, traffic, start = 0, end = Infinity, in: filters }: Experiment, visitor: string, now: number): string {
  if (now < start || now >= end) return "schedule";
  const out = filters && parts.excludes!(filters, visitor);
  if (out) return out;
  return bucket("in/" + key, visitor) < traffic ? "" : "traffic";
}

/** The arm that a visitor has of a split, from an earlier visit or as somebody new; -1, and why, for nobody's. */
export function assigned(experiment: Experiment, split: Split, visitor: string, now: number): { arm: number; epoch: number; why: string } {
  const { state } = experiment;
  const known = remembered(split.seed);
  const arm = known ? split.arms.indexOf(known[1]) : -1;
  if (known && arm >= 0) return { arm, epoch: known[2], why: state };
  const why = state === "running" ? refusal(experiment, visitor, now) : state;
  return { arm: why ? -1 : pick(bucket(split.seed, visitor), split.weights), epoch: split.epoch, why: why || state };
}

/** Decides what a visitor ("" for one who may not be remembered) gets of a split on a visit. */
export function decide(experiment: Experiment, split: Split, visit: Visit, visitor: string): Run {
  const now = Date.now();
  const { state } = experiment;
  const { winner = -1 } = split;
  const run: Run = {
    experiment,
    split,
    why: state,
    arm: -1,
    epoch: split.epoch,
    counted: state === "running",
    watched: [],
  };
  if (broken(experiment)) run.why = "faults";
  else if (!matchPage(experiment.url, visit.url!)) run.why = "page";
  else if (experiment.targeting && !parts.targets!(experiment.targeting, visit, now)) run.why = "targeting";
  else if (!visitor && (experiment.remote || state !== "winner")) run.why = "private";
  else if (state === "winner") run.arm = winner;
  else Object.assign(run, assigned(experiment, split, visitor, now));
  run.served = served(split.seed);
  if (run.served) {
    // Of an id that only the browser knew the page is another visitor's, and counts for nobody.
    run.arm = state === "winner" || servedTo === visitor ? split.arms.indexOf(run.served.arm) : -1;
    run.epoch = run.served["epoch"];
    run.matched = run.served["matched"];
    run.why = "served";
  }
  if (run.arm >= 0) {
    run.watched = ([] as Change[]).concat(...split.changes);
    if (experiment.remote) {
      run.asked = true;
      run.arm = -1;
    }
  }
  return run;
}
