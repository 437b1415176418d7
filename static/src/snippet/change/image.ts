import { want } from "../change";
import { actions } from "../part";
import { runsCode } from "./address";

/** By these attributes browsers, and scripts that load images late, find another image than src. */
const OTHERS = ["srcset", "sizes", "data-src", "data-srcset", "data-lazy", "data-lazy-src", "data-lazy-srcset", "data-original"];

/** The attribute with the address of the image that an element shows; "" where it shows none. */
function source(element: Element): string {
  const { localName } = element;
  if (localName === "img" || (localName === "input" && (element.getAttribute("type") || "").toLowerCase() === "image")) return "src";
  return localName === "video" ? "poster" : localName === "image" && element instanceof SVGElement ? "href" : "";
}

actions.image = {
  safe: ({ value }) => value !== undefined && !runsCode(value),
  takes: (element) => !!source(element),
  wish: (edit, element, wishes) => {
    want(wishes, element, source(element), edit.change.value!, edit);
    const { localName, parentElement } = element;
    if (localName === "image") want(wishes, element, "xlink:href", null, edit);
    if (localName !== "img") return;
    OTHERS.forEach((name) => want(wishes, element, name, null, edit));
    if (!parentElement || parentElement.localName !== "picture") return;
    parentElement.querySelectorAll(":scope > source").forEach((other) => ["srcset", "data-srcset"].forEach((name) => want(wishes, other, name, null, edit)));
  },
  observe: () => OTHERS.concat("src", "poster", "href"),
};
