import type { Condition } from "./config";
import { parts } from "./part";
import { glob, matchPage } from "./url";

/** What is known of a visit, also in the words of the tracker's `context`. Absent is unknown. */
export interface Visit {
  url?: string;
  referrer?: string;
  device?: string;
  returning?: boolean;
  utm?: Record<string, string>;
  cookies?: Record<string, string>;
}

/** UTF-8 bytes of a text that is still compared: what is longer matches nothing. */
const LONGEST = 4096;

function short(text: string): boolean {
  return new TextEncoder().encode(text).length <= LONGEST;
}

function entry(record: Record<string, string> | undefined, name: string): string | undefined {
  return new Map(Object.entries(record || {})).get(name);
}

/** The first value of a campaign parameter in an address's query. */
function parameter(url: string, name: string): string | null {
  return short(url) ? new URLSearchParams(url.split("#")[0]!.split("?").slice(1).join("?")).get("utm_" + name) : null;
}

/** The text of a visit that a condition looks at; empty addresses are unknown. */
function textOf({ attribute, name = "" }: Condition, visit: Visit, time: string): string | null | undefined {
  const { url = "", returning } = visit;
  if (attribute === "utm") {
    const told = entry(visit.utm, name);
    return told === undefined ? parameter(url, name) : told;
  }
  if (attribute === "cookie") return entry(visit.cookies, name);
  if (attribute === "visitor") return returning === undefined ? null : returning ? "returning" : "new";
  if (attribute === "weekday") return time.slice(0, 3);
  if (attribute === "hour") return time.slice(-2);
  return visit[attribute as "url" | "referrer" | "device"] || null;
}

/** Whether text is what one value of a condition asks for. */
function compare({ attribute, op }: Condition, value: string, text: string): boolean {
  if (attribute === "hour") {
    const [from, to] = value.split("-") as [string, string];
    return +from < +to ? +from <= +text && +text < +to : +text >= +from || +text < +to;
  }
  if (op === "regex") return new RegExp(value).test(text);
  if (attribute === "url") return matchPage(op === "prefix" ? value + "*" : value, text);
  if (op === "prefix") return text.startsWith(value);
  return op === "wildcard" ? glob(value, text) : text === value;
}

/** Whether an experiment is for a visit. The Go type services.Targeting has the rule; both are held to testdata/targeting.json. */
parts.targets = ({ conditions = [], timezone }, visit, now) => {
  const time = new Date(now).toLocaleString("en-GB", { timeZone: timezone || "UTC", weekday: "short", hour: "2-digit" }).toLowerCase();
  return conditions.every((condition) => {
    const text = textOf(condition, visit, time);
    const { op, values = [], not } = condition;
    const holds = typeof text === "string" && (op === "exists" || (short(text) && values.some((value) => compare(condition, value, text))));
    return holds !== !!not;
  });
};
