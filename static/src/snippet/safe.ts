/** Wraps a callback that the browser calls, so that nothing of ours ever throws into the page. */
export function safe<A extends unknown[]>(callback: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      callback(...args);
    } catch {
      // A fault of ours must not become an error of the page.
    }
  };
}

/** Listens on the window, before any listener of the page where the event travels down the document. */
export function listen(type: string, callback: (event: Event) => void): void {
  addEventListener(type, safe(callback), true);
}
