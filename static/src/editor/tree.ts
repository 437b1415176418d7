import type { Node } from "../frame/protocol";
import type { Frame } from "./frame";
import type { Panel } from "./panel";
import { announce, say } from "./words";

/** The page's structure as a tree, by which everything that the pointer can do can be done with keys. */
export class Tree {
  private readonly root = document.getElementById("structure")!;
  private wanted: string | undefined; // what to do once the frame has told of the element
  private moving = false;
  private kept: number | undefined; // keeps the focus when its neighbours are read again

  constructor(
    private readonly frame: Frame,
    private readonly panel: Panel,
    private readonly openElement: () => void,
  ) {
    this.root.addEventListener("keydown", (event) => this.pressed(event));
    this.root.addEventListener("click", (event) => {
      const item = event.target instanceof Element ? event.target.closest<HTMLElement>("[role='treeitem']") : null;
      if (item) this.select(item, "edit");
    });
    this.root.addEventListener("focusin", (event) => {
      const item = event.target as HTMLElement;
      if (item.dataset.ref) frame.send({ type: "point", ref: Number(item.dataset.ref) });
    });
    this.root.addEventListener("focusout", () => frame.send({ type: "point", ref: 0 }));
  }

  /** Starts anew with a document. */
  start(root: number): void {
    this.root.dataset.ref = String(root);
    this.root.replaceChildren();
    this.frame.send({ type: "children", ref: root });
  }

  /** Puts the children of an element in, behind it: the tree is a flat list whose items know their level. */
  fill(ref: number, nodes: Node[]): void {
    const parent = this.root.dataset.ref === String(ref) ? undefined : this.itemOf(ref);
    const items = nodes.map((node) => this.item(node, parent ? level(parent) + 1 : 1));
    if (parent) {
      this.below(parent).forEach((item) => item.remove());
      parent.after(...items);
      parent.setAttribute("aria-expanded", "true");
    } else if (this.root.dataset.ref === String(ref)) {
      this.root.replaceChildren(...items);
      if (items[0]) items[0].tabIndex = 0;
    }
    const kept = items.find((item) => item.dataset.ref === String(this.kept));
    if (kept) this.go(kept);
  }

  private itemOf(ref: number): HTMLElement | undefined {
    return this.root.querySelector<HTMLElement>(`[data-ref="${ref}"]`) ?? undefined;
  }

  private item({ ref, label, text, kids }: Node, depth: number): HTMLElement {
    const item = document.createElement("li");
    item.setAttribute("role", "treeitem");
    item.setAttribute("aria-level", String(depth));
    item.style.setProperty("--level", String(depth));
    if (kids) item.setAttribute("aria-expanded", "false");
    item.dataset.ref = String(ref);
    item.tabIndex = -1;
    const name = document.createElement("code");
    name.textContent = label;
    item.append(name, " ", text);
    return item;
  }

  /** The items inside one. */
  private below(item: HTMLElement): HTMLElement[] {
    const out: HTMLElement[] = [];
    for (let at = item.nextElementSibling as HTMLElement | null; at && level(at) > level(item); at = at.nextElementSibling as HTMLElement | null) out.push(at);
    return out;
  }

  /** The item around one. */
  private above(item: HTMLElement): HTMLElement | undefined {
    let at = item.previousElementSibling as HTMLElement | null;
    while (at && level(at) >= level(item)) at = at.previousElementSibling as HTMLElement | null;
    return at ?? undefined;
  }

  private all(): HTMLElement[] {
    return Array.from(this.root.querySelectorAll<HTMLElement>("[role='treeitem']"));
  }

  private go(to: HTMLElement | undefined): void {
    if (!to) return;
    this.kept = undefined;
    this.root.querySelectorAll<HTMLElement>("[tabindex='0']").forEach((item) => (item.tabIndex = -1));
    to.tabIndex = 0;
    to.focus();
  }

  private select(item: HTMLElement, then: string): void {
    this.go(item);
    this.wanted = then;
    this.frame.send({ type: "select", ref: Number(item.dataset.ref) });
  }

  /** The frame has told of the element that was asked for. */
  picked(): boolean {
    const then = this.wanted;
    this.wanted = undefined;
    if (then === "hide") this.panel.act("hide");
    if (then === "move") {
      this.moving = true;
      announce(say("moving"));
    }
    if (then !== "edit") return then !== undefined;
    this.openElement();
    this.panel.focus();
    return true;
  }

  private pressed(event: KeyboardEvent): void {
    const item = event.target as HTMLElement;
    if (item.getAttribute("role") !== "treeitem" || event.ctrlKey || event.metaKey || event.altKey) return;
    const done = !this.moving ? this.walk(item, event.key) : this.move(item, event.key);
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  }

  private walk(item: HTMLElement, key: string): boolean {
    const all = this.all();
    const at = all.indexOf(item);
    switch (key) {
      case "ArrowDown":
        this.go(all[at + 1]);
        return true;
      case "ArrowUp":
        this.go(all[at - 1]);
        return true;
      case "Home":
        this.go(all[0]);
        return true;
      case "End":
        this.go(all[all.length - 1]);
        return true;
      case "ArrowRight":
        this.unfold(item);
        return true;
      case "ArrowLeft":
        this.fold(item);
        return true;
      case "Enter":
        this.select(item, "edit");
        return true;
      case "Delete":
        this.select(item, "hide");
        return true;
      case "m":
      case "M":
        this.select(item, "move");
        return true;
    }
    return false;
  }

  private unfold(item: HTMLElement): void {
    const open = item.getAttribute("aria-expanded");
    if (open === "true") this.go(this.below(item)[0]);
    else if (open === "false") this.frame.send({ type: "children", ref: Number(item.dataset.ref) });
  }

  private fold(item: HTMLElement): void {
    if (item.getAttribute("aria-expanded") !== "true") return this.go(this.above(item));
    this.below(item).forEach((inner) => inner.remove());
    item.setAttribute("aria-expanded", "false");
  }

  /** Arrows move the element; Enter ends, Esc takes it back. */
  private move(item: HTMLElement, key: string): boolean {
    if (key === "ArrowUp" || key === "ArrowDown") {
      this.panel.act(key === "ArrowUp" ? "move-up" : "move-down");
      this.reread(item);
      return true;
    }
    if (key !== "Enter" && key !== "Escape") return key !== "Tab";
    this.moving = false;
    if (key === "Escape") this.panel.set("move", "", "");
    announce(say(key === "Escape" ? "stopped" : "moved"));
    this.reread(item);
    return true;
  }

  /** Asks for the neighbours of an item anew, and keeps the focus on it. */
  private reread(item: HTMLElement): void {
    this.kept = Number(item.dataset.ref);
    this.frame.send({ type: "children", ref: Number((this.above(item) ?? this.root).dataset.ref) });
  }
}

const level = (item: HTMLElement): number => Number(item.getAttribute("aria-level"));
