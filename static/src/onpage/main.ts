import { freeze } from "./copy";

/** What the server says of the session that a token opens. */
interface Session {
  nonce: string;
  dashboard: string;
  /** The button that keeps a copy of the page, and what came of it. */
  copy: string;
  copied: string;
  failed: string;
}

const here = document.currentScript as HTMLScriptElement;
const base = here.src.replace(/\/s\/editor\.js.*$/, "");

/** Takes the token out of the address: it opens the page once. */
function takeToken(): string {
  const [all = "", token = ""] = /[#&]samplit_edit=([a-z2-7]{26})/.exec(location.hash) || [];
  if (token) history.replaceState(history.state, "", location.href.replace(all, ""));
  return token;
}

async function redeem(token: string): Promise<Session> {
  const response = await fetch(base + "/s/editor/redeem", { method: "POST", body: JSON.stringify({ token }), credentials: "omit" });
  if (!response.ok) throw new Error("samplit: this address opens the editor no more; open the page from the editor again");
  return (await response.json()) as Session;
}

/** Says something on the page itself: there is nobody else to say it to. */
function say(text: string): void {
  const note = document.createElement("div");
  note.textContent = text;
  note.setAttribute("role", "alert");
  note.dataset.samplit = "";
  note.style.cssText = "all:initial;position:fixed;z-index:2147483647;left:12px;right:12px;top:12px;padding:12px 16px;border-radius:8px;background:#222;color:#fff;font:14px/1.5 sans-serif";
  document.documentElement.appendChild(note);
}

/** The page without the changes that the editor shows on it, which takes them back for the moment. */
function unchanged(): string {
  let html = "";
  const look = () => (html = freeze());
  dispatchEvent(new CustomEvent("samplit:original", { detail: look }));
  return html || look();
}

/** Offers to keep a copy of the page as it is now. */
function offerCopy(token: string, { nonce, copy, copied, failed }: Session): void {
  const button = document.createElement("button");
  button.textContent = copy;
  button.dataset.samplit = "";
  button.style.cssText = "all:initial;position:fixed;z-index:2147483647;left:12px;bottom:12px;padding:8px 16px;border-radius:20px;background:#222;color:#fff;font:14px/1.5 sans-serif;cursor:pointer";
  button.onclick = async () => {
    button.remove();
    const body = JSON.stringify({ token, nonce, html: unchanged() });
    const ok = await fetch(base + "/s/editor/copy", { method: "POST", body, credentials: "omit" }).then((r) => r.ok, () => false);
    say(ok ? copied : failed);
  };
  document.documentElement.appendChild(button);
}

/** Loads the editor's part of the page, which talks to the tab that opened this one and to no other: by way of the server where the page
 * has cut its tie to that tab. */
async function begin(token: string): Promise<void> {
  const session = await redeem(token);
  const { nonce, dashboard } = session;
  offerCopy(token, session);
  const script = document.createElement("script");
  script.nonce = here.nonce;
  script.src = base + "/s/frame.js";
  Object.assign(script.dataset, { nonce, dashboard, site: location.origin, target: location.origin, live: "" });
  if (!window.opener) Object.assign(script.dataset, { relay: base + "/s/editor/relay", token });
  document.documentElement.appendChild(script);
}

const token = takeToken();
if (token) begin(token).catch((error) => console.warn(error));
