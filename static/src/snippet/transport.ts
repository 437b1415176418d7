import type { Config } from "./config";
import { word } from "./consent";
import { type TrackerEvent, uuid } from "./event";
import { listen, safe } from "./safe";
import { readList, writeList } from "./storage";
import { visible } from "./visible";

const QUEUE = "_smp_q";
const QUEUE_LENGTH = 50;
const QUEUE_AGE = 86400000;
const BATCH_DELAY = 500;
const BATCH_BYTES = 48 * 1024;
/** Browsers refuse to let more than 64 KiB of requests outlive the page. */
const KEEPALIVE_BYTES = 60 * 1024;
const MAX_BACKOFF = 300000;
const MAX_RETRY_AFTER = 3600;

/** An event that waits; it gets its id when it leaves, as the first events come while the page is being read. */
type Pending = Omit<TrackerEvent, "id">;

let endpoint: string;
let token: string;
/** Of nobody, nothing is sent. */
let visitor = "";
let pending: Pending[] = [];
let timer = 0;
let failures = 0;
let bytesInFlight = 0;
/** Nothing is sent before this moment: the server asked for a pause or did not answer. */
let pausedUntil = 0;
/** Whether the stored queue waits to be sent along with the next batch. */
let resend = true;

/** What failed on this page or an earlier one and is still worth sending. */
function failed(): TrackerEvent[] {
  const oldest = Date.now() - QUEUE_AGE;
  return (readList(QUEUE) as TrackerEvent[]).filter((event) => event && event.t > oldest);
}

/** Takes the events of an answered batch out of the stored queue, or puts them there. */
export function settle(events: TrackerEvent[], keep: boolean): void {
  const before = failed();
  const rest = before.filter((event) => !events.some((sent) => sent.id === event.id));
  if (keep || rest.length < before.length) writeList(QUEUE, (keep ? rest.concat(events) : rest).slice(-QUEUE_LENGTH));
}

function schedule(): void {
  clearTimeout(timer);
  timer = setTimeout(safe(flush), Math.max(BATCH_DELAY, pausedUntil - Date.now()));
}

function retry(events: TrackerEvent[], retryAfter?: string | null): void {
  settle(events, true);
  const asked = Math.min(MAX_RETRY_AFTER, +retryAfter! || 0) * 1000;
  const backoff = Math.min(MAX_BACKOFF, 2000 * 2 ** failures++) * (0.5 + Math.random());
  pausedUntil = Date.now() + Math.max(asked, backoff);
  resend = true;
  schedule();
}

/** What the tracker is told of this site, and that the visitor has said yes here, whatever the browser says to all sites. */
export function told(fields: object): string {
  return JSON.stringify({ installation_token: token, consent: word(), ...fields });
}

/** A string body is sent as text/plain, which spares the preflight request. A tracker below the page's own address may renew its cookie. */
export function post(path: string, body: string, keepalive: boolean): Promise<Response> {
  return fetch(endpoint + path, { method: "POST", body, keepalive, credentials: "same-origin" });
}

/** Sends events; the promise is kept once they have been answered. */
export function deliver(events: TrackerEvent[], leaving: boolean): Promise<unknown> | undefined {
  const body = told({ sent_at: Date.now(), events });
  const { size } = new Blob([body]);
  if (events.length > 1 && size > BATCH_BYTES) {
    const half = events.length >> 1;
    return Promise.all([deliver(events.slice(0, half), leaving), deliver(events.slice(half), leaving)]);
  }
  if (leaving) {
    settle(events, Date.now() < pausedUntil || !navigator.sendBeacon(endpoint + "events", body));
    return undefined;
  }
  bytesInFlight += size;
  const answered = safe((response?: Response) => {
    bytesInFlight -= size;
    if (!response) retry(events);
    else if (response.status === 429 || response.status > 499) retry(events, response.headers.get("Retry-After"));
    else {
      failures = 0;
      settle(events, false);
    }
  });
  return post("events", body, bytesInFlight < KEEPALIVE_BYTES).then(answered, () => answered());
}

/** The events that wait, which do so no more. */
export function take(): TrackerEvent[] {
  const events = pending;
  pending = [];
  return events.map((event) => ({ ...event, id: uuid(event.t) }));
}

/** Sends what waits, and with it, where this is the tab to do so, what failed before. */
function sendAll(mine: boolean): Promise<unknown> | undefined {
  const events = (mine ? failed() : []).concat(take());
  return events[0] ? deliver(events, false) : undefined;
}

/** Of several tabs one sends what failed before, until it is answered; where browsers cannot tell, all do, which counts once too. */
function sendWithFailed(): void {
  resend = false;
  const locks = navigator.locks as LockManager | undefined;
  if (!locks || !failed()[0]) sendAll(true);
  else {
    locks.request(QUEUE, { ifAvailable: true }, (lock) => {
      resend = !lock;
      return sendAll(!!lock);
    });
  }
}

/** Sends what waits: by fetch, whose answer tells what to keep, or by beacon when the page may be gone the next moment. */
function flush(leaving?: boolean): void {
  clearTimeout(timer);
  timer = 0;
  if (leaving) {
    if (pending[0]) deliver(take(), true);
  } else if (Date.now() < pausedUntil) schedule();
  else if (resend) sendWithFailed();
  else sendAll(false);
}

/** Queues an event of this visitor; it leaves the page within half a second, or at once when the page does. */
export function send(event: Pick<TrackerEvent, "type"> & Partial<TrackerEvent>): void {
  if (!visitor) return;
  pending.push({ t: Date.now(), visitor_id: visitor, url: location.href.split("#")[0]!.slice(0, 2000), ...event });
  if (!timer) schedule();
}

/** Tells the server that this browser belongs to a person it may know from another one. */
export function link(user: unknown): void {
  post("identify", told({ visitor_id: visitor, user_id: user + "" }), true).catch(() => {});
}

/** The visitor, "" for one of whom nothing is sent. */
export function who(): string {
  return visitor;
}

/** Says where the tracker is, and starts sending; of whom, connect says. */
export function address(config: Config): void {
  endpoint = config.base + "/api/v1/tracker/";
  token = config.token;
  listen("visibilitychange", () => !visible() && flush(true));
  listen("pagehide", () => flush(true));
}

/** From now on events are of this visitor; what was not sent of somebody who is no longer one is dropped. */
export function connect(id: string): void {
  if (id !== visitor) pending = [];
  visitor = id;
  if (id) schedule();
}
