import type { Experiment } from "./config";
import { report } from "./report";
import { readList, writeList } from "./storage";

const NAME = "_smp_f";
const LIMIT = 3;

function faults(experiment: Experiment): number {
  return readList(NAME, "sessionStorage").filter((id) => id === experiment.id).length;
}

/** Three faults switch an experiment off for the rest of the session. */
export function broken(experiment: Experiment): boolean {
  return faults(experiment) >= LIMIT;
}

/** Runs work on behalf of one experiment, so that its faults stay its own. Returns false when it threw; the server is told of the last one. */
export function attempt(experiment: Experiment, work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    if (!broken(experiment)) {
      writeList(NAME, readList(NAME, "sessionStorage").concat(experiment.id), "sessionStorage");
      if (broken(experiment)) report(experiment, "fault");
    }
    return false;
  }
}
