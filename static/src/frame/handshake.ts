import type { Page } from "../shim/page";
import { VERSION } from "./protocol";

/**
 * Greets the editor and waits for the port, which it takes once: from the window that frames this page, of exactly the editor's
 * origin, with the session's secret.
 */
export function join({ parent, nonce, dashboard }: Page, joined: (port: MessagePort) => void): void {
  const listen = (event: MessageEvent) => {
    if (event.source !== parent || event.origin !== dashboard) return;
    event.stopImmediatePropagation();
    const { samplit, nonce: theirs } = (event.data ?? {}) as { samplit?: unknown; nonce?: unknown };
    const port = event.ports[0];
    if (samplit !== VERSION || theirs !== nonce || !port) return;
    removeEventListener("message", listen, true);
    joined(port);
  };
  addEventListener("message", listen, true);
  const greet = () => parent.postMessage({ samplit: VERSION, nonce, hello: true }, dashboard);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", greet);
  else greet();
}
