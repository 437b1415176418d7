import { counts, shown } from "./address";
import { onWrite, replaceMethod } from "./replace";

const addresses: [{ prototype: Element }, string][] = [
  [HTMLScriptElement, "src"],
  [HTMLImageElement, "src"],
  [HTMLIFrameElement, "src"],
  [HTMLSourceElement, "src"],
  [HTMLMediaElement, "src"],
  [HTMLInputElement, "src"],
  [HTMLLinkElement, "href"],
  [HTMLAnchorElement, "href"],
  [HTMLFormElement, "action"],
];

const written = new Set(["src", "href", "action", "formaction", "poster", "data"]);

function change(address: string, of: Element): string {
  if (of.localName !== "a" && counts(address)) return "data:,";
  return shown(address);
}

/** Markup that scripts write is read once more; what it names of the own site, or of those who count visits, is changed in it. */
function changeMarkup(markup: string): string {
  return markup.replace(/(\s(?:src|href|action|poster)\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)/gi, (all, before: string, value: string) => {
    const loads = /^\s*src/i.test(before);
    const quote = /^["']/.test(value) ? value.charAt(0) : "";
    const address = quote ? value.slice(1, -1) : value;
    if (!/^\s*(https?:)?\/\//i.test(address)) return all;
    const plain = address.replace(/&amp;/g, "&");
    const to = loads && counts(plain) ? "data:," : shown(plain);
    return to === plain ? all : before + (quote || '"') + to.replace(/&/g, "&amp;") + (quote || '"');
  });
}

/** Elements that scripts make follow the rules that the server applied to those it sent. */
export function shimElements(): void {
  for (const [of, name] of addresses) onWrite(of.prototype, name, change);
  replaceMethod(Element.prototype, "setAttribute", (native) =>
    function (this: Element, name, value) {
      const key = String(name).toLowerCase();
      native.call(this, name, written.has(key) ? change(String(value), this) : value);
    },
  );
  onWrite(Element.prototype, "innerHTML", changeMarkup);
  onWrite(Element.prototype, "outerHTML", changeMarkup);
  replaceMethod(Element.prototype, "insertAdjacentHTML", (native) =>
    function (this: Element, where, markup) {
      native.call(this, where, changeMarkup(String(markup)));
    },
  );
  for (const name of ["write", "writeln"] as const) {
    replaceMethod(Document.prototype, name, (native) =>
      function (this: Document, ...markup: string[]) {
        native.call(this, changeMarkup(markup.join("")));
      },
    );
  }
}
