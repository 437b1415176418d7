import type { Change, Picked } from "../frame/protocol";
import type { Frame } from "./frame";
import { inserted } from "./insert";
import { type Edit, freshId } from "./list";
import type { Store } from "./store";
import { announce, say } from "./words";

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

const byId = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;

/** Scripts and style sheets are about the page, not about an element. */
const ofPage = (action: string): boolean => action === "css" || action === "js";

/** What can be done to the element that is picked. */
export class Panel {
  private picked: Picked | undefined;
  private selector = "";
  private told = "";

  constructor(
    private readonly store: Store,
    private readonly frame: Frame,
  ) {
    const panel = byId("element-picked");
    panel.addEventListener("input", (event) => this.typed(event.target as Field));
    panel.addEventListener("click", (event) => {
      const target = event.target instanceof Element ? event.target : undefined;
      const button = target?.closest<HTMLElement>("[data-do]");
      if (button) this.act(button.dataset.do!);
      const crumb = target?.closest<HTMLElement>("[data-ref]");
      if (crumb) frame.send({ type: "select", ref: Number(crumb.dataset.ref) });
    });
  }

  get element(): Picked | undefined {
    return this.picked;
  }

  /** Shows an element; again says that it is the one before, after the page changed. */
  show(element: Picked | null, again: boolean): void {
    if (again && element && this.picked) {
      element = { ...element, selector: this.picked.selector, alike: this.picked.alike, grade: this.picked.grade };
    }
    this.picked = element ?? undefined;
    byId("element-none").hidden = !!element;
    byId("element-picked").hidden = !element;
    if (!element) return again ? announce(say("lost")) : undefined;
    if (!again) this.choose(element);
    this.fill(!again);
    this.warn(element);
  }

  private choose(element: Picked): void {
    this.selector = element.selector;
    const all = byId<HTMLInputElement>("all-alike");
    all.checked = false;
    all.closest("label")!.hidden = !element.alike;
    byId<HTMLInputElement>("element-selector").value = element.selector;
    byId("selector-grade").textContent = say(element.grade);
    byId("crumbs").replaceChildren(
      ...element.crumbs.map(({ ref, label }) => {
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.ref = String(ref);
        button.textContent = label;
        return button;
      }),
    );
    this.counted(element.selector, element.count);
    for (const group of Array.from(document.querySelectorAll<HTMLElement>(".panel-group[data-for]"))) {
      const kind = group.dataset.for!;
      group.hidden = kind !== "any" && !element[kind as "text" | "link" | "image"];
    }
    announce(say("picked") + " " + element.label);
  }

  /** Says how many elements a selector leads to, if it is still the one in the field. */
  counted(selector: string, count: number): void {
    if (selector !== this.selector) return;
    byId("selector-count").textContent = say(count < 1 ? "matches0" : count === 1 ? "matches1" : "matches", count);
  }

  private fields(): Field[] {
    return Array.from(document.querySelectorAll<Field>("#element-picked [data-action]"));
  }

