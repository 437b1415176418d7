function parse(id: string): unknown {
  return JSON.parse(document.getElementById(id)?.textContent || "null");
}

const words = (parse("editor-words") ?? {}) as Record<string, string>;

/** What the page's language has for a word of the script. */
export function say(name: string, n?: string | number): string {
  return (words[name] ?? name).replace("{n}", String(n ?? ""));
}

/** Data that the server left in the page. */
export function data<T>(id: string): T {
  return parse(id) as T;
}

let timer = 0;

/** Tells people who hear the page what happened; the last of several in a row. */
export function announce(text: string): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    const live = document.getElementById("editor-live");
    if (live) live.textContent = text;
  }, 150);
}
