import type { Experiment, Goal } from "./config";
import { exposed } from "./exposure";
import { attempt } from "./fault";
import { visitors } from "./part";
import { send } from "./transport";

/** What a conversion was worth; the server holds it against the goal's terms. */
export interface Amount {
  value?: unknown;
  currency?: unknown;
  /** Counts once. */
  order?: unknown;
}

/** Those that are not decided yet. */
export let experiments: Experiment[] = [];

/** What this page has reported: the server counts a visitor, and an order, once, so once per page is enough. */
export const reported = new Set<string>();

/** The worth as it is sent: what is no number is none, and 0.1 + 0.2 is 0.3. */
function worth({ "value": value, currency, order }: Amount): { value?: number; currency?: string; order?: string } {
  const said: { value?: number; currency?: string; order?: string } = {};
  const number = parseFloat(value + "");
  if (isFinite(number)) said["value"] = +number.toFixed(4);
  if (currency) said.currency = currency + "";
  if (order || order === 0) said.order = order + "";
  return said;
}

/** Reports every goal that passes test, for the experiments in which the visitor has been exposed before. */
export function reach(test: (goal: Goal) => boolean, amount: Amount = {}): void {
  const said = worth(amount);
  for (const experiment of experiments) {
    attempt(experiment, () => {
      for (const goal of experiment.goals) {
        let id = experiment.id + " " + goal.key;
        if (goal.type === "revenue") id += " " + said.order + " " + said["value"];
        if (!test(goal) || !exposed(experiment) || (reported.has(id) && (goal.type !== "revenue" || said.order))) continue;
        reported.add(id);
        send({ type: "conversion", "experiment": experiment.id, goal: goal.key, name: goal.name, ...said });
      }
    });
  }
}

visitors.push((visitor, config) => {
  experiments = visitor ? config.x.filter((experiment) => experiment.state !== "winner") : [];
});
