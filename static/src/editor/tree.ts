import type { Node } from "../frame/protocol";
import type { Frame } from "./frame";
import type { Panel } from "./panel";
import type { Store } from "./store";
import { announce, say } from "./words";

/** The page's structure as a tree, by which everything that the pointer can do can be done with keys. */
export class Tree {
  private readonly root = document.getElementById("structure")!;
  private wanted: string | undefined; // what to do once the frame has told of the element
  private moving: number | undefined; // steps that waited when moving began

  constructor(
    private readonly frame: Frame,
    private readonly panel: Panel,
    private readonly store: Store,
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

  /** Puts the children of an element in. */
  fill(ref: number, nodes: Node[]): void {
    const parent = this.root.dataset.ref === String(ref) ? this.root : this.root.querySelector<HTMLElement>(`[data-ref="${ref}"]`);
    if (!parent) return;
    const items = nodes.map((node) => this.item(node, Number(parent.getAttribute("aria-level") ?? 0) + 1));
    if (parent === this.root) {
      this.root.replaceChildren(...items);
      if (items[0]) items[0].tabIndex = 0;
      return;
    }
    const group = parent.querySelector<HTMLElement>(":scope > [role='group']") ?? document.createElement("ul");
    group.setAttribute("role", "group");
    group.replaceChildren(...items);
    parent.append(group);
    parent.setAttribute("aria-expanded", "true");
  }

  private item({ ref, label, text, kids }: Node, level: number): HTMLElement {
    const item = document.createElement("li");
    item.setAttribute("role", "treeitem");
    item.setAttribute("aria-level", String(level));
    if (kids) item.setAttribute("aria-expanded", "false");
    item.dataset.ref = String(ref);
    item.tabIndex = -1;
    const line = document.createElement("span");
    line.className = "tree-line";
    const name = document.createElement("code");
    name.textContent = label;
    line.append(name, " ", text);
    item.append(line);
    item.setAttribute("aria-label", text ? `${label} ${text}` : label);
    return item;
  }

  private visible(): HTMLElement[] {
    return Array.from(this.root.querySelectorAll<HTMLElement>("[role='treeitem']")).filter((item) => item.offsetParent !== null);
  }

  private go(to: HTMLElement | null | undefined): void {
    if (!to) return;
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
      this.moving = this.store.waiting.length;
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
    const done = this.moving === undefined ? this.walk(item, event.key) : this.move(item, event.key);
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  }

  private walk(item: HTMLElement, key: string): boolean {
    const all = this.visible();
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
    const group = item.querySelector<HTMLElement>(":scope > [role='group']");
    if (open === "true") this.go(group?.querySelector<HTMLElement>("[role='treeitem']"));
    else if (open === "false" && group) {
      group.hidden = false;
      item.setAttribute("aria-expanded", "true");
    } else if (open === "false") this.frame.send({ type: "children", ref: Number(item.dataset.ref) });
  }

  private fold(item: HTMLElement): void {
    const group = item.querySelector<HTMLElement>(":scope > [role='group']");
    if (item.getAttribute("aria-expanded") === "true" && group) {
      group.hidden = true;
      item.setAttribute("aria-expanded", "false");
    } else this.go(item.parentElement?.closest<HTMLElement>("[role='treeitem']"));
  }

  /** Arrows move the element; Enter ends, Esc takes it back. */
  private move(item: HTMLElement, key: string): boolean {
    const sibling = key === "ArrowUp" ? item.previousElementSibling : key === "ArrowDown" ? item.nextElementSibling : null;
    if (key === "ArrowUp" || key === "ArrowDown") {
      this.panel.act(key === "ArrowUp" ? "move-up" : "move-down");
      if (sibling) key === "ArrowUp" ? sibling.before(item) : sibling.after(item);
      this.go(item);
      return true;
    }
    if (key !== "Enter" && key !== "Escape") return key !== "Tab";
    this.moving = undefined;
    if (key === "Escape") {
      this.panel.set("move", "", "");
      announce(say("stopped"));
      this.frame.send({ type: "children", ref: Number(item.parentElement?.closest<HTMLElement>("[data-ref]")?.dataset.ref) });
    } else announce(say("moved"));
    return true;
  }
}
