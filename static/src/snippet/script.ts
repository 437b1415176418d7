/** The tag of the runtime, which carries the nonce of a content security policy. */
const script = document.currentScript;

/** Adds an empty element that needs the nonce; a script runs as soon as it has something to run. */
export function nonced<K extends "script" | "style">(tag: K): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (script && script.nonce) element.nonce = script.nonce;
  return document.documentElement.appendChild(element);
}
