import { describe, type Fingerprint } from "./fingerprint";
import { twins } from "./likeness";

/** The fingerprint of an element of this page, for the change that is made of it. */
export function fingerprint(element: Element): Fingerprint {
  const print: Fingerprint = describe(element);
  const like = twins(print, Array.from(document.getElementsByTagName(element.localName)));
  return { ...print, twins: like.length, ordinal: like.indexOf(element) };
}
