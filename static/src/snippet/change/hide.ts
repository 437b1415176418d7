import { actions } from "../part";

actions.hide = { rules: ({ value }) => [value === "keep" ? ["visibility", "hidden"] : ["display", "none"]] };
