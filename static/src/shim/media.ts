import { replaceMethod } from "./replace";

/** Films and sounds wait for somebody to start them. */
export function shimMedia(): void {
  replaceMethod(HTMLMediaElement.prototype, "play", (native) =>
    function (this: HTMLMediaElement) {
      return navigator.userActivation && !navigator.userActivation.isActive ? Promise.resolve() : native.call(this);
    },
  );
}
