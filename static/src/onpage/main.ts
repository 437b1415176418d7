/** What the server says of the session that a token opens. */
interface Session {
  nonce: string;
  dashboard: string;
  /** What to tell when the page has cut its tie to the tab that opened it. */
  severed: string;
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
  note.style.cssText = "all:initial;position:fixed;z-index:2147483647;left:12px;right:12px;bottom:12px;padding:12px 16px;border-radius:8px;background:#222;color:#fff;font:14px/1.5 sans-serif";
  document.documentElement.appendChild(note);
}

/** Loads the editor's part of the page, which talks to the tab that opened this one and to no other. */
async function begin(token: string): Promise<void> {
  const { nonce, dashboard, severed } = await redeem(token);
  if (!window.opener) return say(severed);
  const script = document.createElement("script");
  script.nonce = here.nonce;
  script.src = base + "/s/frame.js";
  Object.assign(script.dataset, { nonce, dashboard, site: location.origin, target: location.origin, live: "" });
  document.documentElement.appendChild(script);
}

const token = takeToken();
if (token) begin(token).catch((error) => console.warn(error));
