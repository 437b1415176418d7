import { askAbout } from "./conflict";
import type { List } from "./list";
import type { Batch, Store } from "./store";
import { announce, say } from "./words";

const QUIET = 600;
const MAX_PAUSE = 30_000;
/** A connection may die without a word. */
const PATIENCE = 30_000;

/** What the server says: its fragment, and the list in it if there is one. */
interface Answer {
  status: number;
  page: Document;
}

/** Saves what waits once nothing happened for a moment, keeps it while there is no connection, and says how things stand. */
export class Saver {
  private timer = 0;
  private pause = 0;
  private busy = false;
  private halted = false;

  constructor(
    private readonly store: Store,
    private readonly address: string,
  ) {
    store.watch(() => this.wait());
    addEventListener("online", () => (store.pending() ? void this.flush() : this.status("saved")));
    addEventListener("offline", () => this.status("offline"));
    addEventListener("beforeunload", (event) => {
      if (store.pending()) event.preventDefault();
    });
    if (store.pending()) void this.flush();
  }

  private wait(): void {
    if (!this.store.pending() || this.busy || this.halted) return;
    this.status("unsaved");
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.flush(), QUIET);
  }

  /** Saves all that waits. */
  async flush(): Promise<void> {
    if (this.busy || this.halted) return;
    clearTimeout(this.timer);
    this.busy = true;
    for (let batch = this.store.batch(); batch && (await this.send(batch)); batch = this.store.batch());
    this.busy = false;
  }

  /** Undo and redo are about what is saved. */
  async step(form: HTMLFormElement): Promise<void> {
    await this.flush();
    if (this.store.pending() || this.busy) return;
    this.busy = true;
    const answer = await this.ask(form.action, new URLSearchParams(new FormData(form) as unknown as Record<string, string>));
    if (answer?.status === 200) {
      this.take(answer.page);
      announce(say(form.dataset.step === "undo" ? "undone" : "redone"));
    } else if (answer) this.refuse(answer.page);
    this.busy = false;
  }

  /** Reads the list again, after others changed it. */
  async refresh(): Promise<void> {
    if (this.busy) return;
    const answer = await this.ask(this.address + "/list");
    const list = answer?.status === 200 ? swap(answer.page) : undefined;
    if (list) this.store.refreshed(list);
  }

  private async ask(address: string, body?: BodyInit, type?: string): Promise<Answer | undefined> {
    try {
      const headers: Record<string, string> = { "HX-Request": "true", ...(type ? { "Content-Type": type } : {}) };
      const how = { method: body === undefined ? "GET" : "POST", headers, signal: AbortSignal.timeout(PATIENCE), ...(body === undefined ? {} : { body }) };
      const response = await fetch(address, how);
      const login = response.headers.get("HX-Redirect");
      if (login) location.assign(login); // what waits is kept
      return { status: response.status, page: new DOMParser().parseFromString(await response.text(), "text/html") };
    } catch {
      return undefined;
    }
  }

  /** Sends one save. True when the next may follow. */
  private async send(batch: Batch): Promise<boolean> {
    this.status("saving");
    const answer = await this.ask(this.address + "/ops", JSON.stringify(batch), "application/json");
    if (!answer || answer.status >= 500 || answer.status === 429) {
      this.retry(!answer);
      return false;
    }
    if (answer.status === 200) {
      const taken = this.take(answer.page);
      if (!taken) this.retry(false);
      return taken;
    }
    if (answer.page.querySelector("[data-conflict]")) return this.settle(answer.page);
    this.store.drop();
    this.refuse(answer.page);
    return false;
  }

  /** Takes the list of an answer; false when there is none in it. */
  private take(page: Document): boolean {
    const list = swap(page);
    if (!list) return false;
    this.pause = 0;
    this.store.saved(list);
    if (!this.store.pending()) this.status("saved");
    return true;
  }

  private retry(offline: boolean): void {
    this.status(offline ? "offline" : "failed");
    this.pause = Math.min(MAX_PAUSE, (this.pause || 1_000) * 2);
    this.timer = window.setTimeout(() => void this.flush(), this.pause * (0.5 + Math.random() / 2));
  }

  private refuse(page: Document): void {
    const reason = page.querySelector("[data-problem]")?.textContent ?? "";
    this.status("refused", reason);
    announce(say("refused") + " " + reason);
    void this.refreshLater();
  }

  private async refreshLater(): Promise<void> {
    await Promise.resolve();
    this.busy = false;
    await this.refresh();
  }

  /** Somebody else changed the same: asks what should stay. */
  private async settle(question: Document): Promise<boolean> {
    this.halted = true;
    const way = await askAbout(question);
    const answer = await this.ask(this.address + "/list");
    const list = answer?.status === 200 ? swap(answer.page) : undefined;
    this.halted = false;
    if (!list) {
      this.retry(!answer);
      return false;
    }
    if (way === "theirs") {
      this.store.refreshed(list);
      this.store.drop();
      if (!this.store.pending()) this.status("saved");
    } else this.store.settle(list, way);
    return true;
  }

  private status(name: string, more = ""): void {
    const place = document.getElementById("editor-status");
    if (!place) return;
    place.dataset.state = name;
    const text = say(name) + (more ? " " + more : "");
    if (place.textContent !== text) place.textContent = text;
  }
}

declare const Idiomorph: { morph(from: Element, to: Element, options?: object): void } | undefined;

/** Puts the parts of an answer in the place of those on the page, and returns the list that came with them. */
function swap(page: Document): List | undefined {
  const source = page.getElementById("editor-list");
  for (const id of ["edits", "editor-steps"]) {
    const fresh = page.getElementById(id);
    const old = document.getElementById(id);
    if (!fresh || !old) continue;
    if (typeof Idiomorph !== "undefined") Idiomorph.morph(old, fresh);
    else old.replaceWith(fresh);
  }
  return source ? (JSON.parse(source.textContent || "null") as List) : undefined;
}
