// sha256 is FIPS 180-4. The browser's own answers each call later, which is too slow for hundreds of thousands of short texts.
export function sha256(...parts: Uint8Array[]): Uint8Array {
  const message = padded(parts);
  const state = Uint32Array.of(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19);
  const view = new DataView(message.buffer);
  for (let at = 0; at < message.length; at += 64) compress(state, view, at);
  const out = new Uint8Array(32);
  const write = new DataView(out.buffer);
  state.forEach((word, i) => write.setUint32(i * 4, word));
  return out;
}

// padded joins the parts and adds the end that the standard wants: a bit, zeros, and the length in bits.
function padded(parts: Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, p) => sum + p.length, 0);
  const out = new Uint8Array(((length + 8) >> 6 << 6) + 64);
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  out[at] = 0x80;
  new DataView(out.buffer).setUint32(out.length - 4, length * 8);
  return out;
}

const schedule = new Uint32Array(64);

function compress(state: Uint32Array, view: DataView, at: number): void {
  const w = schedule;
  for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + i * 4);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!, y = w[i - 2]!;
    const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3;
    const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1 | 0;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
    const t1 = h + s1 + (e & f ^ ~e & g) + constants[i]! + w[i]! | 0;
    const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
    const t2 = s0 + (a & b ^ a & c ^ b & c) | 0;
    h = g; g = f; f = e; e = d + t1 | 0; d = c; c = b; b = a; a = t1 + t2 | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] = state[i]! + word; });
}

// constants are the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
const constants = roots();

function roots(): Uint32Array {
  const out = new Uint32Array(64);
  for (let n = 2, found = 0; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (prime) out[found++] = cubeRoot(BigInt(n));
  }
  return out;
}

// cubeRoot is floor(2^32 · ∛n) without its whole part, by halving.
function cubeRoot(n: bigint): number {
  let low = 0n, high = 1n << 36n;
  const cube = n << 96n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle * middle * middle <= cube) low = middle;
    else high = middle;
  }
  return Number(low & 0xffffffffn);
}
