import { reachPage } from "./goal";
import { send } from "./transport";
import { visible } from "./visible";

let address = "";
let page = "";

/** Reports the page view, and the goals of the address, once per address and only while somebody can see the page. */
export function view(): void {
  if (!visible() || location.href === address) return;
  address = location.href;
  const before = page;
  page = address.split("#")[0]!;
  if (page !== before) send({ type: "pageview" });
  reachPage(address);
}

/** Makes the next call of view report again: the page has come back from the back-forward cache. */
export function viewAgain(): void {
  address = page = "";
}
