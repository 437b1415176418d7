import { states } from "../change";
import { exposures } from "../part";
import { report } from "../report";
import type { Run } from "../run";
import { safe } from "../safe";
import { readList, writeList } from "../storage";

const NAME = "_smp_t";
/** Late elements have come by then, and a page that fights a change has shown it. */
const DELAY = 2000;
/** Of a longer list the first changes speak for all. */
const MOST = 20;

/** Tells the server what became of the changes of an arm, once in a session. */
function tell(run: Run): void {
  const told = readList(NAME, "sessionStorage");
  if (run.arm < 0 || told.indexOf(run.split.seed) >= 0) return;
  writeList(NAME, told.concat(run.split.seed), "sessionStorage");
  const all = states(run);
  Object.keys(all)
    .filter((id) => /^(found|healed|missed|conflict)$/.test(all[id]!))
    .slice(0, MOST)
    .forEach((id) => report(run.experiment, all[id]!, id, run.split.arms[run.arm]));
}

exposures.push((run) => setTimeout(safe(() => tell(run)), DELAY));
