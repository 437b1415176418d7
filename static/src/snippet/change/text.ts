import { planSlot } from "../change";
import { actions } from "../part";

actions.text = {
  plan: (change, experiment, plan) => planSlot("", change, experiment, plan),
  whole: true,
  observe: () => "",
};
