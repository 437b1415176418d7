import { type Amount, reach } from "../goal";
import { commands } from "../part";

/** Reaches the goals that the page's code names; those with a trigger wait for that. */
commands.goal = (name, visitor, amount) => {
  if (!visitor || !name) return;
  reach(
    (goal) => (goal.type === "custom" || goal.type === "revenue") && !goal.trigger && (goal.name || goal.key) === name + "",
    (amount || {}) as Amount,
  );
};
