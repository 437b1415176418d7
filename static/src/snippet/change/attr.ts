import { want } from "../change";
import { actions } from "../part";
import { runsCode } from "./address";

actions.attr = {
  safe: ({ name = "", value }) => /^[a-z_][\w:.-]*$/i.test(name) && !/^(on.*|srcdoc|http-equiv|style|class|data-smp.*)$/i.test(name) && !runsCode(value),
  wish: (edit, element, wishes) => {
    const { name, value } = edit.change;
    want(wishes, element, element instanceof HTMLElement ? name!.toLowerCase() : name!, value === undefined ? null : value, edit);
  },
  observe: ({ name }) => [name!],
};
