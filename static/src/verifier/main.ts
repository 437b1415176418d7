// The verifier of the audit page. It downloads the bundle like anybody would, or takes one that was downloaded before, and checks it here:
// the server is not asked whether its own record is right. With a file it needs no network.
import { Fault } from "./chain";
import { linesOf } from "./lines";
import { parseCheckpoint, parseKey } from "./note";
import { watchCheck } from "./server";
import { type Report, verify } from "./verify";

watchCheck();

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
  const stop = new AbortController();
  const cancel = form.querySelector<HTMLButtonElement>("[data-cancel]")!;
  cancel.onclick = () => stop.abort();
  button.disabled = true;
  cancel.hidden = bar.hidden = false;
  bar.removeAttribute("value");
  tell(form, "");
  try {
    const body = await bundleOf(data.get("bundle"), stop.signal);
    if (!body) return tell(form, "unreadable");
    const report = await verify(linesOf(body), key, since, (done, total) => {
      stop.signal.throwIfAborted();
      bar.max = total;
      bar.value = done;
      return new Promise((resume) => setTimeout(resume)); // so that the page can be used meanwhile
    });
    tell(form, since ? "continued" : "good", report);
  } catch (error) {
    if (error instanceof Fault) tell(form, error.code, undefined, error.seq);
    else if (stop.signal.aborted) tell(form, "cancelled");
    else tell(form, error instanceof DOMException ? "unsupported" : "unreadable");
  } finally {
    button.disabled = false;
    cancel.hidden = bar.hidden = true;
  }
}

// bundleOf is the file that the reader chose, or what the server says now.
async function bundleOf(chosen: FormDataEntryValue | null, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | null> {
  if (chosen instanceof File && chosen.name) return chosen.stream();
  const answer = await fetch("/audit/bundle", { headers: { Accept: "application/x-ndjson" }, signal });
  return answer.ok ? answer.body : null;
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
