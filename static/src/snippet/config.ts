/**
 * What the server writes into the file in place of the configuration token: everything a browser may know about the running
 * experiments of one installation. A newer server may add fields; `v` changes when an old runtime could no longer read it.
 */
export interface Config {
  v: 1;
  /** Public installation token: it can only send events. */
  token: string;
  /** URL of the tracker without a trailing slash. */
  base: string;
  x: Experiment[];
}

export interface Experiment {
  id: string;
  key: string;
  state: "running" | "paused" | "winner";
  /** Share of the visitors who take part at all, 0 to 1. */
  traffic: number;
  /** Page pattern, see url.ts; empty or absent means every page. */
  url?: string;
  splits: Split[];
  goals: Goal[];
}

export interface Split {
  /** Element key in independent mode, "" otherwise. */
  key: string;
  /** Hash seed of the arm; also the name under which the assignment is remembered. */
  seed: string;
  epoch: number;
  /** Arm keys; the first is the control. */
  arms: string[];
  /** One weight per arm in units of 1/10,000; the sum is 10,000. */
  weights: number[];
  /** One change list per arm. */
  changes: Change[][];
  /** Index of the arm that everybody gets once the experiment has a winner. */
  winner?: number;
}

export interface Goal {
  key: string;
  type: "click" | "url" | "custom";
  selector?: string;
  url?: string;
  name?: string;
  /** The server applies the window; the browser only reports what happened. */
  window_days: number;
}

export interface Change {
  id: string;
  selector: string;
  action: "text" | "style" | "attr" | "hide";
  /** CSS property or attribute. */
  name?: string;
  /** Absent for an attribute means that it is removed. */
  value?: string;
}
