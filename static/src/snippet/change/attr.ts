import { planSlot } from "../change";
import { actions } from "../part";

actions.attr = {
  plan: (change, experiment, plan) => planSlot(change.name!, change, experiment, plan),
  observe: (change) => change.name!,
};
