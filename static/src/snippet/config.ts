import type { Fingerprint } from "../fingerprint/fingerprint";

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
  /** Nobody may be remembered who has not said yes. */
  consent?: boolean;
  /** Hosts of the domains, the site's own among them, between which visitors are handed over. */
  partners?: string[];
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
  /** Only the server can decide; what is told here rules out that it need be asked. */
  remote?: boolean;
  /** Names of the cookies that the server wants to know when it is asked. */
  cookies?: string[];
  /** The conditions that a browser can test. */
  targeting?: Targeting;
  /** When new visitors are taken in, in milliseconds; absent is open. */
  start?: number;
  end?: number;
  /** All of them must let a new visitor in: layer and holdout. */
  in?: HashFilter[];
  splits: Split[];
  goals: Goal[];
}

export interface Targeting {
  conditions?: Condition[];
  /** IANA name of the zone of weekday and hour, UTC when absent. */
  timezone?: string;
}

/** Holds when one of its values matches, or with `not` when none does. */
export interface Condition {
  attribute: string;
  name?: string;
  op?: string;
  not?: boolean;
  values?: string[];
}

/** Lets in visitors whose hash falls in one of the ranges, each from the first number up to but not including the second. */
export interface HashFilter {
  seed: string;
  ranges: [from: number, to: number][];
}

export interface Split {
  /** Element key in independent mode. */
  key?: string;
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
  type: "click" | "url" | "form" | "custom" | "revenue";
  /** What is clicked, sent or seen. */
  selector?: string;
  /** Of a form: what shows that it was taken; without it, sending it is enough. */
  success?: string;
  url?: string;
  /** Name of the event, the goal's key when absent. */
  name?: string;
  /** What reaches a custom or revenue goal by itself, in place of a call. */
  trigger?: "scroll" | "engaged" | "seen" | "datalayer";
  percent?: number;
  seconds?: number;
}

/** A change of the page; the Go type proxy.Change says what its fields mean. */
export interface Change {
  id: string;
  /** Absent for what is about the page. */
  selector: string;
  fingerprint?: Fingerprint;
  action: string;
  name?: string;
  value?: string;
  position?: string;
  when?: string;
  scope?: { url?: string; min_width?: number; max_width?: number };
  limit?: number;
}
