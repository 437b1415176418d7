import { sha256 } from "./sha256";

const inner = Uint8Array.of(1);

export const node = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(inner, left, right);

// Tree grows by leaves and keeps the roots of its perfect subtrees, largest first.
export class Tree {
  size = 0;
  private peaks: Uint8Array[] = [];

  add(hash: Uint8Array): void {
    for (let n = this.size; n % 2 === 1; n = (n - 1) / 2) hash = node(this.peaks.pop()!, hash);
    this.peaks.push(hash);
    this.size++;
  }

  root(): Uint8Array {
    if (this.peaks.length === 0) return sha256();
    return this.peaks.reduceRight((right, left) => node(left, right));
  }
}

// rootOf follows a proof of inclusion from a leaf to the root that it leads to; null when it has the wrong length.
export function rootOf(leaf: Uint8Array, index: number, size: number, path: Uint8Array[]): Uint8Array | null {
  if (index < 0 || index >= size) return null;
  let hash = leaf, last = size - 1;
  for (const sibling of path) {
    if (last === 0) return null;
    if (index % 2 === 1 || index === last) {
      hash = node(sibling, hash);
      while (index % 2 === 0 && index !== 0) [index, last] = [index / 2, Math.floor(last / 2)];
    } else {
      hash = node(hash, sibling);
    }
    [index, last] = [Math.floor(index / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash : null;
}
