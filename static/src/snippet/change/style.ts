import { actions } from "../part";

actions.style = {
  plan: ({ selector, name, value }, _, { rules }) => {
    rules.push([selector, name!, value!]);
    return false;
  },
};
