import type { Experiment, Goal } from "./config";
import { exposed } from "./exposure";
import { attempt } from "./fault";
import { visitors } from "./part";
import { send } from "./transport";

/** Those that are not decided yet. */
let experiments: Experiment[] = [];

/** Goals this page has reported: the server counts a visitor once, so once per page is enough. */
const reported = new Set<string>();

/** Reports every goal of a type that passes test, for the experiments in which the visitor has been exposed before. */
export function reach(type: Goal["type"], test: (goal: Goal) => boolean): void {
  for (const experiment of experiments) {
    attempt(experiment, () => {
      for (const goal of experiment.goals) {
        const id = experiment.id + " " + goal.key;
        if (goal.type !== type || reported.has(id) || !test(goal) || !exposed(experiment)) continue;
        reported.add(id);
        send({ type: "conversion", experiment: experiment.id, goal: goal.key, name: goal.name });
      }
    });
  }
}

visitors.push((visitor, config) => {
  experiments = visitor ? config.x.filter((experiment) => experiment.state !== "winner") : [];
});
