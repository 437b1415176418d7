import { rawOrVoid } from "./element";

/** Whether elements may be put in an element. */
export function holds(element: Element | null): boolean {
  return (
    !!element &&
    element.namespaceURI === "http://www.w3.org/1999/xhtml" &&
    !rawOrVoid(element) &&
    !/^(script|style|template|html|head|title|textarea|select|option|optgroup|datalist|frameset|colgroup)$/.test(element.localName)
  );
}
