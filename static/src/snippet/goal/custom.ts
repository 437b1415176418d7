import { reach } from "../goal";
import { commands } from "../part";

commands.goal = (name, visitor) => visitor && name && reach("custom", (goal) => (goal.name || goal.key) === name + "");
