import { reach } from "../goal";
import { listen, safe } from "../safe";
import { wanted } from "./wanted";

/** Selectors of what shows that a form which was sent has been taken. */
const awaited = new Set<string>();

/** Looks once a second, while some form waits for its answer, whether it has come. */
function look(): void {
  awaited.forEach((selector) => {
    if (!document.querySelector(selector)) return;
    awaited.delete(selector);
    reach(({ type, success }) => type === "form" && success === selector);
  });
  if (awaited.size) setTimeout(safe(look), 250);
}

/** A form that the browser would not send, because a field is wrong, is not sent; `novalidate` leaves that to the page. */
listen("submit", (event) => {
  const form = event.target as HTMLFormElement;
  const is = (selector?: string) => form.matches(selector!);
  if (!form.matches(":valid")) return;
  reach(({ type, selector, success }) => type === "form" && !success && is(selector));
  const before = awaited.size;
  wanted(({ type, selector, success }) => type === "form" && !!success && is(selector)).forEach(({ success }) => awaited.add(success!));
  if (!before) look();
});
