import { reach } from "../goal";
import { views } from "../part";
import { matchPage } from "../url";

views.push((address) => reach("url", (goal) => matchPage(goal.url, address)));
