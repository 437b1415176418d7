/** One line of the tracker's event list. */
export interface TrackerEvent {
  id: string;
  type: "exposure" | "conversion" | "pageview" | "report";
  /** When it happened, by this browser's clock, in milliseconds; the server corrects the clock by `sent_at`. */
  t: number;
  visitor_id: string;
  url: string;
  experiment?: string;
  split?: string | undefined;
  arm?: string | undefined;
  epoch?: number;
  goal?: string;
  name?: string | undefined;
  value?: number;
  currency?: string;
  order?: string;
  /** Of a report: the change that it is about. */
  change?: string | undefined;
}

/** A UUIDv7: sorts by time, and the server counts each id once, so sending an event again is always safe. */
export function uuid(now: number): string {
  let random = "";
  crypto.getRandomValues(new Uint8Array(10)).forEach((byte) => (random += (256 + byte).toString(16).slice(1)));
  const digits = now.toString(16).padStart(12, "0") + "7" + random.slice(0, 3) + "89ab"[parseInt(random[3]!, 16) & 3] + random.slice(4, 19);
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
