import { trusted } from "../trusted";
import { runsCode } from "./address";

const ACTIVE = /^(script|style|template|iframe|frame|frameset|object|embed|applet|base|meta|link|set|animate.*|portal|fencedframe)$/i;

/** Parses HTML as it would stand in any element, and without running any of it. */
export function fragment(text: string): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = trusted(text);
  return template.content;
}

/** Whether HTML holds nothing that runs code, and may be parsed at all. */
export function harmless(text: string | undefined): boolean {
  if (text === undefined) return false;
  try {
    return Array.from(fragment(text).querySelectorAll("*")).every(
      (element) =>
        !ACTIVE.test(element.localName) &&
        Array.from(element.attributes).every(({ localName, "value": value }) => !/^(on.*|srcdoc)$/i.test(localName) && !runsCode(value)),
    );
  } catch {
    return false; // Trusted Types: the page does not let us
  }
}
