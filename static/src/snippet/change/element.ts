/** Whether an element holds nothing, or text that is no text of the page. */
export function rawOrVoid({ localName }: Element): boolean {
  return /^(area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|noscript|iframe|noembed|noframes|plaintext|xmp)$/.test(localName);
}
