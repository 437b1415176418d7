import { replaceProperty } from "./replace";

/** A storage that lasts as long as the page. */
function memory(): Storage {
  const kept = new Map<string, string>();
  const methods = {
    get length() {
      return kept.size;
    },
    key: (index: number) => [...kept.keys()][index] ?? null,
    getItem: (key: string) => kept.get(String(key)) ?? null,
    setItem: (key: string, value: string) => void kept.set(String(key), String(value)),
    removeItem: (key: string) => void kept.delete(String(key)),
    clear: () => kept.clear(),
  };
  return new Proxy(methods as Storage, {
    get: (target, key) => (key in target ? target[key as string] : kept.get(String(key))),
    set: (_, key, value) => (kept.set(String(key), String(value)), true),
    has: (target, key) => key in target || kept.has(String(key)),
    deleteProperty: (_, key) => (kept.delete(String(key)), true),
    ownKeys: () => [...kept.keys()],
    getOwnPropertyDescriptor: (_, key) => (kept.has(String(key)) ? { value: kept.get(String(key)), configurable: true, enumerable: true, writable: true } : undefined),
  });
}

/** Where the page has no origin, and so no storage, it gets one in memory: many pages stop without. */
export function shimStorage(): void {
  for (const name of ["localStorage", "sessionStorage"] as const) {
    try {
      window[name].length;
    } catch {
      const storage = memory();
      replaceProperty(window, name, () => storage);
    }
  }
}

/** Cookies of the page stay in the page: those of the site are kept on the server, and none reaches another page's host. */
export function shimCookies(): void {
  const kept = new Map<string, string>();
  const write = (text: string): void => {
    const [pair = "", ...attributes] = text.split(";");
    const [, name = "", value = ""] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/.exec(pair) || [];
    const gone = attributes.some((a) => /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(a) || (/^\s*expires\s*=/i.test(a) && Date.parse(a.split("=")[1] || "") < Date.now()));
    if (gone) kept.delete(name);
    else if (kept.size < 100 || kept.has(name)) kept.set(name, value.slice(0, 4096));
  };
  replaceProperty(Document.prototype, "cookie", () => [...kept].map(([name, value]) => (name ? name + "=" + value : value)).join("; "), (text) => write(String(text)));
}
