import { linesOf } from "./lines";

// watchCheck shows how far the server's own check is, and lets its reader cancel it, on the server too. Without this script the form
// asks for a page with the answer.
export function watchCheck(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-check]")) return;
    event.preventDefault();
    void check(form, form.closest<HTMLElement>("#seal")!);
  });
}

async function check(form: HTMLFormElement, seal: HTMLElement): Promise<void> {
  const button = form.querySelector("button")!;
  const running = seal.querySelector<HTMLElement>("[data-checking]")!;
  const cancelled = seal.querySelector<HTMLElement>("[data-cancelled]")!;
  const stop = new AbortController();
  running.querySelector("button")!.onclick = () => stop.abort();
  const reveal = window.setTimeout(() => (running.hidden = false), 300);
  cancelled.hidden = button.disabled = true;
  try {
    const answer = await fetch(form.action + "/stream", { method: "POST", signal: stop.signal });
    if (!answer.ok || !answer.body) throw new Error(answer.statusText);
    for await (const [name, data] of eventsOf(answer.body)) {
      if (name === "progress") draw(running, data);
      if (name !== "found") continue;
      seal.outerHTML = data;
      document.querySelector<HTMLElement>("#seal [data-check] button")!.focus();
      return;
    }
    throw new Error("the answer has no end");
  } catch {
    if (!stop.signal.aborted) return form.submit(); // the page says what is wrong
    cancelled.hidden = false;
    button.disabled = false;
    button.focus();
  } finally {
    window.clearTimeout(reveal);
    running.hidden = true;
  }
}

// eventsOf reads server-sent events: name and data of each.
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<[string, string]> {
  let name = "", data: string[] = [];
  for await (const line of linesOf(body)) {
    if (line.startsWith("event: ")) name = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
    else if (!line) {
      yield [name, data.join("\n")];
      data = [];
    }
  }
}

function draw(running: HTMLElement, data: string): void {
  const at = JSON.parse(data) as { done: number; total: number };
  const bar = running.querySelector("progress")!;
  bar.max = at.total;
  bar.value = at.done;
  const count = running.querySelector<HTMLElement>("[data-count]")!;
  const lang = document.documentElement.lang;
  count.textContent = `${at.done.toLocaleString(lang)} ${count.dataset["of"]} ${at.total.toLocaleString(lang)}`;
}
