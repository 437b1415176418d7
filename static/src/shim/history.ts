import { shown } from "./address";
import { go } from "./frames";
import { replaceMethod } from "./replace";

/** Routers may name the address that visitors know. */
export function shimHistory(): void {
  for (const name of ["pushState", "replaceState"] as const) {
    replaceMethod(History.prototype, name, (native) =>
      function (this: History, state, unused, url) {
        native.call(this, state, unused, url == null ? url : shown(String(url)));
      },
    );
  }
  replaceMethod(window, "open", () => (url) => {
    if (url) go(String(url));
    return null;
  });
}
