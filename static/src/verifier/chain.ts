import { prefixed, same, u64, unhex, utf8 } from "./bytes";
import { canonical } from "./canonical";
import { sha256 } from "./sha256";
import { Tree } from "./tree";

// Fault is what is wrong first. The codes are those that `samplit audit verify` exits with.
export class Fault extends Error {
  constructor(readonly code: "unreadable" | "hash" | "order" | "signature" | "rollback" | "fork" | "payload" | "malformed", readonly seq: number) {
    super(code);
  }
}

export interface Entry {
  seq: number;
  micros: number;
  actor: string;
  action: string;
  object: string;
  salt?: string;
  payload?: unknown;
  payload_hash: string;
  prev: string;
  hash: string;
}

const leafPrefix = utf8("\0samplit-audit/v1\0");
const payloadPrefix = utf8("samplit-payload/v1\0");

export const uuidBytes = (id: string): Uint8Array => unhex(id.replaceAll("-", ""), 16)!;

export const genesis = (account: string): Uint8Array => sha256(utf8("samplit-genesis/v1\0"), uuidBytes(account));

export const payloadHash = (salt: Uint8Array, payload: unknown): Uint8Array => sha256(payloadPrefix, salt, utf8(canonical(payload)));

export function entryHash(account: string, e: Entry): Uint8Array {
  return sha256(leafPrefix, uuidBytes(account), u64(e.seq), u64(e.micros), ...prefixed(e.actor), ...prefixed(e.action), ...prefixed(e.object),
    unhex(e.payload_hash, 32)!, unhex(e.prev, 32)!);
}

const texts = ["actor", "action", "object"] as const;
const hashes = ["payload_hash", "prev", "hash"] as const;
const members = new Set<string>(["seq", "micros", "salt", "payload", ...texts, ...hashes]);

// asEntry is what a line says, when it says an entry and nothing else.
export function asEntry(value: unknown): Entry | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const e = value as Record<string, unknown>;
  const right = Object.keys(e).every((k) => members.has(k)) && Number.isSafeInteger(e["seq"]) && Number.isSafeInteger(e["micros"]) &&
    texts.every((k) => typeof e[k] === "string") && hashes.every((k) => unhex(e[k], 32)) && (e["salt"] === undefined || unhex(e["salt"]));
  return right ? (e as unknown as Entry) : null;
}

// Chain follows entries from the first one on.
export class Chain {
  readonly tree = new Tree();
  readonly handovers: { seq: number; old: string; new: string }[] = [];
  private prev: Uint8Array;
  private micros = 0;
  private gone: number[] = [];
  private erasures: [number, number][] = [];

  constructor(readonly account: string) {
    this.prev = genesis(account);
  }

  get erased(): number {
    return this.gone.length;
  }

  add(e: Entry): void {
    const seq = this.tree.size;
    const hash = unhex(e.hash, 32)!;
    if (e.seq !== seq) throw new Fault("order", seq);
    if (!same(entryHash(this.account, e), hash)) throw new Fault("hash", seq);
    if (!same(unhex(e.prev, 32)!, this.prev) || e.micros < this.micros) throw new Fault("order", seq);
    this.payload(e);
    this.prev = hash;
    this.micros = e.micros;
    this.tree.add(hash);
  }

  private payload(e: Entry): void {
    if (e.payload === undefined && e.salt === undefined) {
      this.gone.push(e.seq);
      return;
    }
    const salt = unhex(e.salt, 32);
    if (!salt || e.payload === undefined || !same(payloadHash(salt, e.payload), unhex(e.payload_hash, 32)!)) throw new Fault("payload", e.seq);
    const p = e.payload as { entries?: [number, number][]; old?: string; new?: string };
    if (e.action === "payload.erased") this.erasures.push(...(p.entries ?? []).filter(([first, last]) => first <= last && last < e.seq));
    if (e.action === "audit.key_rotated" && this.handovers.length < 100) this.handovers.push({ seq: e.seq, old: String(p.old), new: String(p.new) });
  }

  // end is called after the last entry: every missing payload needs an erasure that names it.
  end(): void {
    this.erasures.sort((a, b) => a[0] - b[0]);
    let next = 0, covered = -1;
    for (const seq of this.gone) {
      for (; next < this.erasures.length && this.erasures[next]![0] <= seq; next++) covered = Math.max(covered, this.erasures[next]![1]);
      if (seq > covered) throw new Fault("payload", seq);
    }
  }
}
