// The verifier of the audit page. It downloads the bundle like anybody would and checks it here: the server is not asked whether
// its own record is right.
import { Fault } from "./chain";
import { parseCheckpoint, parseKey } from "./note";
import { type Report, verify } from "./verify";

const form = document.querySelector<HTMLFormElement>("form[data-verify]");
if (form) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void run(form);
  });
}

async function run(form: HTMLFormElement): Promise<void> {
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]")!;
  const bar = form.querySelector<HTMLProgressElement>("progress")!;
  const data = new FormData(form);
  const key = parseKey(String(data.get("key")));
  const file = data.get("since");
  const since = file instanceof File && file.size > 0 && file.size < 5000 ? await file.text() : "";
  if (!key) return tell(form, "key");
  if (since && !parseCheckpoint(since)) return tell(form, "since");
  if (!globalThis.crypto?.subtle) return tell(form, "insecure");
  button.disabled = true;
  bar.hidden = false;
  bar.removeAttribute("value");
  tell(form, "");
  try {
    const answer = await fetch("/audit/bundle", { headers: { Accept: "application/x-ndjson" } });
    if (!answer.ok || !answer.body) return tell(form, "unreadable");
    const report = await verify(linesOf(answer.body), key, since, (done, total) => {
      bar.max = total;
      bar.value = done;
      return new Promise((resume) => setTimeout(resume)); // so that the page can be used meanwhile
    });
    tell(form, since ? "continued" : "good", report);
  } catch (error) {
    if (error instanceof Fault) tell(form, error.code, undefined, error.seq);
    else tell(form, error instanceof DOMException ? "unsupported" : "unreadable");
  } finally {
    button.disabled = false;
    bar.hidden = true;
  }
}

// linesOf cuts what arrives into lines.
async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    const lines = rest.split("\n");
    rest = lines.pop()!;
    yield* lines;
    if (done) break;
  }
  if (rest) yield rest;
}

// tell shows one of the sentences that the page holds, with the numbers in their places.
function tell(form: HTMLFormElement, outcome: string, report?: Report, seq = -1): void {
  for (const p of form.querySelectorAll<HTMLElement>("[data-outcome]")) {
    p.hidden = p.dataset["outcome"] !== outcome;
    for (const place of p.querySelectorAll<HTMLElement>("[data-number]")) {
      const numbers: Record<string, number | undefined> = { entries: report?.entries, erased: report?.erased, checkpoints: report?.checkpoints };
      const n = numbers[place.dataset["number"]!];
      if (n !== undefined) place.textContent = n.toLocaleString(document.documentElement.lang);
    }
  }
  const first = form.querySelector<HTMLElement>("[data-first-bad]")!;
  first.hidden = seq < 0;
  first.querySelector("[data-seq]")!.textContent = seq.toLocaleString(document.documentElement.lang);
}
