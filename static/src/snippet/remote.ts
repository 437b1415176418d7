import type { Change, Experiment } from "./config";
import { lookAgain, parts } from "./part";
import type { Run } from "./run";
import { safe } from "./safe";
import type { Visit } from "./targeting";
import { post, told } from "./transport";

/** What the tracker answers a question for an assignment; a refusal has none. */
export interface Answer {
  reason?: string;
  /** One for each split. */
  assignments?: { arm: string; epoch: number }[];
  /** Of a preview token: what to show where. */
  forced?: boolean;
  page?: string;
  variant?: { name: string };
  changes?: Change[];
}

export type Ask = (experiment: Experiment, own: Run[], visit: Visit, visitor: string) => void;

/** By experiment and page: an anchor of the same page is no reason to ask again. */
const answers = new Map<string, Promise<Answer>>();

/** Shows what the server decided, unless the time for it is over or the page has changed. */
function settle(own: Run[], { assignments = [], reason = "unanswered" }: Answer): void {
  own.forEach((run, i) => {
    if (!run.asked) return;
    run.asked = false;
    const { arm, "epoch": epoch } = assignments[i] || { arm: "", "epoch": 0 };
    run.arm = run.split.arms.indexOf(arm);
    run.epoch = epoch;
    if (run.arm < 0) run.why = reason;
  });
  lookAgain();
}

/**
 * Asks the server for what only it can decide; no answer is an empty one. It does not count the visitor: this page does, when the
 * change could be seen, as in every other experiment.
 */
parts.ask = ({ id, cookies = [] }, own, visit, visitor) => {
  const page = id + visit.url!.split("#")[0];
  const named: Record<string, string | undefined> = {};
  cookies.forEach((name) => (named[name] = visit.cookies![name]));
  const question = told({ "experiment": id, visitor_id: visitor, expose: false, context: { ...visit, cookies: named } });
  const answer =
    answers.get(page) ||
    post("assign", question, false)
      .then((response): Promise<Answer> => response.json())
      .catch(() => {
        answers.delete(page);
        return {};
      });
  answers.set(page, answer);
  answer.then(safe((said) => settle(own, said)));
};
