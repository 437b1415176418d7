import { actions } from "../part";

/** The element stays where it is: frameworks that look for it would fail. */
actions.remove = { rules: () => [["display", "none"]] };
