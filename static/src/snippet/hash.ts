/** 32-bit FNV-1a over UTF-16 units, which are the bytes for the ASCII that keys and visitor ids consist of. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** Places value in [0, 1) for seed, in steps of 1/10,000: version 2 of the hash published with the GrowthBook SDKs. */
export function bucket(seed: string, value: string): number {
  return (fnv1a(fnv1a(seed + value) + "") % 10000) / 10000;
}

/**
 * Returns the index of the arm whose range contains n, or -1. Ranges follow each other; their ends are the weights (units of
 * 1/10,000) added left to right in doubles, as every other implementation of the hash adds them.
 */
export function pick(n: number, weights: number[]): number {
  let end = 0;
  return weights.findIndex((weight) => n < (end += weight / 10000));
}
