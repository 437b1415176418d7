import type { Config, Experiment, Goal } from "./config";
import { exposed } from "./exposure";
import { attempt } from "./fault";
import { listen } from "./safe";
import { send } from "./transport";
import { matchPage } from "./url";

let experiments: Experiment[] = [];

/** Goals this page has reported: the server counts a visitor once, so once per page is enough. */
const reported = new Set<string>();

/** Reports every goal of a type that passes test, for the experiments in which the visitor has been exposed before. */
function reach(type: Goal["type"], test: (goal: Goal) => boolean): void {
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

function clicked(event: Event): void {
  const path = event.composedPath();
  reach("click", ({ selector }) => path.some((target) => target instanceof Element && target.matches(selector!)));
}

export function reachPage(url: string): void {
  reach("url", (goal) => matchPage(goal.url, url));
}

export function reachCustom(name: string): void {
  reach("custom", (goal) => (goal.name || goal.key) === name);
}

/** Starts watching for the goals of everything that is not decided yet. */
export function trackGoals(config: Config): void {
  experiments = config.x.filter((experiment) => experiment.state !== "winner");
  listen("click", clicked);
  listen("auxclick", (event) => (event as MouseEvent).button === 1 && clicked(event));
}
