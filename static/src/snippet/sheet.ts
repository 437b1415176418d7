import { script } from "./script";

/** One declaration for one selector, if need be for some windows only. It is written with `!important`. */
export type Rule = [selector: string, property: string, value: string, media?: string | undefined];

/** Raises a rule over the page's own, and all rules to one height: so the later change prevails, whatever the selectors are. */
const ABOVE = ":not(#_#_#_)";

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
  for (const [selector, property, value, media] of rules) {
    try {
      const text = `:where(${selector})${ABOVE}{}`;
      let rule = target.cssRules[target.insertRule(media ? `@media ${media}{${text}}` : text, target.cssRules.length)];
      if (media) rule = (rule as CSSMediaRule).cssRules[0];
      (rule as CSSStyleRule).style.setProperty(property, value, "important");
    } catch {
      // The neighbours still apply.
    }
  }
}
