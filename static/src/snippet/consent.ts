import type { Config } from "./config";
import { forget, identify } from "./identity";
import { commands } from "./part";
import { readList, writeList } from "./storage";

/** Holds the visitor's own word about this site, in the words of Google's Consent Mode; nothing while there is none. */
const NAME = "_smp_c";

export let configuration: Config;
export let become: (visitor: string) => void;

export function word(): unknown {
  return readList(NAME, "localStorage")[0];
}

/** Global Privacy Control: the browser says no, which holds until the visitor says yes on this site. */
export function refusedByBrowser(): boolean {
  return (navigator as Navigator & { globalPrivacyControl?: boolean }).globalPrivacyControl === true;
}

/**
 * Returns the id of the visitor, "" for one who may not be remembered: who has not said yes where that is required, who has said no,
 * or whose browser does. A no erases what an earlier yes has left. Later words of the visitor go to changed, as another id.
 */
export function admit(config: Config, changed: (visitor: string) => void): string {
  configuration = config;
  become = changed;
  const said = word();
  try {
    if (said === "granted" || !(config.consent || said || refusedByBrowser())) return identify();
    if (!said && refusedByBrowser()) forget();
  } catch {
    // Storage is refused altogether.
  }
  return "";
}

/**
 * Follows what the visitor says. From a yes on the visit counts, never back; a no takes everything back and, where consent is required,
 * leaves nothing behind. Elsewhere the word stays: nothing else would keep the visitor out.
 */
export function follow(said: unknown): void {
  if (said === "granted") {
    writeList(NAME, [said], "localStorage");
    become(identify());
  } else if (said === "denied") {
    become("");
    forget();
    if (!configuration.consent) writeList(NAME, [said], "localStorage");
  }
}

commands.consent = follow;
