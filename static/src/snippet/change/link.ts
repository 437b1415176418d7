import { want } from "../change";
import { actions } from "../part";
import { runsCode } from "./address";

actions.link = {
  safe: ({ value }) => value !== undefined && !runsCode(value),
  takes: ({ localName }) => localName === "a" || localName === "area",
  wish: (edit, element, wishes) => want(wishes, element, "href", edit.change.value!, edit),
  observe: () => ["href"],
};