  /** Fills the fields in; the one that somebody types in only for another element. */
  private fill(all = false): void {
    const here = this.here();
    if (here[0]) byId<HTMLInputElement>("when-hydrated").checked = here.some(({ when }) => when === "hydrated");
    for (const field of this.fields()) {
      if (field === document.activeElement && !all) continue;
      const { action = "", name = "", unit = "" } = field.dataset;
      const edit = this.find(action, name);
      const value = edit?.change.value ?? this.picked!.values[`${action} ${name}`] ?? "";
      field.value = unit ? String(parseFloat(value) || "") : value;
      const well = document.querySelector<HTMLInputElement>(`[data-colour="${field.id}"]`);
      if (well && /^#[0-9a-f]{6}$/i.test(value)) well.value = value;
    }
  }

  /** The changes of the chosen elements. */
  private here(): Change[] {
    return this.store.edits().map(({ change }) => change).filter(({ selector }) => selector === this.selector);
  }

  /** Whether what is changed from here on waits for the page's framework. */
  private waits(): boolean {
    return byId<HTMLInputElement>("when-hydrated").checked;
  }

  /** Lets what was changed here wait for the page's framework as well, or no more. */
  private postpone(): void {
    for (const { when, ...rest } of this.here()) {
      const change: Change = this.waits() ? { ...rest, when: "hydrated" } : rest;
      if (when !== change["when"]) this.store.do({ do: "update", id: change.id, change });
    }
  }

  private warn(element: Picked): void {
    const texts = element.warnings.map(({ kind, value }) => say(kind, value));
    const key = texts.join(" ");
    if (key === this.told) return;
    this.told = key;
    byId("element-warnings").replaceChildren(
      ...texts.map((text) => {
        const line = document.createElement("p");
        line.textContent = text;
        return line;
      }),
    );
  }

  private typed(field: Field): void {
    if (field.dataset.colour) return this.mirror(field);
    if (field.id === "when-hydrated") return this.postpone();
    if (field.id === "element-selector") return this.retarget(field.value.trim());
    if (field.id === "all-alike") return this.retarget((field as HTMLInputElement).checked ? this.picked!.alike : this.picked!.selector, true);
    const { action, name = "", unit = "" } = field.dataset;
    if (!action || !field.checkValidity()) return;
    this.set(action, name, field.value === "" ? "" : field.value + unit);
  }

  /** A colour that was chosen by eye goes into the field where it can be typed, too. */
  private mirror(well: Field): void {
    const field = byId<HTMLInputElement>(well.dataset.colour!);
    field.value = well.value;
    this.typed(field);
  }

  private retarget(selector: string, write = false): void {
    this.selector = selector;
    if (write) byId<HTMLInputElement>("element-selector").value = selector;
    this.frame.send({ type: "count", selector: selector.slice(0, 500) });
    this.fill();
  }

  private scope(): Change["scope"] {
    const out: NonNullable<Change["scope"]> = {};
    const [min, max] = ["scope-min", "scope-max"].map((id) => Math.round(Number(byId<HTMLInputElement>(id).value)));
    if (min! > 0) out.min_width = min!;
    if (max! > 0) out.max_width = max!;
    return Object.keys(out).length ? out : undefined;
  }

  /** The change that holds a slot of the chosen elements at the chosen widths. */
  private find(action: string, name: string): Edit | undefined {
    const scope = JSON.stringify(this.scope());
    const selector = ofPage(action) ? "" : this.selector;
    return this.store
      .edits()
      .filter(({ change }) => change.action === action && (change.name ?? "") === name && (change.selector ?? "") === selector && JSON.stringify(change.scope) === scope)
      .pop();
  }

  /** Makes a slot hold a value; an empty one takes the change back, but for a text. */
  set(action: string, name: string, value: string, more: Partial<Change> = {}): void {
    const edit = this.find(action, name);
    if (value === "" && action !== "text" && action !== "hide") {
      if (edit) this.store.do({ do: "remove", id: edit.change.id });
      return;
    }
    const id = edit?.change.id ?? freshId();
    const scope = this.scope();
    const change = { id, action, ...more } as Change;
    if (!ofPage(action)) change.selector = this.selector;
    if (name) change.name = name;
    if (value !== "" || action === "text") change.value = value;
    if (scope && !ofPage(action)) change.scope = scope;
    if (this.waits() && !ofPage(action)) change["when"] = "hydrated";
    const print = this.fingerprint();
    if (print && !ofPage(action)) change.fingerprint = print;
    this.store.do({ do: edit ? "update" : "add", id, change });
  }

  /** What the chosen element looked like, when it is one: the change finds it again where the page has moved it. */
  private fingerprint(): unknown {
    return this.picked && this.selector === this.picked.selector ? this.picked.fingerprint : undefined;
  }

  /** What the frame's own typing gave. */
  write(selector: string, text: string): void {
    if (this.picked?.selector !== selector) return;
    this.set("text", "", text);
    this.fill();
  }

  act(what: string): void {
    const element = this.picked;
    if (!element) return announce(say("none"));
    switch (what) {
      case "hide":
      case "hide-keep":
        this.set("hide", "", what === "hide" ? "" : "keep");
        return announce(say("hidden") + " " + element.label);
      case "move-up":
        return this.move(element.previous, "before");
      case "move-down":
        return this.move(element.next, "after");
      case "insert":
        return this.insert();
      case "attr": {
        const name = byId<HTMLInputElement>("attr-name").value.trim();
        if (name) this.set("attr", name, byId<HTMLInputElement>("attr-value").value);
      }
    }
  }

  private move(anchor: string, position: string): void {
    if (!anchor) return announce(say("stopped"));
    this.set("move", "", anchor, { position });
    announce(say("moved"));
  }

  private insert(): void {
    const value = (id: string) => byId<HTMLInputElement>(id).value;
    const html = inserted(value("insert-kind"), value("insert-text"), value("insert-href"));
    const id = freshId();
    const print = this.fingerprint();
    const change: Change = { id, selector: this.selector, action: "insert", position: value("insert-position"), value: html };
    if (this.waits()) change["when"] = "hydrated";
    this.store.do({ do: "add", id, change: print ? { ...change, fingerprint: print } : change });
    announce(say("added"));
  }

  /** Leads to the first field for the picked element. */
  focus(): void {
    this.fields()
      .find((field) => field.offsetParent !== null)
      ?.focus();
  }
}
