// watchSimulator shows how far a simulation is and lets its reader cancel it. The result is a page of its own, so without this
// script the form asks for that page at once.
export function watchSimulator(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-simulate]");
  const panel = document.querySelector<HTMLElement>("[data-simulating]");
  if (!form || !panel) return;
  form.addEventListener("submit", (event) => {
    if (event.submitter instanceof HTMLButtonElement && event.submitter.name === "do") return;
    event.preventDefault();
    stop?.();
    stop = run(panel, new URLSearchParams(new FormData(form) as unknown as Record<string, string>).toString());
  });
  panel.querySelector("[data-cancel]")?.addEventListener("click", () => {
    stop?.();
    show("[data-cancelled]", true);
    form.querySelector<HTMLElement>("button[type=submit].btn-primary")?.focus();
  });
  window.addEventListener("pagehide", () => stop?.());
}

// stop ends the simulation under way, on the server too, which notices the closed connection.
let stop: (() => void) | undefined;

function show(selector: string, on: boolean): void {
  const element = document.querySelector<HTMLElement>(selector);
  if (element) element.hidden = !on;
}

function run(panel: HTMLElement, query: string): () => void {
  const source = new EventSource("/simulate/stream?" + query);
  const reveal = window.setTimeout(() => {
    panel.hidden = false;
    panel.scrollIntoView({ block: "nearest" });
  }, 300);
  show("[data-cancelled]", false);
  show("[data-busy]", false);
  draw(panel, 0, 1);
  const end = (): void => {
    source.close();
    window.clearTimeout(reveal);
    panel.hidden = true;
  };
  const open = (): void => {
    end();
    window.location.assign("/simulate?" + query + "#result");
  };
  source.addEventListener("progress", (event) => {
    const at = JSON.parse((event as MessageEvent<string>).data) as { done: number; total: number };
    draw(panel, at.done, at.total);
  });
  source.addEventListener("done", open); // what was refused is explained on the page, too
  source.addEventListener("busy", () => {
    end();
    show("[data-busy]", true);
  });
  source.onerror = open;
  return end;
}

function draw(panel: HTMLElement, done: number, total: number): void {
  const bar = panel.querySelector("progress");
  if (bar) {
    bar.max = total;
    bar.value = done;
  }
  const count = panel.querySelector<HTMLElement>("[data-count]");
  if (count) count.textContent = done > 0 ? `${done} ${count.dataset["of"] ?? "/"} ${total}` : "";
}
