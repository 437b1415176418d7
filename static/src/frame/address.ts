import { page } from "../shim/page";

/** What follows the site in an address of it, as the page is shown here; undefined for any other address. */
export function ending(address: string): string | undefined {
  const path = new URL(page.target).pathname.replace(/\/$/, "");
  const before = [page.target, path].find((start) => start && address.startsWith(start + "/"));
  return before === undefined ? undefined : address.slice(before.length);
}

/** An address as visitors' pages have it. */
export function visited(address: string): string {
  const end = ending(address);
  if (end === undefined) return address;
  return address.startsWith(page.target) ? page.site + end : end;
}
