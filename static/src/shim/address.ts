import hosts from "../../../proxy/analytics.json";
import { page } from "./page";

const counting = new Set<string>(hosts);

/** Whether an address belongs to somebody who counts visits. */
export function counts(address: string): boolean {
  let host = resolve(address).hostname;
  while (host) {
    if (counting.has(host)) return true;
    host = host.split(".").slice(1).join(".");
  }
  return false;
}

function resolve(address: string): URL | { hostname: string; origin: string; href: string } {
  try {
    return new URL(address, document.baseURI);
  } catch {
    return { hostname: "", origin: "", href: address };
  }
}

/** Where to load what the page names: its own site is shown at another place. */
export function shown(address: string): string {
  const url = resolve(address);
  if (url.origin === page.site || url.origin.replace(/^http:/, "https:") === page.site) return page.target + url.href.slice(url.origin.length);
  const place = new URL(page.target);
  const escaped = place.pathname !== "/" && url.origin === place.origin && !url.href.startsWith(page.target + "/");
  return escaped ? page.target + url.href.slice(url.origin.length) : address;
}

/** The address that visitors know for one that is shown. */
export function original(address: string): string {
  return address.startsWith(page.target) ? page.site + address.slice(page.target.length) : address;
}
