// Elements by number: the editor never gets hold of one.
const numbers = new WeakMap<Element, number>();
const elements = new Map<number, WeakRef<Element>>();
let last = 0;

/** The number of an element, a new one if need be. */
export function refOf(element: Element): number {
  let ref = numbers.get(element);
  if (!ref) {
    ref = ++last;
    numbers.set(element, ref);
    elements.set(ref, new WeakRef(element));
  }
  return ref;
}

/** The element of a number, while it is on the page. */
export function elementOf(ref: number): Element | undefined {
  const element = elements.get(ref)?.deref();
  return element && element.isConnected ? element : undefined;
}
