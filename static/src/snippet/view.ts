import { views } from "./part";
import { send } from "./transport";
import { visible } from "./visible";

let address = "";

function page(): string | undefined {
  return address.split("#")[0];
}

/** Reports the page view, and tells those who wait for addresses, once per address and only while somebody can see the page. */
export function view(): void {
  if (!visible() || location.href === address) return;
  const before = page();
  address = location.href;
  if (page() !== before) send({ type: "pageview" });
  views.forEach((viewed) => viewed(address));
}

/** Makes the next call of view report again: the page has come back from the back-forward cache. */
export function viewAgain(): void {
  address = "";
}
