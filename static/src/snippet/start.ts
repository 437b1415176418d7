import { type Command, command } from "./command";
import type { Config } from "./config";
import { admit } from "./consent";
import { watchHistory, wrapHistory } from "./history";
import { lookAgain, parts, visitors } from "./part";
import { isEdited } from "./edit";
import { loadExtra, previewToken } from "./preview";
import { listen, safe } from "./safe";
import { address, connect, who } from "./transport";
import { view, viewAgain } from "./view";

/** Tells everybody that somebody may see the page now. */
function look(): void {
  view();
  lookAgain();
}

/** Makes somebody the visitor of this page, "" for one who may not be remembered and of whom nothing is sent. */
function become(visitor: string, config: Config): void {
  connect(visitor);
  viewAgain();
  visitors.forEach((begun) => safe(begun)(visitor, config));
  view();
}

/** Starts the runtime for a visitor. */
export function begin(visitor: string, config: Config): void {
  address(config);
  watchHistory(view);
  become(visitor, config);
  ["readystatechange", "visibilitychange", "prerenderingchange"].forEach((type) => listen(type, look));
  listen("pageshow", (event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    viewAgain();
    look();
  });
  wrapHistory();
  if (parts.consentMode) parts.consentMode();
}

/**
 * Starts the runtime on this page, once; a second copy only leaves a note for `samplit("debug")`. A preview is another runtime, with
 * every part in it, which is loaded instead. Whoever edits the page is no visitor.
 */
export function start(config: Config): void {
  if (config.v !== 1) return;
  const before: Partial<Command> = window.samplit || {};
  if (before.v) {
    before.copies!++;
    return;
  }
  parts.late = before.late;
  const token = previewToken();
  const run = (window.samplit = command());
  if (isEdited()) loadExtra(config.base + "/s/editor.js");
  else if (token) {
    run.preview = { config, token };
    loadExtra(config.base + "/s/preview.js");
  } else begin(admit(config, (visitor) => visitor !== who() && become(visitor, config)), config);
  if (before.m) before.m();
  for (const call of before.q || []) run(...(call as unknown as Parameters<Command>));
}
