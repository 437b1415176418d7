import { awaited } from "../exposure";
import { hop } from "../hop";
import { actions, exposures, parts } from "../part";
import { report } from "../report";
import type { Run } from "../run";
import { safe } from "../safe";
import { deliver, settle, take } from "../transport";
import "./placing";

/** A page that is being left is out of sight; one that is not left after all comes back after this time. */
const DEADLINE = 1000;

let leaving = false;

function pieces(query: string): string[] {
  return query.slice(1).split("&").filter((piece) => piece);
}

function keyOf(piece: string): string {
  return new URLSearchParams(piece).keys().next()["value"] + "";
}

/** Where a redirect leads from a page: the keys of its own query win, all others are taken along in their order, and so is the hash. */
export function destination(value: string, from: string): string {
  const to = new URL(value, from);
  const source = new URL(from);
  const own = pieces(to.search);
  const keys = own.map(keyOf);
  to.search = own.concat(pieces(source.search).filter((piece) => keys.indexOf(keyOf(piece)) < 0)).join("&");
  if (!to.hash) to.hash = source.hash;
  return to.href;
}

function redirects({ action }: { action: string }): boolean {
  return action === "redirect";
}

/** Goes where the arm of a run leads, once the exposure is on its way. Says whether the page is left. */
function leave(run: Run): boolean {
  const change = run.arm >= 0 && !leaving && !awaited(run) && run.split.changes[run.arm]!.find(redirects);
  if (!change) return false;
  const to = destination(change.value!, location.href);
  if (to === location.href || !/^https?:/.test(to)) return false;
  if (!hop(run.experiment.id)) {
    report(run.experiment, "loop");
    return false;
  }
  leaving = true;
  const { style } = document.documentElement;
  style.setProperty("visibility", "hidden", "important");
  location.replace(parts.link ? parts.link(to) : to);
  setTimeout(safe(() => style.removeProperty("visibility")), DEADLINE);
  return true;
}

actions.redirect = { enter: () => () => {} };

parts.leave = leave;

/** Sends at once what waits, and keeps a copy for the next page, which sends it again: the page may be gone before the request is. */
function sendTwice(): void {
  const events = take();
  if (events.length) deliver(events, false);
  settle(events, true);
}

/** All arms, the one that stays too, tell of themselves in the way that an arm has to which leaves: what is lost is lost alike. */
exposures.push((run) => {
  if (run.watched.some(redirects)) sendTwice();
});
