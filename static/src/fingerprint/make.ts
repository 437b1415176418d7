import { describe, type Fingerprint } from "./fingerprint";
import { alone, likeness, same } from "./likeness";

/** The fingerprint of an element of this page, for the change that is made of it. */
export function fingerprint(element: Element): Fingerprint {
  const peers = Array.from(document.getElementsByTagName(element.localName)).map(describe);
  const { element: _, ...print } = describe(element);
  const like = same(print, peers);
  const others = peers.filter((peer) => peer.element !== element);
  return {
    ...print,
    twins: like.length,
    units: alone(print, like).length,
    rival: Math.max(0, ...others.map((peer) => Math.floor(100 * likeness(print, peer)))),
    peers: peers.length,
    place: peers.findIndex((peer) => peer.element === element),
  };
}
