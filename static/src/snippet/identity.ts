import { parts } from "./part";
import { keepInTab, readList, writeList } from "./storage";

/** Cookie and storage entry hold `<22 characters of base64url, 128 bits>.<day of creation, days since 1970>`. */
const NAME = "_smp";
const PROBE = "_smp_probe";
const FORM = /^[\w-]{22}\.\d{1,6}$/;
const DAY = 86400000;
/** What an address ends with that opens the site as a test visitor. */
const TEST = /^#samplit-test=(smp-test-\w{8,40})$/;

export function cookies(name: string): string[] {
  const [, ...found] = ("; " + document.cookie).split("; " + name + "=");
  return found.map((text) => text.split("; ")[0]!);
}

function setCookie(name: string, value: string, domain: string, seconds: number): void {
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `${name}=${value};path=/;samesite=lax;max-age=${seconds}${domain}${secure}`;
}

/** The cookie domains that the host could write to, shortest first; "" is the host alone. */
function domains(): string[] {
  const labels = location.hostname.split(".");
  return labels.slice(1).map((_, i) => ";domain=" + labels.slice(-i - 2).join(".")).concat("");
}

/** The shortest domain on which a cookie sticks, found by trying, so that no list of public suffixes has to be shipped. */
function widestDomain(): string {
  return domains().find((domain) => {
    setCookie(PROBE, "1", domain, 9);
    const sticks = !!cookies(PROBE)[0];
    setCookie(PROBE, "", domain, 0);
    return sticks;
  })!;
}

function age(value: string): number {
  return +value.slice(23);
}

function create(today: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const text = btoa(String.fromCharCode(...bytes)).slice(0, 22);
  return text.replace(/\+/g, "-").replace(/\//g, "_") + "." + today;
}

/** Writes the cookie where it is read widest. */
function keep(value: string): void {
  const domain = widestDomain();
  if (domain) setCookie(NAME, "", "", 0); // a host-only twin would make reads depend on their order
  setCookie(NAME, value, domain || "", 400 * 86400);
}

let keeping = 0;

/** Whether the first visit was on an earlier day. */
export let returning = false;

/**
 * Returns the id of somebody who tests the site in this tab, "" for everybody else. It comes with the address, which anybody can
 * write: the server never counts such an id, and nothing of it touches what the browser keeps of the person.
 */
function testVisitor(): string {
  const link = TEST.exec(location.hash);
  const known = readList(NAME, "sessionStorage")[0];
  if (!link && !known) return "";
  keepInTab();
  if (!link) return known + "";
  if (known !== link[1]) writeList("_smp_a", []);
  writeList(NAME, [link[1]]);
  history.replaceState(history["state"], "", location.pathname + location.search);
  return link[1]!;
}

/**
 * Returns the visitor's id, creating it on the first visit. When cookie and storage disagree the older one wins, and the cookie
 * where both are of one day. The cookie is written once a day, which renews it, and where storage has the id first a moment later:
 * each look for its domain takes a trip to another process, and the page is waiting.
 * Returns "" where neither can be kept: somebody who is new on every page cannot be in an experiment.
 */
export function identify(): string {
  const test = testVisitor();
  if (test) return test;
  const today = (Date.now() / DAY) | 0;
  const known = parts.handed ? parts.handed() : cookies(NAME);
  const [mirror, renewed] = readList(NAME);
  const both = known.concat(mirror as string).filter((value) => FORM.test(value));
  const [value = create(today)] = both.sort((a, b) => age(a) - age(b));
  if ([known, mirror, renewed] + "" !== [value, value, today] + "") {
    writeList(NAME, [value, today]);
    if (readList(NAME)[0] === value) keeping = setTimeout(keep, 0, value);
    else {
      keep(value);
      if (cookies(NAME).indexOf(value) < 0) return "";
    }
  }
  returning = age(value) < today;
  return value.slice(0, 22);
}

/** Erases what identify and the other modules ever stored. */
export function forget(): void {
  clearTimeout(keeping);
  domains().forEach((domain) => setCookie(NAME, "", domain, 0));
  ["", "_a", "_c", "_m", "_q", "_r", "_u"].forEach((end) => [localStorage, sessionStorage].forEach((area) => area.removeItem(NAME + end)));
}
