import { on } from "./dom";

// watchPasswords shows the buttons that reveal a password, and how strong a new one is while it is typed.
export function watchPasswords(): void {
  prepare(document);
  document.addEventListener("htmx:afterSwap", () => prepare(document));
  on("click", "[data-reveal]", (button) => {
    const input = document.querySelector<HTMLInputElement>(button.dataset["reveal"] ?? "");
    if (!input) return;
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
    input.focus();
  });
  on("input", "input[data-meter]", (input) => {
    if (input instanceof HTMLInputElement) measure(input);
  });
}

function prepare(root: ParentNode): void {
  root.querySelectorAll<HTMLElement>("[data-reveal]").forEach((button) => (button.hidden = false));
}

function measure(input: HTMLInputElement): void {
  const meter = document.querySelector<HTMLElement>(`[data-meter-for="${input.id}"]`);
  const word = meter?.querySelector(".meter-word");
  if (!meter || !word) return;
  const known = Array.from(input.form?.querySelectorAll("input") ?? [])
    .filter((other) => other.type === "email" || other.name === "name" || other.name === "company")
    .map((other) => other.value);
  const level = strength(input.value, known);
  meter.hidden = input.value === "";
  meter.dataset["level"] = String(level);
  word.textContent = (meter.dataset["words"] ?? "").split("|")[level] ?? "";
}

const common = /pass ?w?o?r?d|contrase|qwert|asdf|letmein|welcome|bienvenid|dragon|monkey|futbol|football|iloveyou|tequiero|admin|samplit|123|abc/i;

// strength is 0 (too short) to 4. It counts how many guesses the shape of the text would take: its different characters and
// words, less what repeats, counts up or is known about the person.
export function strength(text: string, known: string[]): number {
  if (Array.from(text).length < 8) return 0;
  let rest = text;
  for (const value of known) {
    for (const part of value.split(/[\s@.]+/)) {
      if (part.length > 2) rest = rest.split(new RegExp(part.replace(/[^\p{L}\p{N}]/gu, "\\$&"), "iu")).join("");
    }
  }
  rest = rest.replace(new RegExp(common.source, "gi"), "").replace(/(.)\1+/g, "$1").replace(/(.{2,})\1+/g, "$1");
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) => kind.test(rest)).length;
  const bits = Array.from(rest).length * (1.6 + 0.7 * kinds);
  return bits < 20 ? 1 : bits < 32 ? 2 : bits < 48 ? 3 : 4;
}
