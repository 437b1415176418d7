import { actions, parts } from "../part";
import { script } from "../script";

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
      const element = document.createElement("style");
      if (script && script.nonce) element.nonce = script.nonce;
      element.media = media;
      element.textContent = change.value!;
      document.documentElement.appendChild(element);
      return () => element.remove();
    }
  },
};
