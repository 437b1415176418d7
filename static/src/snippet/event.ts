/** One line of the tracker's event list; where names are shortened by the build, they are set in quotes. */
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
  const time = "0" + now.toString(16); // 12 digits until the year 2527
  const random = crypto.getRandomValues(new Uint8Array(31));
  let i = 0;
  return "xxxxxxxx-xxxx-7xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, () => time[i++] || (random[i]! % 16).toString(16));
}
