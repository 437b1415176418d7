import { type Amount, reach } from "../goal";
import { type LayerEntry, readLayer } from "../layer";
import { visitors } from "../part";

interface Purchase {
  value?: unknown;
  currency?: unknown;
  transaction_id?: unknown;
}

/** Reaches goals by events of the data layer, with the purchase of those that are one. */
function read(entry: LayerEntry): void {
  const tag = entry[0] === "event";
  const name = tag ? entry[1] : entry.event;
  const { "value": value, currency, transaction_id: order } = ((tag ? entry[2] : entry.ecommerce || entry) || {}) as Purchase;
  const amount: Amount = { "value": value, currency, order };
  if (name) reach((goal) => goal.trigger === "datalayer" && (goal.name || goal.key) === name, amount);
}

let reading = false;

visitors.push((visitor) => {
  if (!visitor || reading) return;
  reading = true;
  readLayer(read);
});
