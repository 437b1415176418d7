import { counts, shown } from "./address";
import { replaceMethod } from "./replace";

const nowhere = "data:,";

function destination(address: string): string {
  return counts(address) ? nowhere : shown(address);
}

/** What scripts ask of their own site they ask of the place where it is shown. What counts visits is told that all went well. */
export function shimNetwork(): void {
  replaceMethod(window, "fetch", (native) => (input, init) => {
    if (input instanceof Request) {
      const to = destination(input.url);
      return native.call(window, to === input.url ? input : to === nowhere ? nowhere : new Request(to, input), init);
    }
    const to = destination(String(input));
    return native.call(window, to, to === nowhere ? undefined : init);
  });
  replaceMethod(XMLHttpRequest.prototype, "open", (native) =>
    function (this: XMLHttpRequest, method: string, url: string | URL, async?: boolean, user?: string | null, password?: string | null) {
      const to = destination(String(url));
      native.call(this, to === nowhere ? "GET" : method, to, async ?? true, user, password);
    } as typeof native,
  );
  replaceMethod(Navigator.prototype, "sendBeacon", (native) =>
    function (this: Navigator, url, data) {
      return counts(String(url)) || native.call(this, shown(String(url)), data);
    },
  );
  if ("EventSource" in window) {
    window.EventSource = new Proxy(EventSource, { construct: (of, [url, init]) => new of(shown(String(url)), init) });
  }
  for (const name of ["Worker", "SharedWorker"] as const) {
    if (name in window) window[name] = new Proxy(window[name] as typeof Worker, { construct: (of, [url, init]) => new of(shown(String(url)), init) }) as never;
  }
}
