import type { Experiment } from "./config";
import { parts } from "./part";
import { safe } from "./safe";
import type { Visit } from "./targeting";
import { type Answer, assign } from "./transport";

export type Ask = (experiment: Experiment, visit: Visit, visitor: string, answered: (answer: Answer) => void) => void;

/** By experiment and page: an anchor of the same page is no reason to ask again. */
const answers = new Map<string, Promise<Answer>>();

/**
 * Asks the server for what only it can decide; no answer is an empty one. It does not count the visitor: this page does, when the
 * change could be seen, as in every other experiment.
 */
parts.ask = ({ id, cookies = [] }, visit, visitor, answered) => {
  const page = id + visit.url!.split("#")[0];
  const named: Record<string, string | undefined> = {};
  cookies.forEach((name) => (named[name] = visit.cookies![name]));
  const answer =
    answers.get(page) ||
    assign({ experiment: id, visitor_id: visitor, expose: false, context: { ...visit, cookies: named } }).catch(() => {
      answers.delete(page);
      return {};
    });
  answers.set(page, answer);
  answer.then(safe(answered));
};
