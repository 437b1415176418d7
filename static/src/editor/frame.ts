import { Channel } from "../frame/channel";
import { type Change, MAX_BYTES, toEditor, type ToEditor, type ToFrame, VERSION } from "../frame/protocol";
import { Relay } from "../frame/relay";

/**
 * The page in the stage, or in a tab of its own: opens it, and speaks with the script in it over a port that it hands over once for each
 * document.
 */
export class Frame {
  private channel: Channel<ToEditor, ToFrame> | undefined;
  private greeted = 0;
  private tab: Window | null = null;
  private relay: Relay | undefined;

  constructor(
    private readonly base: string,
    private readonly id: string,
    private readonly handle: (message: ToEditor) => void,
  ) {
    addEventListener("message", (event) => this.greet(event));
    document.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-open-tab]") : null;
      if (!link || !this.place.contains(link)) return;
      event.preventDefault();
      this.openTab(link.href);
    });
  }

  private get place(): HTMLElement {
    return document.getElementById(this.id)!;
  }

  get iframe(): HTMLIFrameElement | null {
    return this.place.querySelector("iframe");
  }

  /** Opens a page in a tab. A page that cuts its tie to this one is heard by way of the server. */
  private openTab(url: string): void {
    this.part();
    this.tab = window.open(url, "_blank");
    this.place.dataset.state = "opening";
    const address = `${this.base}/page/${this.place.dataset.session}/relay`;
    const pipe = new MessageChannel();
    const heard = () => {
      if (!this.channel) this.channel = new Channel(pipe.port1, toEditor, this.handle);
    };
    this.relay = new Relay(pipe.port2, (request) => fetch(address, { method: "POST", headers: { "HX-Request": "true" }, body: JSON.stringify(request) }), heard);
  }

  /** Ends the conversation with the page before. */
  private part(): void {
    this.relay?.stop();
    this.relay = undefined;
    this.channel?.close();
    this.channel = undefined;
    this.tab = null;
  }

  /** Asks the server for a page, and puts it in the stage, or the way to it in a tab of its own. */
  async open(url: string, tab = false): Promise<void> {
    this.part();
    this.place.dataset.state = "opening";
    const response = await fetch(this.base + "/frame", { method: "POST", headers: { "HX-Request": "true" }, body: new URLSearchParams(tab ? { url, tab: "1" } : { url }) }).catch(() => undefined);
    const page = response && new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page?.getElementById("editor-frame");
    if (!fresh) {
      this.place.dataset.state = "failed";
      return;
    }
    const { id, className, hidden } = this.place;
    this.place.replaceWith(Object.assign(document.adoptNode(fresh), { id, className, hidden }));
  }

  /** Takes the page away. */
  clear(): void {
    this.part();
    this.place.replaceChildren();
  }

  /** A document says hello: it must be the window of the frame or of the tab, of the session's origin, and know the session's secret. */
  private greet(event: MessageEvent): void {
    const { origin, nonce } = this.place.dataset;
    const target = this.iframe?.contentWindow ?? this.tab;
    if (!target || event.source !== target || event.origin !== origin) return;
    const hello = (event.data ?? {}) as { samplit?: unknown; nonce?: unknown; hello?: unknown };
    if (hello.samplit !== VERSION || hello.nonce !== nonce || hello.hello !== true) return;
    if (performance.now() - this.greeted < 100) return; // a page that greets without end gets no port each time
    this.greeted = performance.now();
    this.relay?.stop();
    this.channel?.close();
    const pipe = new MessageChannel();
    this.channel = new Channel(pipe.port1, toEditor, this.handle);
    // A page without an origin of its own can only be addressed as anybody; the secret is what it knows already.
    target.postMessage({ samplit: VERSION, nonce }, origin === "null" ? "*" : origin!, [pipe.port2]);
  }

  /** Lets Tab go through the page, or past it: while editing its structure is the way by keyboard. */
  reach(yes: boolean): void {
    if (this.iframe) this.iframe.tabIndex = yes ? 0 : -1;
  }

  send(message: ToFrame): void {
    this.channel?.send(message);
  }

  /** Sends a list of changes, in as many messages as it takes. */
  show(changes: Change[]): void {
    const pieces: Change[][] = [[]];
    let size = 0;
    for (const change of changes) {
      const bytes = new TextEncoder().encode(JSON.stringify(change)).length + 1;
      if (size + bytes > MAX_BYTES - 200) {
        pieces.push([]);
        size = 0;
      }
      size += bytes;
      pieces[pieces.length - 1]!.push(change);
    }
    pieces.forEach((list, i) => this.send({ type: "changes", first: i === 0, last: i === pieces.length - 1, list }));
  }

  /** How many messages of the page were none. */
  get dropped(): number {
    return this.channel?.dropped ?? 0;
  }
}
