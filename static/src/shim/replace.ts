/** Puts a function in place of a method; it is made from the one that was there. */
export function replaceMethod<T extends object, K extends keyof T>(object: T | undefined, name: K, make: (native: T[K]) => T[K]): void {
  const native = object && object[name];
  if (!object || typeof native !== "function") return;
  Object.defineProperty(object, name, { value: make(native), writable: true, configurable: true, enumerable: true });
}

/** Puts a getter, and a setter that may do nothing, in place of a property. */
export function replaceProperty(object: object, name: string, get: () => unknown, set: (value: string) => void = () => {}): void {
  Object.defineProperty(object, name, { get, set, configurable: true, enumerable: true });
}

/** Changes what is written to a string property of a prototype. */
export function onWrite(prototype: object, name: string, change: (value: string, of: Element) => string): void {
  const native = Object.getOwnPropertyDescriptor(prototype, name);
  if (!native || !native.set) return;
  const { set } = native;
  Object.defineProperty(prototype, name, {
    ...(native as { get: () => unknown }),
    set(this: Element, value: unknown) {
      set.call(this, change(String(value), this));
    },
  });
}
