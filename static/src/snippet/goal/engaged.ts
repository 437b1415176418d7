import { reach } from "../goal";
import { safe } from "../safe";
import { visible } from "../visible";

let seconds = 0;

/** Counts the seconds in which this page was in sight and its window had the focus. */
setInterval(
  safe(() => {
    if (!visible() || !document.hasFocus()) return;
    seconds++;
    reach((goal) => goal.trigger === "engaged" && seconds >= goal.seconds!);
  }),
  1000,
);
