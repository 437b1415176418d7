import { type Described, describe, type Fingerprint, KINDS, TELLING, words } from "./fingerprint";

/** How much less than the best another element must be like a fingerprint, so as not to be mistaken for it. */
const MARGIN = 0.1;
/** How much more like it an element must be than any other was when it was made. */
const RIVAL_MARGIN = 0.05;
/** Likeness from which an element may be the one: less where the selector leads to it, and still less where nothing moved. */
const ENOUGH = 0.55;
const ENOUGH_HIT = 0.4;
const ENOUGH_STAYED = 0.3;

/** Dice's coefficient of two lists: twice what they share over the sum of their lengths; 1 of two empty ones. */
function alike(a: string[], b: string[]): number {
  const shared = a.filter((item) => b.indexOf(item) >= 0).length;
  return a.length + b.length ? Math.min(1, (2 * shared) / (a.length + b.length)) : 1;
}

/** The weighted share, 0 to 1, of what a fingerprint says that is true of an element. */
export function likeness(print: Fingerprint, now: Described): number {
  const { text = "", attributes = {}, classes = [], inner = [], path = [], unit = "", heading = "", before = "", after = "" } = print;
  let got = 0;
  let all = 0;
  const count = (weight: number, share: number) => {
    all += weight;
    got += weight * share;
  };
  if (text) count(4, alike(words(text), words(now.text)));
  else count(1, +!now.text);
  TELLING.forEach((name) => name in attributes && count(3, +(attributes[name] === now.attributes[name])));
  KINDS.forEach((name) => name in attributes && count(1, +(attributes[name] === now.attributes[name])));
  const features: [weight: number, was: string[], have: string[]][] = [
    [2, classes, now.classes],
    [1.5, inner, now.inner],
    [2, path, now.path],
    [2, words(unit), words(now.unit)],
    [1.5, words(heading), words(now.heading)],
    [1.5, words(before), words(now.before)],
    [1.5, words(after), words(now.after)],
  ];
  features.forEach(([weight, was, have]) => was.length && count(weight, alike(was, have)));
  return got / all;
}

/** The elements that hold what a fingerprint says. */
export function same({ text = "", attributes = {}, inner = [] }: Fingerprint, peers: Described[]): Described[] {
  const named = TELLING.some((name) => (attributes[name] || "").length > 2);
  return peers.filter(
    (peer) =>
      peer.text === text &&
      TELLING.concat(KINDS).every((name) => peer.attributes[name] === attributes[name]) &&
      (text || named || alike(peer.inner, inner) === 1),
  );
}

/** Those that are part of something that says what it did. */
export function alone({ unit = "" }: Fingerprint, like: Described[]): Described[] {
  return like.filter((peer) => alike(words(unit), words(peer.unit)) === 1);
}

/** How much of what is around an element is as it was: the texts beside it, the heading, what it is a part of. */
function around({ before = "", after = "", heading = "", unit = "" }: Fingerprint, now: Described): number {
  return +(before === now.before) + +(after === now.after) + +(heading === now.heading) + +(alike(words(unit), words(now.unit)) >= 0.8);
}

/** The element most like a fingerprint, if no other comes near it. */
function best(print: Fingerprint, peers: Described[]): Described | undefined {
  let found: Described | undefined;
  let most = 0;
  let next = 0;
  for (const peer of peers) {
    const score = likeness(print, peer);
    if (score > most) [found, most, next] = [peer, score, most];
    else next = Math.max(next, score);
  }
  return most - next > MARGIN ? found : undefined;
}

/**
 * Whether something tells an element from another of the same sort and place: its words, what it alone is named or leads to, or what is
 * around it. Else the element may have gone and this be the one that came for it. One of another name is another one.
 */
function vouched(print: Fingerprint, now: Described, peers: Described[], enough: number): boolean {
  const { text = "", attributes = {} } = print;
  let only = false;
  for (const name of TELLING) {
    const was = attributes[name];
    const is = now.attributes[name];
    if (was && is && was !== is && name !== "href" && name !== "src") return false;
    only = only || (!!was && was === is && !peers.some((peer) => peer !== now && peer.attributes[name] === is));
  }
  return only || (!!text && alike(words(text), words(now.text)) >= 0.5) || around(print, now) >= enough;
}

/** The element at the place of old, unless some of its tag came or went. */
function stayed({ peers: then, place = 0 }: Fingerprint, peers: Described[]): Described | undefined {
  return peers.length === then ? peers[place] : undefined;
}

/** An element that no longer holds what it did: the one at its place, else the one most like it, if it is more so than any other ever was. */
function changed(print: Fingerprint, peers: Described[], hits: Element[]): Described | undefined {
  const hit = (peer: Described) => hits.indexOf(peer.element) >= 0;
  const there = stayed(print, peers);
  if (there && hit(there) && likeness(print, there) >= ENOUGH_STAYED && vouched(print, there, peers, 1)) return there;
  const found = best(print, peers);
  if (!found || !vouched(print, found, peers, 2)) return undefined;
  const score = likeness(print, found);
  return score >= (hit(found) ? ENOUGH_HIT : ENOUGH) && score >= (print.rival || 0) / 100 + RIVAL_MARGIN ? found : undefined;
}

/** Tells an element from others that hold the same: by what it is a part of, or by its place where none of its tag came or went. */
function among(print: Fingerprint, like: Described[], peers: Described[], hits: Element[]): Described | undefined {
  const { twins = 0, units = 0 } = print;
  const part = alone(print, like);
  if (part.length === 1 && units <= 1 && around(print, part[0]!) >= (like.length === Math.max(1, twins) ? 1 : 4)) return part[0];
  const there = stayed(print, peers);
  if (!there || like.length > twins) return undefined;
  const agreed = around(print, there);
  return agreed >= 3 || (agreed === 2 && hits.indexOf(there.element) >= 0) ? there : undefined;
}

/**
 * The one element that a fingerprint is of, among those of its tag; undefined where there is none, or more than one that it might be. What
 * an element holds says most: as long as only one holds what the fingerprint says, the page around it may change as it likes.
 */
export function recognise(print: Fingerprint, hits: Element[], elements: Element[]): Element | undefined {
  const peers = elements.map(describe);
  const like = same(print, peers);
  let found: Described | undefined;
  if (!like.length) found = changed(print, peers, hits);
  else found = like.length === 1 && (print.twins || 0) <= 1 ? like[0] : among(print, like, peers, hits);
  return found && found.element;
}
