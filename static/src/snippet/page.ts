import { bring, elementsOf, mask, observed, partial, plan, type Plan, states } from "./change";
import type { Config, Experiment } from "./config";
import { awaited, expose } from "./exposure";
import { attempt } from "./fault";
import { observe } from "./observer";
import { watchHistory } from "./history";
import { looks, parts, visitors } from "./part";
import { report } from "./report";
import { decide, type Run } from "./run";
import { safe } from "./safe";
import { view } from "./view";

/** How long an element may be kept from sight for its change; after it the page shows its original and the visit does not count. */
const DEADLINE = 400;

const started = Date.now();
let config: Config;
let visitor: string;
let url = "";
let runs: Run[] = [];
let watching = false;

/** Shows the page as it is on this view, which does not count. */
function miss(run: Run): void {
  run.arm = -1;
  run.why = "deadline";
  report(run.experiment, "mask_timeout");
}

/** Keeps partial text, and what the server is asked for, from sight for at most ms. What is then still open, and was not counted, is
 * not shown at all. */
function hold(run: Run, ms: number): void {
  run.held = true;
  setTimeout(
    safe(() => {
      run.held = false;
      run.spent = run.partial;
      if (run.asked || (run.partial && awaited(run))) {
        run.asked = false;
        miss(run);
      }
      sweep();
    }),
    ms,
  );
}

/** Finds out whether the elements of a run, those of all its arms, are on the page and complete. */
function look(run: Run): void {
  if (run.served) return;
  run.matched = run.partial = false;
  for (const change of run.watched) {
    const elements = elementsOf(change);
    if (elements[0]) run.matched = true;
    if (partial(change, elements)) run.partial = true;
  }
  if (run.partial && !run.held && !run.spent) hold(run, DEADLINE);
}

/** Takes an experiment that threw off this page view. */
function drop(experiment: Experiment): void {
  for (const run of runs) {
    if (run.experiment === experiment) {
      run.asked = false;
      run.arm = -1;
      run.why = "fault";
    }
  }
}

/** Brings the page to what the runs want of it. Safe to call at any moment and any number of times. */
function sweep(): void {
  if (location.href !== url) return route();
  const whole: Plan = { edits: [], rules: [] };
  let failed: Experiment | undefined;
  for (const run of runs) {
    const work = () => {
      if (awaited(run) || document.readyState === "loading") look(run);
      run.split.changes[run.arm]!.forEach((change) => plan(change, run, whole));
    };
    if (run.asked) run.watched.forEach((change) => mask(change, whole));
    if (run.arm >= 0 && !attempt(run.experiment, work)) failed = run.experiment;
  }
  failed = failed || bring(whole);
  if (failed) {
    drop(failed);
    return sweep();
  }
  runs.forEach(expose);
  if (parts.leave) runs.some(parts.leave);
  watch();
}

/** Keeps observing the document while some element may still come, or be written over. */
function watch(): void {
  watching = false;
  const attributes: string[] = [];
  for (const run of runs) {
    if (run.arm < 0) continue;
    if (awaited(run)) watching = true;
    for (const change of run.split.changes[run.arm]!) {
      const named = observed(change);
      if (named) watching = true;
      attributes.push(...(named || []));
    }
  }
  observe(watching, attributes, sweep);
}

/** Watches the document for the page of a new address, also where nothing was left to watch for, so that it is changed unseen. */
function expectRoute(): void {
  if (!watching) observe(true, [], sweep);
}

/** Decides anew when the address has changed: takes back what does not belong on the new page, then shows what does. */
function route(): void {
  if (location.href === url) return;
  url = location.href;
  view();
  const left = started + DEADLINE - Date.now();
  const judged = config.x.some((experiment) => experiment.targeting || experiment.remote);
  const visit = judged ? parts.visit!(url, visitor) : { url };
  runs = [];
  for (const experiment of config.x) {
    attempt(experiment, () => {
      const own = experiment.splits.map((split) => decide(experiment, split, visit, visitor));
      runs = runs.concat(own);
      if (parts.late && experiment.state !== "winner") own.forEach((run) => run.arm >= 0 && miss(run));
      const asked = own.some((run) => run.asked);
      if (asked || (document.readyState === "loading" && left > 0)) own.forEach((run) => run.served || hold(run, left > 0 ? left : DEADLINE));
      if (asked) parts.ask!(experiment, own, visit, visitor);
    });
  }
  parts.late = false;
  sweep();
}

/** Starts deciding for a visitor, "" for one who may not be remembered. */
export function open(id: string, configuration: Config): void {
  config = configuration;
  visitor = id;
  url = "";
  route();
}

/** What `samplit("debug")` prints: every split with the reason why it runs or does not. The build shortens no name in quotes. */
function rows(): object[] {
  return runs.map((run) => ({
    "experiment": run.experiment.key,
    split: run.split.key || "",
    "why": run.why,
    arm: run.arm < 0 ? undefined : run.split.arms[run.arm],
    "epoch": run.epoch,
    exposed: run.counted && run.arm >= 0 && !awaited(run),
    "changes": states(run),
    missing: run.arm < 0 ? [] : run.watched.filter((change) => !elementsOf(change)[0]).map((change) => change.selector),
  }));
}

parts.report = rows;
visitors.push(open);
looks.push(sweep);
watchHistory(route, expectRoute);
