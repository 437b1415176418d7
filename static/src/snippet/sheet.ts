import { safe } from "./safe";
import { nonced } from "./script";

/** One declaration for one selector, if need be for some windows only. It is written with `!important`. */
export type Rule = [selector: string, property: string, value: string, media?: string | undefined];

/** Raises a rule over the page's own, and all rules to one height: so the later change prevails, whatever the selectors are. */
const ABOVE = ":not(#_#_#_)";

let sheet: CSSStyleSheet | undefined;
let drawn: Rule[] = [];

/** A constructable sheet needs no permission from a content security policy; where there is none, a style element with our nonce. */
function open(): CSSStyleSheet {
  try {
    const made = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, made];
    return made;
  } catch {
    return nonced("style").sheet!;
  }
}

/** Values go through the browser's own declaration parser and cannot leave their property; a selector or value that it refuses is
 * left out. */
function fill(rules: Rule[], still?: boolean): void {
  const target = (sheet = sheet || open());
  while (target.cssRules.length) target.deleteRule(0);
  for (const [selector, property, value, media] of rules) {
    try {
      const text = `:where(${selector})${ABOVE}{}`;
      let rule = target.cssRules[target.insertRule(media ? `@media ${media}{${text}}` : text, target.cssRules.length)];
      if (media) rule = (rule as CSSMediaRule).cssRules[0];
      const { style } = rule as CSSStyleRule;
      style.setProperty(property, value, "important");
      if (still) style.setProperty("transition", "none", "important");
    } catch {
      // The neighbours still apply.
    }
  }
}

/**
 * Makes rules the whole content of our sheet. In the first frame, what they are about has no transition: that would show the page's own
 * look on its way to ours.
 */
export function draw(rules: Rule[]): void {
  if (rules + "" === drawn + "") return;
  drawn = rules;
  fill(rules, true);
  requestAnimationFrame(() => requestAnimationFrame(safe(() => drawn === rules && fill(rules))));
}
