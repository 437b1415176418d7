import { script } from "./script";

/** One declaration for one selector; it is written with `!important`, so that the page's own rules do not undo it. */
export type Rule = [selector: string, property: string, value: string];

let sheet: CSSStyleSheet | undefined;
let drawn = "[]";

/** A constructable sheet needs no permission from a content security policy; where there is none, a style element with our nonce. */
function open(): CSSStyleSheet {
  try {
    const made = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, made];
    return made;
  } catch {
    const element = document.createElement("style");
    if (script && script.nonce) element.nonce = script.nonce;
    document.documentElement.appendChild(element);
    return element.sheet!;
  }
}

/**
 * Makes rules the whole content of our sheet. Values go through the browser's own declaration parser and cannot leave their
 * property; a selector or value that it refuses is left out.
 */
export function draw(rules: Rule[]): void {
  const key = JSON.stringify(rules);
  if (key === drawn) return;
  drawn = key;
  const target = (sheet = sheet || open());
  while (target.cssRules.length) target.deleteRule(0);
  for (const [selector, property, value] of rules) {
    try {
      const at = target.insertRule(selector + "{}", target.cssRules.length);
      (target.cssRules[at] as CSSStyleRule).style.setProperty(property, value, "important");
    } catch {
      // The neighbours still apply.
    }
  }
}
