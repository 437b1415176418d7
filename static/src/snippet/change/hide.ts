import { actions } from "../part";

actions.hide = {
  plan: ({ selector }, _, { rules }) => {
    rules.push([selector, "display", "none"]);
    return false;
  },
};
