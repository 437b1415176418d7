import { safe } from "./safe";

/** What a page pushes to its data layer: an object of the tag manager, or the arguments of `gtag`. */
export type LayerEntry = { [name: string]: unknown } & ArrayLike<unknown>;

/** The data layer, which pages and tag managers share. */
export function layer(): LayerEntry[] {
  const shared = window as unknown as { dataLayer?: LayerEntry[] };
  return (shared.dataLayer = shared.dataLayer || []);
}

const readers: ((entry: LayerEntry) => void)[] = [];

/** Calls read with every entry of the data layer, those that are there already first. */
export function readLayer(read: (entry: LayerEntry) => void): void {
  const entries = layer();
  if (!readers.length) {
    const native = entries.push;
    entries.push = function (this: LayerEntry[], ...added: LayerEntry[]): number {
      const result = native.apply(this, added);
      added.forEach((entry) => readers.forEach((reader) => safe(reader)(entry)));
      return result;
    };
  }
  readers.push(read);
  entries.forEach(safe(read));
}
