import { reach } from "../goal";
import { views } from "../part";
import { matchPage } from "../url";

views.push((address) => reach(({ type, url }) => type === "url" && matchPage(url, address)));
