import type { Config } from "./config";
import { nonced } from "./script";
import { readList } from "./storage";

/** What the file that shows previews finds at the global. It is loaded only where there is a token. */
export interface Preview {
  config: Config;
  token: string;
}

/** The token of the preview in this tab, in the address or kept from an earlier page; "" for a visit like any other. */
export function previewToken(): string {
  const named = /[?&#](?:samplit_preview|smp)=([\w.:-]+)/.exec(location.search + location.hash);
  return ((named ? named[1] : readList("_smp_p", "sessionStorage")[0]) || "") + "";
}

/** Loads a script of ours that only some visits need. */
export function loadExtra(address: string): void {
  nonced("script").src = address;
}
