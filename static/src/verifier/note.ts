import { same, unbase64, utf8 } from "./bytes";
import { sha256 } from "./sha256";

// Checkpoint says what an account's record was when it had size entries.
export interface Checkpoint {
  account: string;
  size: number;
  root: Uint8Array;
  text: string; // what is signed
  signatures: { name: string; id: Uint8Array; value: Uint8Array }[];
}

export interface Key {
  name: string;
  id: Uint8Array;
  point: Uint8Array;
}

// parseKey reads NAME+ID+BASE64, the base64 being a byte 1 for Ed25519 and 32 bytes of key.
export function parseKey(text: string): Key | null {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim());
  const bytes = match && unbase64(match[3]!);
  if (!match || !bytes || bytes.length !== 33 || bytes[0] !== 1) return null;
  const id = sha256(utf8(match[1]! + "\n"), bytes).slice(0, 4);
  const hex = [...id].map((x) => x.toString(16).padStart(2, "0")).join("");
  return hex === match[2] ? { name: match[1]!, id, point: bytes.slice(1) } : null;
}

export function parseCheckpoint(note: string): Checkpoint | null {
  const match = /^(samplit\/audit\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n)\n((?:— \S+ \S+\n)+)$/.exec(note);
  const root = match && unbase64(match[4]!);
  if (!match || !root || root.length !== 32) return null;
  const signatures = [];
  for (const line of match[5]!.trimEnd().split("\n")) {
    const [, name, value] = line.split(" ");
    const bytes = unbase64(value!);
    if (!bytes || bytes.length < 5) return null;
    signatures.push({ name: name!, id: bytes.slice(0, 4), value: bytes.slice(4) });
  }
  return { account: match[2]!, size: Number(match[3]), root, text: match[1]!, signatures };
}

// signedBy asks the browser's own Ed25519, which it has on https and localhost.
export async function signedBy(c: Checkpoint, key: Key): Promise<boolean> {
  const mine = c.signatures.filter((s) => s.name === key.name && same(s.id, key.id));
  if (mine.length === 0) return false;
  const imported = await crypto.subtle.importKey("raw", key.point as BufferSource, { name: "Ed25519" }, false, ["verify"]);
  for (const s of mine) {
    if (!(await crypto.subtle.verify({ name: "Ed25519" }, imported, s.value as BufferSource, utf8(c.text) as BufferSource))) return false;
  }
  return true;
}
