import { states } from "../change";
import { exposures } from "../part";
import { report } from "../report";
import { safe } from "../safe";
import { readList, writeList } from "../storage";

const NAME = "_smp_t";
/** Late elements have come by then, and a page that fights a change has shown it. */
const DELAY = 2000;
/** Of a longer list the first changes speak for all. */
const MOST = 20;

/**
 * Tells the server, once in a session, what became of the changes of an arm; and once more when the page takes to fighting one later,
 * with what comes late or on its next route.
 */
exposures.push((run) => {
  const { experiment, split, arm } = run;
  let name = split.seed;
  let telling = /^[^rl]/; // neither refused nor left to us
  setInterval(
    safe(() => {
      const all = states(run);
      const ids = Object.keys(all).filter((id) => telling.test(all[id]!));
      const told = readList(NAME, "sessionStorage");
      if (ids[0] && told.indexOf(name) < 0) {
        writeList(NAME, told.concat(name), "sessionStorage");
        ids.slice(0, MOST).forEach((id) => report(experiment, all[id]!, id, split.arms[arm]));
      }
      name = split.seed + "+";
      telling = /^c/; // conflict
    }),
    DELAY,
  );
});
