import { listen, safe } from "./safe";

const expecting: (() => void)[] = [];
const changing: (() => void)[] = [];

/**
 * Calls changed in a later task when the address of the page may have changed, as the router that changed it is done then; and expect
 * at once, which must not touch the page.
 */
export function watchHistory(changed: () => void, expect?: () => void): void {
  changing.push(changed);
  if (expect) expecting.push(expect);
}

const later = safe(() => {
  setTimeout(() => changing.forEach((changed) => safe(changed)()));
  expecting.forEach((expect) => expect());
});

/** Starts watching. The wrapped functions keep their receiver, result and exceptions. */
export function wrapHistory(): void {
  (["pushState", "replaceState"] as const).forEach((name) => {
    const native = history[name];
    history[name] = function (this: History, ...args: Parameters<History["pushState"]>): void {
      const result = native.apply(this, args);
      later();
      return result;
    };
  });
  listen("popstate", later);
  listen("hashchange", later);
}
