import { Frame } from "./frame";
import { announce, say } from "./words";

const STEP = 2;
const LEAP = 10;

/** The page as it was beside the page as it is: a second frame over the first, cut off at a divider that can be moved. */
export class Compare {
  private readonly split = document.getElementById("editor-split")!;
  private readonly place: HTMLElement;
  private readonly before: Frame;
  private on = false;

  constructor(
    base: string,
    private readonly button: HTMLElement,
    private readonly shown: () => void,
  ) {
    this.before = new Frame(base, "editor-before", (message) => {
      if (message.type !== "ready") return;
      this.before.send({ type: "mode", edit: false });
      this.shown();
    });
    this.place = document.getElementById("editor-before")!.parentElement!;
    button.addEventListener("click", () => (this.on ? this.end() : this.begin()));
    this.split.addEventListener("keydown", (event) => this.pressed(event));
    this.split.addEventListener("pointerdown", (event) => this.drag(event));
    this.move(50);
  }

  get active(): boolean {
    return this.on;
  }

  /** Where the page in the first frame has scrolled, for the second. */
  follow(x: number, y: number): void {
    if (this.on) this.before.send({ type: "scroll", x, y });
  }

  private begin(): void {
    const url = (document.getElementById("address") as HTMLInputElement).value;
    this.show(true);
    announce(say("comparing"));
    void this.before.open(url).then(() => {
      if (!this.on) return;
      this.before.iframe?.setAttribute("aria-hidden", "true");
      this.shown();
      this.split.focus();
    });
  }

  /** Takes the page as it was away. */
  end(): void {
    if (!this.on) return;
    this.show(false);
    this.before.clear();
  }

  private show(on: boolean): void {
    this.on = on;
    this.button.setAttribute("aria-pressed", String(on));
    this.split.hidden = !on;
    document.getElementById("editor-before")!.hidden = !on;
  }

  private move(percent: number): void {
    const value = Math.round(Math.max(0, Math.min(100, percent)));
    this.split.setAttribute("aria-valuenow", String(value));
    this.place.style.setProperty("--split", value + "%");
  }

  private get value(): number {
    return Number(this.split.getAttribute("aria-valuenow"));
  }

  private pressed(event: KeyboardEvent): void {
    const ways: Record<string, number> = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -LEAP, PageUp: LEAP, Home: -100, End: 100 };
    const way = ways[event.key];
    if (event.key === "Escape") {
      this.end();
      this.button.focus();
    } else if (way !== undefined) this.move(this.value + way);
    else return;
    event.preventDefault();
  }

  /** The divider goes with the pointer, which the pages do not get meanwhile. */
  private drag(event: PointerEvent): void {
    event.preventDefault();
    this.split.focus();
    this.split.setPointerCapture(event.pointerId);
    const follow = ({ clientX }: PointerEvent) => {
      const { left, width } = this.place.getBoundingClientRect();
      this.move((100 * (clientX - left)) / width);
    };
    const stop = () => {
      this.place.classList.remove("editor-dragged");
      this.split.removeEventListener("pointermove", follow);
    };
    this.place.classList.add("editor-dragged");
    this.split.addEventListener("pointermove", follow);
    this.split.addEventListener("lostpointercapture", stop, { once: true });
  }
}
