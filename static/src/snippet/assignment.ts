import { readList, writeList } from "./storage";

const NAME = "_smp_a";
const LENGTH = 200;

type Assignment = [seed: string, arm: string, epoch: number];

/** What this browser was first shown, oldest first. */
export function assignments(): Assignment[] {
  return (readList(NAME) as Assignment[]).filter((entry) => entry && entry.length === 3);
}

/**
 * Returns what this browser was first shown in a split. An assignment is written at the exposure, as on the server, so it also
 * says that goals may count. It holds for ever: later weights, and a smaller traffic share, move only new visitors.
 */
export function remembered(seed: string): Assignment | undefined {
  return assignments().find((entry) => entry[0] === seed);
}

/** Remembers the first assignment of a split; the oldest of 200 give way. */
export function remember(seed: string, arm: string, epoch: number): void {
  const list = assignments();
  if (list.some((entry) => entry[0] === seed)) return;
  writeList(NAME, list.concat([[seed, arm, epoch]]).slice(-LENGTH));
}
