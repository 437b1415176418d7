import { reach } from "../goal";
import { listen } from "../safe";

/** The deepest part of the page that was in sight, in percent. A page that does not scroll is never scrolled. */
listen("scroll", () => {
  const { scrollHeight } = document.documentElement;
  const depth = ((scrollY + innerHeight) / scrollHeight) * 100;
  reach(({ trigger, percent }) => trigger === "scroll" && depth >= percent! - 0.5);
});
