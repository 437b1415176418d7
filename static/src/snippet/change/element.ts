/** Whether an element holds nothing, or text that is no text of the page. */
export function rawOrVoid({ localName }: Element): boolean {
  return /^(area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|noscript|iframe|noembed|noframes|plaintext|xmp)$/.test(localName);
}

/** Whether elements may be put in an element. */
export function holds(element: Element | null): boolean {
  return (
    !!element &&
    element.namespaceURI === "http://www.w3.org/1999/xhtml" &&
    !rawOrVoid(element) &&
    !/^(script|style|template|html|head|title|textarea|select|option|optgroup|datalist|frameset|colgroup)$/.test(element.localName)
  );
}
