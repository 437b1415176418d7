import "../snippet/parts";
import type { Change, Config, Experiment } from "../snippet/config";
import type { Preview } from "../snippet/preview";
import { safe } from "../snippet/safe";
import { begin } from "../snippet/start";
import { writeList } from "../snippet/storage";
import type { Answer } from "../snippet/remote";
import { matchPage } from "../snippet/url";

function keep(tokens: string[]): void {
  writeList("_smp_p", tokens, "sessionStorage");
}

/** Moves the token from the address to the memory of the session. */
function remember(token: string): void {
  keep([token]);
  const page = location.href.replace(/([?&])samplit_preview=[^&#]*(&?)/, (_, before, after) => after && before).replace(/#smp=.*/, "");
  if (page !== location.href) history.replaceState(history["state"], "", page);
}

/** Says what is shown, and leaves the preview at a click. */
function badge(name: string): void {
  const button = document.createElement("button");
  button.textContent = "Samplit preview: " + name + " ×";
  button.style.cssText =
    "all:initial;position:fixed;z-index:2147483647;left:12px;bottom:12px;padding:6px 12px;border-radius:16px;background:#222;color:#fff;font:14px sans-serif;cursor:pointer";
  button.onclick = () => {
    keep([]);
    location.reload();
  };
  document.documentElement.appendChild(button);
}

/** A change as the server tells it, with the names that the runtime has for its fields. */
function known(change: Change): Change {
  return { ...change, selector: change["selector"], action: change["action"], fingerprint: change["fingerprint"]!, limit: change["limit"]!, value: change["value"]! };
}

/** What a token shows, as an experiment that is decided: everybody gets it, and nothing is counted. */
function shown(id: string, key: string, { page = "", "changes": changes = [] }: Answer): Experiment {
  const split = { key: "", seed: "", epoch: 0, arms: ["preview"], weights: [], changes: [changes.map(known)], winner: 0 };
  return { id, key, state: "winner", traffic: 1, url: page, splits: [split], goals: [] };
}

/** What `#smp=experiment:variant` shows of what runs: no secret, as visitors get it too. It is shown on every page. */
function published({ x: all }: Config, named: string): Experiment[] {
  const [key, arm = ""] = named.split(":");
  if (!all.some((experiment) => experiment.key === key)) throw named;
  return all.map((experiment) => {
    if (experiment.key !== key) return experiment;
    const keys = experiment.splits[1] ? arm.split(".") : [arm];
    const splits = experiment.splits.map((split, i) => ({ ...split, winner: split.arms.indexOf(keys[i]!) }));
    if (keys.length !== splits.length || splits.some(({ winner }) => winner < 0)) throw named;
    badge(named + (matchPage(experiment.url, location.href) ? "" : " (visitors do not see it on this page)"));
    return { id: experiment.id, key, state: "winner", traffic: 1, splits, goals: [] };
  });
}

/** Asks the server what the token shows. A token that it refuses is forgotten: the next page is a visit like any other. */
async function forced({ config, token }: Preview): Promise<Experiment[]> {
  if (token.includes(":")) return published(config, token);
  const { x: id, k: key } = JSON.parse(atob(token.split(".")[0]!.replace(/-/g, "+").replace(/_/g, "/"))) as { x: string; k: string };
  const question = { installation_token: config.token, "experiment": id, visitor_id: "preview", preview: token };
  const response = await fetch(config.base + "/api/v1/tracker/assign", { method: "POST", body: JSON.stringify(question), credentials: "omit" });
  const answer = (await response.json()) as Answer;
  if (!answer.forced) throw answer;
  badge(answer.variant ? answer.variant.name : key);
  return config.x.filter((other) => other.id !== id).concat(shown(id, key, answer));
}

/** Shows the preview in place of its experiment, or else the site as it is for somebody who is in no experiment. */
async function preview(asked: Preview): Promise<void> {
  remember(asked.token);
  const x = await forced(asked).catch(() => {
    keep([]);
    return asked.config.x;
  });
  begin("", { ...asked.config, x });
}

safe(preview)(window.samplit!.preview!);
