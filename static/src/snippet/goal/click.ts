import { reach } from "../goal";
import { listen } from "../safe";

function clicked(event: Event): void {
  const path = event.composedPath();
  reach(({ type, selector }) => type === "click" && path.some((target) => target instanceof Element && target.matches(selector!)));
}

listen("click", clicked);
listen("auxclick", (event) => (event as MouseEvent).button === 1 && clicked(event));
