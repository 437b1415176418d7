// Asks the browser's verifier about the vectors on standard input, and prints what it sees otherwise.
import { readFileSync } from "node:fs";
import { same, unhex } from "../../static/src/verifier/bytes";
import { canonical } from "../../static/src/verifier/canonical";
import { entryHash, Fault, payloadHash } from "../../static/src/verifier/chain";
import { parseCheckpoint, parseKey, signedBy } from "../../static/src/verifier/note";
import { rootOf, Tree } from "../../static/src/verifier/tree";
import { verify } from "../../static/src/verifier/verify";

const v = JSON.parse(readFileSync(0, "utf8"));
const wrong: string[] = [];
const expect = (ok: boolean, what: string): void => { if (!ok) wrong.push(what); };
const codes: Record<string, number> = { unreadable: 1, hash: 3, order: 4, signature: 5, rollback: 6, fork: 7, payload: 8, malformed: 9 };

for (const p of v.payloads) {
  expect(canonical(p.payload) === p.canonical, `payload ${p.canonical.slice(0, 80)}: other bytes`);
  expect(same(payloadHash(unhex(p.salt)!, p.payload), unhex(p.hash)!), `payload ${p.canonical.slice(0, 80)}: another hash`);
}
for (const e of v.entries) expect(same(entryHash(e.account, e), unhex(e.hash)!), `entry ${e.seq}: another hash`);
for (const t of v.trees) {
  const tree = new Tree();
  for (const leaf of t.leaves) tree.add(unhex(leaf)!);
  expect(same(tree.root(), unhex(t.root)!), `tree of ${t.leaves.length}: another root`);
}
for (const i of v.inclusions) {
  const root = rootOf(unhex(i.leaf)!, i.index, i.size, i.path.map((h: string) => unhex(h)!));
  expect((root !== null && same(root, unhex(i.root)!)) === i.holds, `proof of ${i.index} in ${i.size}: holds is not ${i.holds}`);
}
for (const c of v.checkpoints) {
  const parsed = parseCheckpoint(c.note)!;
  expect(parsed.size === c.size && same(parsed.root, unhex(c.root)!), `checkpoint of ${c.size}: read otherwise`);
  expect((await signedBy(parsed, parseKey(c.key)!)) === c.valid, `checkpoint of ${c.size}: valid is not ${c.valid}`);
}
for (const b of v.bundles) {
  let code = 0, seq = -1;
  try {
    await verify(b.bundle.split("\n").filter((line: string) => line !== ""), parseKey(b.key)!, b.since ?? "", () => undefined);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    [code, seq] = [codes[error.code]!, error.seq];
  }
  expect(code === b.code && seq === b.seq, `${b.name}: ${code} at ${seq}, want ${b.code} at ${b.seq}`);
}
console.log(JSON.stringify(wrong));
