import { command } from "./command";
import type { Config } from "./config";
import { watchHistory, wrapHistory } from "./history";
import { forget, identify } from "./identity";
import { looks, visitors } from "./part";
import { loadPreview, previewToken } from "./preview";
import { listen, safe } from "./safe";
import { address, connect } from "./transport";
import { view, viewAgain } from "./view";

/** Returns the id of a visitor who may be remembered. Global Privacy Control is a no, and takes back an earlier yes. */
function admit(): string {
  try {
    if ((navigator as Navigator & { globalPrivacyControl?: boolean }).globalPrivacyControl !== true) return identify();
    forget();
  } catch {
    // Storage is refused altogether.
  }
  return "";
}

/** Tells everybody that somebody may see the page now. */
function look(): void {
  view();
  looks.forEach((looked) => safe(looked)());
}

/** Starts the runtime for a visitor. */
export function begin(visitor: string, config: Config): void {
  address(config);
  connect(visitor);
  visitors.forEach((begun) => safe(begun)(visitor, config));
  view();
  watchHistory(view);
  ["readystatechange", "visibilitychange", "prerenderingchange"].forEach((type) => listen(type, look));
  listen("pageshow", (event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    viewAgain();
    look();
  });
  wrapHistory();
}

/**
 * Starts the runtime on this page, once; a second copy only leaves a note for `samplit("debug")`. A preview is another runtime, with
 * every part in it, which is loaded instead.
 */
export function start(config: Config): void {
  if (config.v !== 1) return;
  const before = window.samplit;
  if (before && before.v) {
    before.copies!++;
    return;
  }
  const token = previewToken();
  const visitor = token ? "" : admit();
  const run = (window.samplit = command(visitor));
  if (token) {
    run.preview = { config, token };
    loadPreview(config.base);
  } else begin(visitor, config);
  for (const call of (before && before.q) || []) run(call[0] as string, call[1]);
}
