import { remember, remembered } from "./assignment";
import type { Experiment } from "./config";
import { exposures } from "./part";
import type { Run } from "./run";
import { send } from "./transport";
import { visible } from "./visible";

/** Seeds of the splits whose exposure this page has reported. */
const reported = new Set<string>();

/** Whether the run still has an exposure to report. */
export function awaited(run: Run): boolean {
  return run.arm >= 0 && run.counted && !reported.has(run.split.seed);
}

/**
 * Reports the exposure of a run once its change could be seen: the page is visible and holds, complete, an element that some arm
 * changes. The rule does not look at the arm, so control and variants are counted alike. Once per page, not per route.
 */
export function expose(run: Run): void {
  if (!awaited(run) || !visible() || run.partial || !(run.matched || !run.watched[0])) return;
  const { split, epoch } = run;
  const arm = split.arms[run.arm]!;
  reported.add(split.seed);
  remember(split.seed, arm, epoch);
  send({ type: "exposure", "experiment": run.experiment.id, split: split.key || undefined, arm, "epoch": epoch });
  exposures.forEach((exposed) => exposed(run));
}

/** Whether the visitor was ever exposed to the experiment in this browser. */
export function exposed(experiment: Experiment): boolean {
  return experiment.splits.some(({ seed }) => reported.has(seed) || remembered(seed));
}
