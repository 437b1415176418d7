import { original } from "./address";
import { page } from "./page";
import { replaceProperty } from "./replace";

/**
 * The page believes to be alone. `window.top` cannot be replaced: the server takes comparisons with it out of scripts, and the sandbox
 * keeps it from being navigated.
 */
export function shimFrames(): void {
  if (!page.nested) replaceProperty(window, "parent", () => window);
  replaceProperty(window, "frameElement", () => null);
  replaceProperty(Document.prototype, "referrer", () => "");
  replaceProperty(Document.prototype, "URL", () => original(location.href));
  replaceProperty(Document.prototype, "documentURI", () => original(location.href));
  replaceProperty(Document.prototype, "domain", () => new URL(page.site).hostname);
}

/** Nothing asks before the page is left: the editor leaves it often. */
export function muteLeaving(): void {
  addEventListener("beforeunload", (event) => event.stopImmediatePropagation(), true);
}

/** Links that would open another tab, or replace the editor, open here. */
export function keepLinksHere(): void {
  addEventListener(
    "click",
    (event) => {
      const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement || node instanceof HTMLAreaElement);
      if (!link || !link.target || link.target === "_self") return;
      const { target } = link;
      link.target = "_self";
      setTimeout(() => (link.target = target));
    },
    true,
  );
}
