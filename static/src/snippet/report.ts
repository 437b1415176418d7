import type { Experiment } from "./config";
import { send } from "./transport";

const told = new Set<string>();

/** Tells the server, once per page, what happened to an experiment or one of its changes on it. */
export function report(experiment: Experiment, name: string, change?: string, arm?: string): void {
  const id = [experiment.id, name, change, arm].join(" ");
  if (told.has(id)) return;
  told.add(id);
  send({ type: "report", "experiment": experiment.id, name, "change": change, arm });
}
