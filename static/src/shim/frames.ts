import { original, shown } from "./address";
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

/** Goes where a link leads, if that is on the site. Of another site the page says its name. */
export function go(address: string): void {
  const url = new URL(shown(address), document.baseURI);
  const inside = url.origin === new URL(page.target).origin || !/^https?:$/.test(url.protocol);
  location.assign(inside ? url.href : page.target + "/.samplit/elsewhere?host=" + encodeURIComponent(url.host));
}

/** Links that would open another tab, replace the editor or lead to another site stay here. */
export function keepLinksHere(): void {
  addEventListener("click", (event) => {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement || node instanceof HTMLAreaElement);
    if (!link || event.defaultPrevented || !/^https?:$/.test(link.protocol)) return;
    const inside = link.origin === new URL(page.target).origin;
    if (inside && (!link.target || link.target === "_self")) return;
    event.preventDefault();
    go(link.href);
  });
}
