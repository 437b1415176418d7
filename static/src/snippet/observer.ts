import { safe } from "./safe";

const MAX_BURST = 100;
const BURST_PAUSE = 50;

let observer: MutationObserver | undefined;
let observed: string | undefined;
let burst = 0;

/** Takes no notice of what we have just done ourselves. */
export function overlook(): void {
  if (observer) observer.takeRecords();
}

/**
 * Calls changed after mutations of the document, before they are painted. When page and callback answer each other without end
 * the rest waits for a timer, so that the page stays alive. Returns at once when nothing differs from the last call.
 */
export function observe(needed: boolean, attributes: string[], changed: () => void): void {
  const key = needed ? attributes.join() : undefined;
  overlook();
  if (key === observed) return;
  observed = key;
  if (observer) observer.disconnect();
  if (!needed) return;
  observer = new MutationObserver(
    safe(() => {
      if (!burst) {
        setTimeout(
          safe(() => {
            const late = burst > MAX_BURST;
            burst = 0;
            if (late) changed();
          }),
          BURST_PAUSE,
        );
      }
      if (++burst <= MAX_BURST) changed();
    }),
  );
  observer.observe(document, { subtree: true, childList: true, characterData: true, attributeFilter: attributes });
}
