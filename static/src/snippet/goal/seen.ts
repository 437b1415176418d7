import { reach } from "../goal";
import { safe } from "../safe";
import { visible } from "../visible";
import { wanted } from "./wanted";

const LONG_ENOUGH = 1000;
const watched = new WeakSet<Element>();
const timers = new Map<Element, number>();

function seen(element: Element): void {
  timers.delete(element);
  if (visible()) reach(({ trigger, selector }) => trigger === "seen" && element.matches(selector!));
}

/** Half of the element, or of the window where that is smaller, is in sight. */
function looked({ target, intersectionRatio, intersectionRect, rootBounds }: IntersectionObserverEntry): void {
  const half = intersectionRatio >= 0.5 || (!!rootBounds && intersectionRect.height >= rootBounds.height / 2);
  if (!half || !visible()) {
    clearTimeout(timers.get(target));
    timers.delete(target);
  } else if (!timers.has(target)) timers.set(target, setTimeout(safe(seen), LONG_ENOUGH, target));
}

const observer = new IntersectionObserver(
  safe((entries) => entries.forEach(looked)),
  { threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] },
);

/** Elements may come at any time. */
setInterval(
  safe(() => {
    for (const { selector } of wanted(({ trigger }) => trigger === "seen")) {
      document.querySelectorAll(selector!).forEach((element) => {
        if (watched.has(element)) return;
        watched.add(element);
        observer.observe(element);
      });
    }
  }),
  LONG_ENOUGH,
);
