import { command } from "./command";
import type { Config } from "./config";
import { trackGoals } from "./goal";
import { watchHistory } from "./history";
import { forget, identify } from "./identity";
import { expectRoute, open, route, sweep } from "./page";
import { loadPreview, previewToken } from "./preview";
import { listen } from "./safe";
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

/** Starts the runtime on this page, once; a second copy only leaves a note for `samplit("debug")`. */
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
  const seen = () => {
    if (visitor) view();
    sweep();
  };
  address(config);
  if (visitor) {
    connect(visitor);
    trackGoals(config);
  }
  open(config, visitor);
  if (token) {
    run.preview = { config, token, show: (shown) => open(shown, "") };
    loadPreview(config.base);
  }
  ["readystatechange", "visibilitychange", "prerenderingchange"].forEach((type) => listen(type, seen));
  listen("pageshow", (event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    viewAgain();
    seen();
  });
  watchHistory(expectRoute, route);
  for (const call of (before && before.q) || []) run(call[0] as string, call[1]);
}
