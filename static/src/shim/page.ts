/** What the server says about the page, and what the page's own scripts are not to see. */
export interface Page {
  /** Carried by every message between page and editor. */
  nonce: string;
  /** Origin of the editor. */
  dashboard: string;
  /** Origin of the website as its visitors know it. */
  site: string;
  /** Where the website is shown instead; ends without a slash. */
  target: string;
  /** The window of the editor: around the page, where `window.parent` is the page itself, or the tab that opened this one. */
  parent: Window;
  /** The page is where its visitors see it: nothing in it is to be replaced. */
  live: boolean;
  /** Where to speak with the editor when no window leads to it, and the token that opens that way; "" where one does. */
  relay: string;
  token: string;
  /** A frame inside the page. It needs the shims but no editor. */
  nested: boolean;
}

function read(): Page {
  const script = document.currentScript as HTMLScriptElement;
  const { nonce = "", dashboard = "", site = "", target = "", relay = "", token = "" } = script.dataset;
  script.remove(); // selectors that count children find what they find on the original
  const live = script.dataset.live !== undefined;
  const parent = live ? (window.opener as Window) : window.parent;
  return { nonce, dashboard, site, target, live, relay, token, parent, nested: window.parent !== window.top };
}

export const page: Page = read();
