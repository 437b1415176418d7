import { listen, safe } from "./safe";

/**
 * Calls changed after the address of the page may have changed: in a later task, when the router that changed it is done. The
 * wrapped functions keep their receiver, result and exceptions.
 */
export function watchHistory(changed: () => void): void {
  const later = () => {
    setTimeout(safe(changed));
  };
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
