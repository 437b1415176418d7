import type { Experiment } from "./config";
import { report } from "./report";
import { readList, writeList } from "./storage";

const NAME = "_smp_f";
const LIMIT = 3;

/** The ids of experiments, once for each fault. */
function faults(): unknown[] {
  return readList(NAME, "sessionStorage");
}

/** Three faults switch an experiment off for the rest of the session. */
export function broken(experiment: Experiment): boolean {
  return faults().filter((id) => id === experiment.id).length >= LIMIT;
}

/** Runs work on behalf of one experiment, so that its faults stay its own. Returns false when it threw; the server is told of the last one. */
export function attempt(experiment: Experiment, work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    if (!broken(experiment)) {
      writeList(NAME, faults().concat(experiment.id), "sessionStorage");
      if (broken(experiment)) report(experiment, "fault");
    }
    return false;
  }
}
