import { want } from "../change";
import { actions } from "../part";

actions.show = {
  rules: ({ value }) => [
    ["display", value || "revert"],
    ["visibility", "visible"],
  ],
  wish: (edit, element, wishes) => want(wishes, element, "hidden", null, edit),
  observe: () => ["hidden"],
};
