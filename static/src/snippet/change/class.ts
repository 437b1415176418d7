import { want } from "../change";
import { actions } from "../part";
import { kinds } from "../slot";

kinds["."] = {
  read: (element, name) => (element.classList.contains(name.slice(1)) ? "" : null),
  write: (element, name, value, slot) => {
    const { classList } = element;
    if (value !== null) classList.add(name.slice(1));
    else {
      classList.remove(name.slice(1));
      // What is taken back leaves nothing behind.
      if (slot.ours !== value && !classList.length) element.removeAttribute("class");
    }
  },
};

actions.class = {
  safe: ({ value }) => value !== undefined,
  wish: (edit, element, wishes) => {
    const { name, value } = edit.change;
    value!.split(/[\t\n\f\r ]+/).forEach((token) => token && want(wishes, element, "." + token, name === "remove" ? null : "", edit));
  },
  observe: () => ["class"],
};
