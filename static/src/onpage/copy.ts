/** The addresses of a srcset, made absolute. */
function absoluteSet(srcset: string): string {
  return srcset.replace(/(^|,\s+|,(?=\S+\s))([^\s,]\S*)/g, (_, before: string, address: string) => before + absolute(address));
}

function absolute(address: string): string {
  try {
    return new URL(address, document.baseURI).href;
  } catch {
    return address;
  }
}

/** The rules of a style sheet as text; undefined for one of another site, which can be loaded but not read. */
function rulesOf(sheet: CSSStyleSheet): string | undefined {
  try {
    const base = sheet.href || document.baseURI;
    const text = Array.from(sheet.cssRules, (rule) => rule.cssText).join("\n");
    return text.replace(/url\(\s*(["']?)(?!data:|#)([^"')]+)\1\s*\)/g, (_, quote: string, address: string) => "url(" + quote + new URL(address, base).href + quote + ")");
  } catch {
    return undefined;
  }
}

/** The page as it is now, without what runs in it and with its style sheets in it. What people typed is not in it. */
export function freeze(): string {
  const root = document.documentElement.cloneNode(true) as HTMLElement;
  const originals = document.querySelectorAll<HTMLLinkElement>("link[rel~=stylesheet]");
  root.querySelectorAll<HTMLLinkElement>("link[rel~=stylesheet]").forEach((link, i) => {
    const sheet = originals[i] && originals[i].sheet;
    const rules = sheet && !sheet.disabled ? rulesOf(sheet) : undefined;
    if (rules === undefined) return;
    const style = document.createElement("style");
    style.textContent = rules;
    link.replaceWith(style);
  });
  root.querySelectorAll("script").forEach((script) => (script.textContent = ""));
  root.querySelectorAll(":scope > [data-samplit]").forEach((ours) => ours.remove());
  for (const name of ["src", "href", "poster", "action"]) {
    root.querySelectorAll("[" + name + "]").forEach((element) => {
      const value = element.getAttribute(name)!;
      if (value && !/^(#|data:|javascript:)/i.test(value)) element.setAttribute(name, absolute(value));
    });
  }
  root.querySelectorAll("[srcset]").forEach((element) => element.setAttribute("srcset", absoluteSet(element.getAttribute("srcset")!)));
  for (const sheet of document.adoptedStyleSheets || []) {
    const style = document.createElement("style");
    style.textContent = rulesOf(sheet) || "";
    root.append(style);
  }
  return "<!doctype html>" + root.outerHTML;
}
