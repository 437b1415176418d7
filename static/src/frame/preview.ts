// Shows changes on the page by the very code that shows them to visitors.
import "../snippet/change/attr";
import "../snippet/change/hide";
import "../snippet/change/style";
import "../snippet/change/text";
import { elementsOf, observed, plan, type Plan } from "../snippet/change";
import type { Change as Applied, Experiment } from "../snippet/config";
import { observe } from "../snippet/observer";
import { actions } from "../snippet/part";
import { draw } from "../snippet/sheet";
import { reconcile } from "../snippet/slot";
import type { Change } from "./protocol";

const owner: Experiment = { id: "editor", key: "editor", state: "winner", traffic: 1, splits: [], goals: [] };
let changes: Applied[] = [];
let told: (missing: string[]) => void = () => {};

/** Brings the page to what the changes want of it, and says which of them found nothing. */
function sweep(): void {
  const whole: Plan = { wishes: new Map(), rules: [] };
  const missing: string[] = [];
  for (const change of changes) {
    try {
      plan(change, owner, whole, false);
      if (change.selector && !elementsOf(change).length) missing.push(change.id);
    } catch {
      missing.push(change.id); // a selector that this browser does not know
    }
  }
  reconcile(whole.wishes);
  draw(whole.rules);
  const names = changes.map(observed).filter((name): name is string => !!name);
  observe(changes.length > 0, names, sweep);
  told(missing);
}

/** Makes changes all that is changed; missing is told which of them lead nowhere, now and whenever the page moves. */
export function show(list: Change[], missing: (ids: string[]) => void): void {
  changes = list.filter((change) => actions[change.action]) as unknown as Applied[];
  told = missing;
  sweep();
}
