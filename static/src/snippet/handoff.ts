import { assignments, remember } from "./assignment";
import { configuration } from "./consent";
import { cookies } from "./identity";
import { overlook } from "./observer";
import { commands, parts, visitors } from "./part";
import { listen, safe } from "./safe";
import { readList, writeList } from "./storage";
import { who } from "./transport";

/** The parameter: the id with its day, when it was made, and seed, arm and epoch of what the visitor was shown; stars between them. */
const NAME = "_smp";
const FORM = /^[\w-]{22}\.\d{1,6}$/;
const MOMENT = /^[\da-z]{1,9}$/;
/** How long after the click the other domain takes it. */
const LIFETIME = 120000;
/** Of what the visitor was shown, the latest are told; an address is no place for more. */
const MOST = 10;

/** What the address of this page came with. It is taken out at once, so that nobody copies it, and before the page's own code runs. */
const [id, time, ...shown] = takeOut();

/** A query without the parameter; whatever else is in it stays letter by letter. */
function without(query: string): string[] {
  return query.slice(1).split("&").filter((piece) => piece && piece.split("=")[0] !== NAME);
}

function takeOut(): string[] {
  const value = new URLSearchParams(location.search).get(NAME);
  if (value === null) return [];
  const rest = without(location.search).join("&");
  safe(() => history.replaceState(history["state"], "", location.pathname + (rest && "?" + rest) + location.hash))();
  return value.split("*");
}

/** Whether the site has a split with an arm. */
function runs(seed: string, arm: string): boolean {
  return configuration.x.some(({ splits }) => splits.some((split) => split.seed === seed && split.arms.indexOf(arm) >= 0));
}

/** The partner that a host belongs to. */
function partnerOf(host: string): string | undefined {
  return configuration.partners!.find((partner) => ("." + host).slice(-partner.length - 1) === "." + partner);
}

function parsed(address: string): URL | undefined {
  try {
    return new URL(address, document.baseURI);
  } catch {
    return undefined;
  }
}

/** Whether a host is that of another partner, with cookies of its own. */
function foreign(host: string): boolean {
  const partner = partnerOf(host);
  return !!partner && partner !== partnerOf(location.hostname);
}

/** Whether what the address came with is fresh, and from a partner's page: others could know it only by copying. */
function accepted(): boolean {
  const from = parsed(document.referrer || "about:blank")!;
  const age = Date.now() - parseInt(time!, 36);
  return MOMENT.test(time!) && age > -1000 && age < LIFETIME && foreign(from.hostname);
}

parts.handed = () => (id && accepted() ? [id] : []).concat(cookies(NAME));

/** What was shown here to somebody else, as whom this browser was known before, is nothing to the one who has come. */
const before = id && readList(NAME)[0];

/** Takes over what the visitor was first shown on the other domain, as far as this site has it too. */
visitors.push((visitor) => {
  if (!visitor || !id || visitor !== id.slice(0, 22) || !accepted()) return;
  if (before && before !== id) writeList("_smp_a", []);
  for (let i = 0; i + 2 < shown.length && i < 3 * MOST; i += 3) {
    const [seed, arm, epoch] = shown.slice(i) as [string, string, string];
    if (runs(seed, arm) && /^\d{1,9}$/.test(epoch)) remember(seed, arm, +epoch);
  }
});

/** An address of a partner with the visitor in it; every other as it is. */
function decorated(address: string): string {
  const to = parsed(address);
  const own = readList(NAME)[0] + "";
  if (!to || !/^https?:$/.test(to.protocol) || !foreign(to.hostname) || !FORM.test(own) || own.slice(0, 22) !== who()) return address;
  const known = assignments().filter(([seed, arm]) => runs(seed, arm));
  const value = [own, Date.now().toString(36), ...known.slice(-MOST).map((entry) => entry.join("*"))].join("*");
  to.search = without(to.search).concat(NAME + "=" + encodeURIComponent(value)).join("&");
  return to.href;
}

/** Changes an attribute for as long as the browser follows it. */
function lend(element: Element, name: string, value: string): void {
  const own = element.getAttribute(name);
  element.setAttribute(name, value);
  overlook(); // a change of ours may hold the attribute
  setTimeout(safe(() => own !== null && element.getAttribute(name) === value && element.setAttribute(name, own)));
}

function followed(event: Event): void {
  const link = event.composedPath().find((target) => target instanceof Element && target.matches("a[href],area[href]")) as HTMLAnchorElement | undefined;
  if (!link) return;
  const to = decorated(link.href);
  if (to !== link.href) lend(link, "href", to);
}

/** A form that asks by GET drops the query of its address: the visitor goes along as one of its fields. */
function sent(event: Event): void {
  const form = event.target as HTMLFormElement;
  const { submitter } = event as SubmitEvent;
  const [by, name] = submitter && submitter.hasAttribute("formaction") ? [submitter, "formaction"] : [form, "action"];
  const method = (submitter && submitter.getAttribute("formmethod")) || form.getAttribute("method") || "get";
  const action = by!.getAttribute(name!) || "";
  const to = decorated(action);
  if (to === action) return;
  if (!/^get$/i.test(method)) return lend(by!, name!, to);
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = NAME;
  field["value"] = new URL(to).searchParams.get(NAME)!;
  form.append(field);
  setTimeout(() => field.remove());
}

listen("click", followed);
listen("auxclick", followed);
listen("submit", sent);
parts.link = decorated;
commands.link = (address) => decorated(address + "");
