import { want } from "../change";
import { actions } from "../part";
import { textOf } from "../slot";
import { rawOrVoid } from "./element";

actions.text = {
  safe: ({ value }) => value !== undefined,
  takes: (element) => !rawOrVoid(element) && textOf(element) !== undefined,
  wish: (edit, element, wishes) => want(wishes, element, "", edit.change.value!, edit),
  whole: true,
  observe: () => [],
};
