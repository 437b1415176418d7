// The dashboard's side of the visual editor. The page works without it as a list of changes with forms.
import type { ToEditor } from "../frame/protocol";
import { Changes } from "./changes";
import { Compare } from "./compare";
import { watchCopy } from "./copy";
import { Frame } from "./frame";
import type { List } from "./list";
import { Panel } from "./panel";
import { watchPresence } from "./presence";
import { Saver } from "./save";
import { Stage, watchToggle } from "./stage";
import { Store } from "./store";
import { watchTabs } from "./tabs";
import { Tree } from "./tree";
import { watchUpload } from "./upload";
import { announce, data, say } from "./words";

/** How long a page may take before the editor says that it does not answer. */
const PATIENCE = 15_000;

class Editor {
  private readonly base: string;
  private readonly store: Store;
  private readonly saver: Saver;
  private readonly frame: Frame;
  private readonly panel: Panel;
  private readonly changes: Changes;
  private readonly tree: Tree;
  private readonly openTab = watchTabs();
  private editing = true;
  private original = false;
  private compare: Compare | undefined;
  private patience = 0;

  constructor(private readonly root: HTMLElement) {
    const { experiment, variant } = root.dataset;
    this.base = `/experiments/${experiment}/editor`;
    const address = `${this.base}/${variant}`;
    this.store = new Store(data<List>("editor-list"), "samplit-editor:" + variant);
    this.saver = new Saver(this.store, address);
    this.frame = new Frame(this.base, "editor-frame", (message) => this.take(message));
    this.panel = new Panel(this.store, this.frame);
    this.changes = new Changes(this.store, this.saver, this.frame);
    this.tree = new Tree(this.frame, this.panel, () => this.openTab("element"));
    this.store.watch(() => this.show());
    if (root.dataset.open !== undefined) watchPresence(this.store, this.saver, address);
    watchCopy(this.store, this.base);
    watchUpload(this.panel, "/uploads");
    this.watchSteps();
    this.watchStage();
  }

  private watchSteps(): void {
    document.addEventListener("submit", (event) => {
      const form = event.target as HTMLFormElement;
      if (!form.matches("[data-step]")) return;
      event.preventDefault();
      void this.saver.step(form);
    });
    document.addEventListener("keydown", (event) => {
      const typing = event.target instanceof HTMLElement && event.target.matches("input:not([type=checkbox]), textarea");
      if (!(event.ctrlKey || event.metaKey) || typing) return;
      const key = event.key.toLowerCase();
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      this.step(key === "y" || event.shiftKey ? "redo" : "undo");
    });
  }

  private step(what: string): void {
    document.querySelector<HTMLFormElement>(`form[data-step="${what}"]`)?.requestSubmit();
  }

  /** The page needs room; without it the list has to do. */
  private watchStage(): void {
    if (!matchMedia("(min-width: 800px)").matches) return this.openTab("changes");
    document.querySelector<HTMLElement>(".editor-stage")!.hidden = false;
    this.openTab("element");
    const stage = new Stage(this.frame);
    this.compare = new Compare(this.base, document.getElementById("compare")!, () => stage.fit());
    const open = (url: string, tab = false) => {
      this.compare?.end();
      clearTimeout(this.patience);
      this.patience = window.setTimeout(() => this.wonder(), PATIENCE);
      void this.frame.open(url, tab).then(() => stage.fit());
    };
    document.addEventListener("click", (event) => {
      if ((event.target as Element).closest("[data-own-tab]")) open((document.getElementById("address") as HTMLInputElement).value, true);
    });
    document.getElementById("editor-address")!.addEventListener("submit", (event) => {
      event.preventDefault();
      open((document.getElementById("address") as HTMLInputElement).value);
    });
    watchToggle("browse", (on) => {
      this.editing = !on;
      this.frame.reach(on);
      this.frame.send({ type: "mode", edit: this.editing });
    });
    watchToggle("original", (on) => {
      this.original = on;
      this.show();
      announce(say(on ? "original" : "variant"));
    });
    open(this.root.dataset.page!);
  }

  private wonder(): void {
    if (!this.frame.iframe) return; // a tab is opened when somebody wants it
    announce(say("slow"));
    document.getElementById("editor-frame")!.dataset.state = "slow";
  }

  /** Shows on the page what the list says. */
  private show(): void {
    const edits = this.original ? [] : this.store.edits().filter((edit) => !edit.off);
    this.frame.show(edits.map((edit) => edit.change));
  }

  private take(message: ToEditor): void {
    switch (message.type) {
      case "ready":
        clearTimeout(this.patience);
        document.getElementById("editor-frame")!.dataset.state = "ready";
        this.frame.send({ type: "mode", edit: this.editing });
        this.frame.reach(!this.editing);
        this.tree.start(message.root);
        return this.show();
      case "picked":
        this.panel.show(message.element, message.again);
        if (!message.again && message.element && !this.tree.picked()) this.openTab("element");
        return;
      case "count":
        return this.panel.counted(message.selector, message.count);
      case "children":
        return this.tree.fill(message.ref, message.nodes);
      case "missing":
        return this.changes.miss(message.ids);
      case "scrolled":
        return this.compare?.follow(message.x, message.y);
      case "typed":
        return this.panel.write(message.selector, message.text);
      case "key":
        return this.pressed(message.key);
    }
  }

  private pressed(key: string): void {
    if (key === "undo" || key === "redo") this.step(key);
    else if (key === "delete") this.panel.act("hide");
    else this.frame.send({ type: "select", ref: 0 });
  }
}

const root = document.getElementById("editor");
if (root) new Editor(root);
