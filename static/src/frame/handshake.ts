import { VERSION } from "./protocol";

/** What the tag of this script says: the editor's origin, and the secret of the session that both sides were given. */
export interface Invitation {
  nonce: string;
  dashboard: string;
}

/** Reads the invitation and takes it off the page, before any script of the page can see it. */
export function invitation(): Invitation | undefined {
  const tag = document.currentScript as HTMLScriptElement | null;
  const nonce = tag?.dataset.nonce;
  const dashboard = tag?.dataset.dashboard;
  if (!tag || !nonce || !dashboard) return undefined;
  delete tag.dataset.nonce;
  return { nonce, dashboard };
}

/**
 * Greets the editor and waits for the port, which it takes once: from the window that frames this page, of exactly the editor's
 * origin, with the session's secret.
 */
export function join(editor: Window, { nonce, dashboard }: Invitation, joined: (port: MessagePort) => void): void {
  const listen = (event: MessageEvent) => {
    if (event.source !== editor || event.origin !== dashboard) return;
    event.stopImmediatePropagation();
    const { samplit, nonce: theirs } = (event.data ?? {}) as { samplit?: unknown; nonce?: unknown };
    const port = event.ports[0];
    if (samplit !== VERSION || theirs !== nonce || !port) return;
    removeEventListener("message", listen, true);
    joined(port);
  };
  addEventListener("message", listen, true);
  const greet = () => editor.postMessage({ samplit: VERSION, nonce, hello: true }, dashboard);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", greet);
  else greet();
}
