import { listen, safe } from "./safe";

/**
 * Calls expect at once when the address of the page may have changed, and changed in a later task, when the router that changed it
 * is done; expect must not touch the page. The wrapped functions keep their receiver, result and exceptions.
 */
export function watchHistory(expect: () => void, changed: () => void): void {
  const later = safe(() => {
    setTimeout(safe(changed));
    expect();
  });
  for (const name of ["pushState", "replaceState"] as const) {
    const native = history[name];
    history[name] = function (this: History, ...args: Parameters<History["pushState"]>): void {
      const result = native.apply(this, args);
      later();
      return result;
    };
  }
  listen("popstate", later);
  listen("hashchange", later);
}
