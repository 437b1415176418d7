import { referrer } from "./hop";
import { returning } from "./identity";
import { parts } from "./part";
import { readList, writeList } from "./storage";
import type { Visit } from "./targeting";

const CAMPAIGN = "_smp_u";

/** The device, told by the user agent as the server does: an Android without Mobile is a tablet. A Mac with a touch screen is a tablet that asks for desktop pages. */
export function device(): string {
  const { userAgent, maxTouchPoints } = navigator;
  if (/iPad|Android(?!.*Mobi)/i.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)) return "tablet";
  return /Mobi|Android|iPhone/.test(userAgent) ? "mobile" : "desktop";
}

/** The campaign of this session: that of the last address which named one. It is kept for a visitor who may be remembered. */
function campaign(url: string, keep: boolean): Record<string, string> {
  const query = url.split("#")[0]!.split("?")[1] || "";
  const named = /(^|&)utm_/.test(query);
  if (named && keep) writeList(CAMPAIGN, [query], "sessionStorage");
  const parameters = new URLSearchParams(named || !keep ? query : readList(CAMPAIGN, "sessionStorage") + "");
  const utm: Record<string, string> = {};
  for (const name of ["source", "medium", "campaign", "term", "content"]) {
    const value = parameters.get("utm_" + name);
    if (value !== null) utm[name] = value;
  }
  return utm;
}

function cookies(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const pair of document.cookie.split("; ").reverse()) { // of two with one name the first is the more exact one
    const [name, ...value] = pair.split("=");
    found[name!] = value.join("=");
  }
  return found;
}

/** What the browser knows of the visit to the page url. A visitor is new on the day (UTC) of the first visit. */
parts.visit = (url, visitor) => {
  const visit: Visit = { url, referrer: referrer(), device: device(), utm: campaign(url, !!visitor), cookies: cookies() };
  if (visitor) visit.returning = returning;
  return visit;
};
