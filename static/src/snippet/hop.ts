import { readList, writeList } from "./storage";

const NAME = "_smp_r";
/** A second redirect of one experiment within this time would be a loop. */
const PAUSE = 10000;

type Hop = [experiment: string, at: number, referrer: string];

function recent(): Hop[] {
  const since = Date.now() - PAUSE;
  return (readList(NAME, "sessionStorage") as Hop[]).filter((hop) => hop && hop[1] > since);
}

/** Notes a redirect by an experiment. Returns false when it has just been redirected, and must stay. */
export function hop(experiment: string): boolean {
  const hops = recent();
  if (hops.some((before) => before[0] === experiment)) return false;
  writeList(NAME, hops.concat([[experiment, Date.now(), referrer()]]), "sessionStorage");
  return true;
}

/** The page that led here, from before our own redirect if there just was one. */
export function referrer(): string {
  const [first] = recent();
  return first ? first[2] : document.referrer;
}
