import { become, follow, refusedByBrowser, word } from "./consent";
import { identify } from "./identity";
import { type LayerEntry, readLayer } from "./layer";
import { parts } from "./part";

/** Takes a visitor in who has said nothing, because the page's settings say yes for people like this one. */
function presume(): void {
  if (!word() && !refusedByBrowser()) become(identify());
}

/**
 * Takes the visitor's word from Google's Consent Mode, which consent dialogues speak: `gtag("consent", "update", …)`. A default says yes
 * for those who have not been asked; its no only means that they have yet to be.
 */
function read(entry: LayerEntry): void {
  if (entry[0] !== "consent") return;
  const said = ((entry[2] || {}) as { analytics_storage?: string }).analytics_storage;
  if (entry[1] === "update") follow(said);
  else if (said === "granted") presume();
}

parts.consentMode = () => readLayer(read);
