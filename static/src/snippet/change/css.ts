import { actions, parts } from "../part";
import { nonced } from "../script";
import "./placing";

/** The sheets of the page that are ours alone, so that a change can be taken back whole. */
actions.css = {
  safe: ({ value }) => value !== undefined,
  enter: ({ change }) => {
    const media = (parts.media && parts.media(change)) || "";
    try {
      const sheet = new CSSStyleSheet({ media });
      sheet.replaceSync(change.value!);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
      return () => {
        document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
      };
    } catch {
      const element = nonced("style");
      element.media = media;
      element.textContent = change.value!;
      return () => element.remove();
    }
  },
};
