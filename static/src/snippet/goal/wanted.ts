import type { Goal } from "../config";
import { experiments, reported } from "../goal";

/** Whether some goal of a kind is there to be reached yet, by an experiment in which the visitor is or may come to be. */
export function wanted(test: (goal: Goal) => boolean): Goal[] {
  const goals = experiments.map((experiment) => experiment.goals.filter((goal) => test(goal) && !reported.has(experiment.id + " " + goal.key)));
  return ([] as Goal[]).concat(...goals);
}
