import { remembered } from "./assignment";
import type { Change, Experiment, Split } from "./config";
import { broken } from "./fault";
import { bucket, pick } from "./hash";
import { matchPage } from "./url";

/** One split on one page view: the decision and how far it has come. */
export interface Run {
  experiment: Experiment;
  split: Split;
  /** Why the split runs or not, for `samplit("debug")`. */
  why: string;
  /** Index of the arm to show, -1 for none. */
  arm: number;
  /** The epoch in which the visitor got the arm. */
  epoch: number;
  /** Whether seeing it is an exposure. */
  counted: boolean;
  /** The changes of all arms: whoever could have seen one of them is exposed, whatever arm it is. */
  watched: Change[];
  /** Some element of `watched` is on the page. */
  matched: boolean;
  /** Some text of `watched` has only partly arrived. */
  partial: boolean;
  /** The time limit runs within which partial text may be kept from sight. */
  held: boolean;
  /** The limit passed in vain; there is no second one. */
  spent: boolean;
}

/** Decides what a visitor ("" for one who may not be remembered) gets of a split on the page url. */
export function decide(experiment: Experiment, split: Split, url: string, visitor: string): Run {
  const { state } = experiment;
  const run: Run = {
    experiment,
    split,
    why: state,
    arm: -1,
    epoch: split.epoch,
    counted: state === "running",
    watched: [],
    matched: false,
    partial: false,
    held: false,
    spent: false,
  };
  if (broken(experiment)) run.why = "faults";
  else if (!matchPage(experiment.url, url)) run.why = "page";
  else if (state === "winner") run.arm = split.winner === undefined ? -1 : split.winner;
  else if (!visitor) run.why = "private";
  else {
    const known = remembered(split.seed);
    const arm = known ? split.arms.indexOf(known[1]) : -1;
    if (known && arm >= 0) {
      run.arm = arm;
      run.epoch = known[2];
    } else if (state === "running") {
      if (bucket("in/" + experiment.key, visitor) < experiment.traffic) run.arm = pick(bucket(split.seed, visitor), split.weights);
      else run.why = "traffic";
    }
  }
  if (run.arm >= 0) run.watched = ([] as Change[]).concat(...split.changes);
  return run;
}
