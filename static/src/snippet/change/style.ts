import { actions } from "../part";

actions.style = { rules: ({ name, value }) => [[name!, value || ""]] };
