import type { Frame } from "./frame";

/** Gives the page in the frame, and its original over it, the width of a device; one wider than the stage is drawn smaller. */
export class Stage {
  private readonly device = document.getElementById("device") as HTMLSelectElement;
  private readonly custom = document.getElementById("device-width") as HTMLInputElement;

  constructor(private readonly frame: Frame) {
    this.device.addEventListener("input", () => this.fit());
    this.custom.addEventListener("input", () => this.fit());
    addEventListener("resize", () => this.fit());
  }

  fit(): void {
    this.custom.hidden = this.device.value !== "custom";
    const width = Number(this.device.value === "custom" ? this.custom.value : this.device.value);
    const room = this.frame.iframe?.parentElement?.clientWidth ?? 0;
    const scale = width && room ? Math.min(1, room / width) : 1;
    for (const iframe of Array.from(document.querySelectorAll<HTMLElement>(".editor-frame iframe"))) {
      iframe.style.width = width ? width + "px" : "100%";
      iframe.style.height = scale < 1 ? 100 / scale + "%" : "100%";
      iframe.style.transform = scale < 1 ? `scale(${scale})` : "";
      iframe.style.marginInline = scale < 1 ? "0" : "auto";
    }
  }
}

/** A button that stays pressed. */
export function watchToggle(id: string, changed: (on: boolean) => void): void {
  const button = document.getElementById(id)!;
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    changed(on);
  });
}
