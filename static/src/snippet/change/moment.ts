import type { Change } from "../config";
import { actions, lookAgain, parts } from "../part";
import { listen } from "../safe";
import { matchPage } from "../url";

/** Keys by which the roots of frameworks, and elements that they have taken over, are known. */
const ROOTS = /^(__reactContainer|_reactRootContainer|__reactFiber|__vue_app__|__vue__|__ngContext__|__svelte)/;

/** Whether the page's framework has taken over what the server sent; a page that has none is taken over once it is loaded. */
function hydrated(): boolean {
  if (document.readyState !== "complete") return false;
  const roots = document.querySelectorAll("#__next, #root, #app, #__nuxt, [data-reactroot], [ng-version], [data-server-rendered]");
  return Array.from(roots).every((root) => [root, root.firstElementChild].some((node) => !!node && Object.keys(node).some((key) => ROOTS.test(key))));
}

function due({ when }: Change): boolean {
  return when === "hydrated" ? hydrated() : when !== "ready" || document.readyState !== "loading";
}

parts.media = ({ scope: { min_width: min, max_width: max } = {} }) =>
  [min && `(min-width:${min}px)`, max && `(max-width:${max}px)`].filter(Boolean).join(" and ") || undefined;

/** Whether a change is to be made on this page, in this window, by now. What only adds to a style sheet has the width said there. */
parts.moment = (change) => {
  const { rules, enter } = actions[change.action]!;
  const media = !rules && !(enter && change.action === "css") && parts.media!(change);
  return due(change) && matchPage(change.scope && change.scope.url, location.href) && (!media || matchMedia(media).matches);
};

listen("resize", lookAgain);
listen("load", () => {
  lookAgain();
  setTimeout(lookAgain, 500); // frameworks take over after the page is loaded, and tell nobody
});
