import { Channel } from "../frame/channel";
import { type Change, MAX_BYTES, toEditor, type ToEditor, type ToFrame, VERSION } from "../frame/protocol";

/** The page in the stage: opens it, and speaks with the script in it over a port that it hands over once for each document. */
export class Frame {
  private channel: Channel<ToEditor, ToFrame> | undefined;
  private greeted = 0;

  constructor(private readonly handle: (message: ToEditor) => void) {
    addEventListener("message", (event) => this.greet(event));
  }

  private get place(): HTMLElement {
    return document.getElementById("editor-frame")!;
  }

  get iframe(): HTMLIFrameElement | null {
    return this.place.querySelector("iframe");
  }

  /** Asks the server for a page, and puts it in the stage. */
  async open(address: string, url: string): Promise<void> {
    this.channel?.close();
    this.channel = undefined;
    this.place.dataset.state = "opening";
    const response = await fetch(address, { method: "POST", headers: { "HX-Request": "true" }, body: new URLSearchParams({ url }) }).catch(() => undefined);
    const page = response && new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page?.getElementById("editor-frame");
    if (fresh) this.place.replaceWith(document.adoptNode(fresh));
    else this.place.dataset.state = "failed";
  }

  /** A document in the frame says hello: it must be the frame's window, of the session's origin, and know the session's secret. */
  private greet(event: MessageEvent): void {
    const { origin, nonce } = this.place.dataset;
    const target = this.iframe?.contentWindow;
    if (!target || event.source !== target || event.origin !== origin) return;
    const hello = (event.data ?? {}) as { samplit?: unknown; nonce?: unknown; hello?: unknown };
    if (hello.samplit !== VERSION || hello.nonce !== nonce || hello.hello !== true) return;
    if (performance.now() - this.greeted < 100) return; // a page that greets without end gets no port each time
    this.greeted = performance.now();
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
