import { same } from "./bytes";
import { asEntry, Chain, Fault } from "./chain";
import { type Checkpoint, type Key, parseCheckpoint, parseKey, signedBy } from "./note";

export interface Report {
  account: string;
  entries: number;
  erased: number;
  checkpoints: number;
}

// Promised is a checkpoint, and the root that the entries have at its size.
interface Promised extends Checkpoint {
  found?: Uint8Array;
}

// verify checks a bundle by lines against the key that its reader trusts and, when there is one, a checkpoint kept from before. It
// knows nothing of the program that wrote the bundle but docs/audit.md. What is wrong is thrown as a Fault.
export async function verify(lines: AsyncIterable<string> | Iterable<string>, key: Key, since: string, progress: (done: number, total: number) => void | Promise<void>): Promise<Report> {
  let chain: Chain | undefined;
  let size = 0, checkpoints = 0, inEntries = false;
  const promised: Promised[] = [];
  if (since) promised.push(checkpointOf(since));
  const reach = (): void => {
    for (const p of promised) if (!p.found && p.size === chain!.tree.size) p.found = chain!.tree.root();
  };
  for await (const line of lines) {
    const value = parse(line);
    if (!chain) {
      if (!value) throw new Fault("malformed", -1);
      chain = begin(value);
    } else if (!inEntries && typeof value?.["checkpoint"] === "string" && Object.keys(value).length === 1) {
      const c = checkpointOf(value["checkpoint"]);
      if (c.size < size) throw new Fault("malformed", -1);
      size = c.size;
      checkpoints++;
      promised.push(c);
    } else {
      if (!inEntries) check(promised, chain.account, checkpoints);
      inEntries = true;
      const entry = value && asEntry(value);
      if (!entry) throw new Fault("malformed", chain.tree.size);
      if (chain.tree.size === size) throw new Fault("order", size);
      chain.add(entry);
      reach();
      if (chain.tree.size % 2000 === 0) await progress(chain.tree.size, size);
    }
  }
  if (!chain) throw new Fault("unreadable", -1);
  if (!inEntries) check(promised, chain.account, checkpoints);
  if (chain.tree.size < size) throw new Fault("order", chain.tree.size);
  chain.end();
  await settle(promised, chain, key);
  return { account: chain.account, entries: size, erased: chain.erased, checkpoints };
}

// parse reads a line that holds a JSON object.
function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // no JSON either
  }
  return undefined;
}

function begin(header: Record<string, unknown>): Chain {
  const account = header["account"];
  if (header["bundle"] !== "samplit-audit/v1" || typeof account !== "string" || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(account)) throw new Fault("malformed", -1);
  return new Chain(account);
}

function checkpointOf(note: string): Checkpoint {
  const c = parseCheckpoint(note);
  if (!c) throw new Fault("signature", -1);
  return c;
}

function check(promised: Promised[], account: string, checkpoints: number): void {
  if (checkpoints === 0) throw new Fault("malformed", -1);
  if (promised.some((p) => p.account !== account)) throw new Fault("signature", -1);
  promised.sort((a, b) => a.size - b.size);
}

// settle asks who signed the checkpoints, and compares them with the entries.
async function settle(promised: Promised[], chain: Chain, key: Key): Promise<void> {
  const keys = await trusted(promised, chain, key);
  for (const p of promised) {
    const by = await Promise.all(keys.map((k) => signedBy(p, k)));
    if (!by.includes(true)) throw new Fault("signature", -1);
  }
  let last = 0, good = 0; // sizes of the last checkpoint that holds, and of the last smaller one
  for (const p of promised) {
    if (p.size > last) [last, good] = [p.size, last];
    if (p.size > chain.tree.size) throw new Fault("rollback", chain.tree.size);
    if (!p.found || !same(p.found, p.root)) throw new Fault("fork", good);
  }
}

// trusted is the key and those that signing was handed over from or to, each by an entry that the old key vouched for.
async function trusted(promised: Promised[], chain: Chain, key: Key): Promise<Key[]> {
  const keys = [key];
  const has = (k: Key): boolean => keys.some((have) => have.name === k.name && same(have.point, k.point));
  for (let again = true; again; ) {
    again = false;
    for (const h of chain.handovers) {
      const before = parseKey(h.old), after = parseKey(h.new);
      if (!before || !after || has(before) === has(after) || !(await vouched(promised, before, h.seq))) continue;
      keys.push(has(before) ? after : before);
      again = true;
    }
  }
  return keys;
}

async function vouched(promised: Promised[], key: Key, seq: number): Promise<boolean> {
  for (const p of promised) {
    if (p.size > seq && p.found && same(p.found, p.root) && (await signedBy(p, key))) return true;
  }
  return false;
}
