// The editor's part inside the page that is edited. It draws outlines, describes elements and shows changes; the editor itself is on
// the other side of a message port.
import "../shim/main";
import { page } from "../shim/page";
import { Channel } from "./channel";
import { childrenOf, describe, labelOf, nodesOf } from "./describe";
import { join } from "./handshake";
import { writeIn } from "./inline";
import { showChosen, showHover } from "./overlay";
import { setEditing, setWriting, watchKeys, watchPointer } from "./pick";
import { original, show } from "./preview";
import { toFrame, type Change, type ToEditor, type ToFrame } from "./protocol";
import { elementOf, refOf } from "./refs";
import { Relay } from "./relay";
import { countOf } from "./selector";

class Page {
  private readonly editor: Channel<ToFrame, ToEditor>;
  private chosen: Element | undefined;
  private coming: Change[] = [];
  private missing = "";

  constructor(port: MessagePort) {
    this.editor = new Channel(port, toFrame, (message) => this.take(message));
    watchPointer(
      (element) => this.choose(element),
      (element) => this.write(element),
    );
    this.watchScroll();
    watchKeys((key) => this.editor.send({ type: "key", key }));
    this.editor.send({ type: "ready", url: document.URL.slice(0, 4_000), title: document.title.slice(0, 500), root: refOf(document.body) });
  }

  /** Tells where the page has scrolled, at most once a frame. */
  private watchScroll(): void {
    let due = false;
    const tell = () => {
      due = false;
      this.editor.send({ type: "scrolled", x: scrollX, y: scrollY });
    };
    addEventListener("scroll", () => {
      if (!due) requestAnimationFrame(tell);
      due = true;
    });
  }

  private take(message: ToFrame): void {
    switch (message.type) {
      case "changes":
        return this.change(message.list, message.first, message.last);
      case "mode":
        return setEditing(message.edit);
      case "select":
        return this.choose(elementOf(message.ref));
      case "find":
        return this.choose(original(() => (countOf(message.selector) > 0 ? document.querySelector(message.selector)! : undefined)));
      case "count":
        return this.editor.send({ type: "count", selector: message.selector, count: countOf(message.selector) });
      case "children": {
        const element = elementOf(message.ref);
        return this.editor.send({ type: "children", ref: message.ref, nodes: element ? nodesOf(element) : [] });
      }
      case "point": {
        const element = elementOf(message.ref);
        element?.scrollIntoView({ block: "nearest" });
        return showHover(element, element && labelOf(element));
      }
      case "scroll":
        return scrollTo({ left: message.x, top: message.y, behavior: "instant" });
      case "write":
        return this.chosen && this.write(this.chosen);
    }
  }

  /** Lists come in pieces of at most the size of a message. */
  private change(list: Change[], first: boolean, last: boolean): void {
    this.coming = first ? list : this.coming.concat(list);
    if (!last) return;
    show(this.coming, (ids) => this.miss(ids));
    if (this.chosen) this.tell(true);
  }

  private miss(ids: string[]): void {
    const key = ids.join();
    if (key === this.missing) return;
    this.missing = key;
    this.editor.send({ type: "missing", ids });
  }

  private choose(element: Element | undefined): void {
    this.chosen = element;
    showHover(undefined);
    showChosen(element, element && labelOf(element));
    element?.scrollIntoView({ block: "nearest" });
    this.tell(false);
  }

  /** Describes the chosen element: anew after a change of the page. */
  private tell(again: boolean): void {
    const element = this.chosen && this.chosen.isConnected ? describe(this.chosen) : null;
    this.editor.send({ type: "picked", element, again });
  }

  /** Opens an element for typing, when it holds nothing but text. */
  private write(element: Element): void {
    if (!(element instanceof HTMLElement) || element.firstElementChild || childrenOf(element).length || /^(img|input|select|textarea|hr)$/.test(element.localName)) return;
    if (element !== this.chosen) this.choose(element);
    const { selector } = describe(element);
    setWriting(true);
    writeIn(element, (text) => {
      setWriting(false);
      if (text !== undefined) this.editor.send({ type: "typed", selector, text: text.slice(0, 10_000) });
    });
  }
}

// Whoever keeps a copy of the page keeps it as visitors see it.
addEventListener("samplit:original", (event) => original((event as CustomEvent<() => void>).detail));

/** Speaks with the editor by way of the server. */
function relay({ relay: address, token, nonce }: typeof page): MessagePort {
  const pipe = new MessageChannel();
  new Relay(pipe.port2, (request) => fetch(address, { method: "POST", body: JSON.stringify({ token, nonce, ...request }), credentials: "omit" }));
  return pipe.port1;
}

if (page.relay) new Page(relay(page));
else if (!page.nested && page.parent !== window) join(page, (port) => void new Page(port));
