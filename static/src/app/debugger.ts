const MOST_ROWS = 200;
const SPEAK_EVERY = 5000;

// watchDebugger fills the live table: the newest row on top, nothing twice.
export function watchDebugger(): void {
  const root = document.querySelector<HTMLElement>("[data-debugger]");
  if (root) new Live(root).open();
  const filter = document.querySelector<HTMLFormElement>("[data-debugger-filter]");
  filter?.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement) filter.requestSubmit();
  });
  document.querySelector<HTMLElement>("[data-test-visitor]")?.addEventListener("click", (event) => {
    // The site opens in a tab of its own; this one shows what the test visitor does there.
    const visitor = filter?.elements.namedItem("visitor");
    if (!filter || !(visitor instanceof HTMLInputElement)) return;
    visitor.value = (event.currentTarget as HTMLElement).dataset["testVisitor"] ?? "";
    setTimeout(() => filter.requestSubmit(), 100);
  });
}

// States the stream can be in; the style sheet shows the words of the one it is in.
type State = "opening" | "open" | "paused" | "resting" | "away" | "refused";

class Live {
  private source: EventSource | undefined;
  private readonly rows: HTMLElement;
  private held: HTMLElement[] = []; // newest first, while paused
  private paused = false;
  private last = "";
  private unsaid = 0;

  constructor(private readonly root: HTMLElement) {
    this.rows = this.part("[data-rows]");
    this.part("[data-pause]").addEventListener("click", () => (this.paused || !this.source ? this.resume() : this.pause()));
    this.part("[data-clear]").addEventListener("click", () => {
      this.rows.replaceChildren();
      this.part("[data-empty]").hidden = false;
    });
    window.setInterval(() => this.speak(), SPEAK_EVERY);
    window.addEventListener("pagehide", () => this.source?.close());
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) this.open();
    });
  }

  open(): void {
    this.state("opening");
    const after = this.last ? "&after=" + encodeURIComponent(this.last) : "";
    const source = (this.source = new EventSource(this.root.dataset["debugger"] + after));
    source.addEventListener("open", () => this.state(this.paused ? "paused" : "open"));
    source.addEventListener("sighting", (event) => this.take(event as MessageEvent<string>));
    source.addEventListener("rest", () => {
      this.close();
      this.state("resting");
    });
    source.onerror = () => {
      if (source !== this.source) return;
      // The browser tries again by itself, unless the server has refused.
      if (source.readyState === EventSource.CLOSED) {
        this.close();
        this.state("refused");
      } else {
        this.state("away");
      }
    };
  }

  private close(): void {
    this.source?.close();
    this.source = undefined;
    this.button(true);
  }

  private pause(): void {
    this.paused = true;
    this.state("paused");
    this.button(true);
  }

  private resume(): void {
    this.paused = false;
    this.button(false);
    const rows = this.held.reverse();
    this.held = [];
    rows.forEach((row) => this.show(row));
    if (this.source) this.state("open");
    else this.open();
  }

  private take(event: MessageEvent<string>): void {
    const template = document.createElement("template");
    template.innerHTML = event.data; // a row that the server wrote, with everything from outside escaped
    const row = template.content.firstElementChild;
    this.last = event.lastEventId;
    if (!(row instanceof HTMLElement) || document.getElementById(row.id)) return;
    if (this.paused) {
      this.held = [row, ...this.held].slice(0, MOST_ROWS);
      this.button(true);
    } else {
      this.show(row);
    }
  }

  private show(row: HTMLElement): void {
    this.part("[data-empty]").hidden = true;
    this.rows.prepend(row);
    while (this.rows.children.length > MOST_ROWS) this.rows.lastElementChild?.remove();
    this.unsaid++;
  }

  // speak tells a screen reader how much is new, now and then.
  private speak(): void {
    if (!this.unsaid) return;
    const { saidOne, saidMany } = this.root.dataset;
    this.part("[data-said]").textContent = this.unsaid === 1 ? saidOne! : saidMany!.replace("%d", String(this.unsaid));
    this.unsaid = 0;
  }

  private state(state: State): void {
    this.part("[data-state]").dataset["state"] = state;
  }

  private button(resumes: boolean): void {
    this.part("[data-when=running]").hidden = resumes;
    this.part("[data-when=paused]").hidden = !resumes;
    this.part("[data-held]").textContent = this.held.length ? `(${this.held.length})` : "";
  }

  private part(selector: string): HTMLElement {
    return this.root.querySelector<HTMLElement>(selector)!;
  }
}
