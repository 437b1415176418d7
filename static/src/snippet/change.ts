import type { Change } from "./config";

/**
 * Whether a change may touch an element. What could run code is refused here too, whatever the server let through: handlers,
 * documents in attributes, `javascript:` addresses (browsers skip blanks and control characters in them), scripts and styles.
 */
export function allowed(change: Change, element: Element): boolean {
  if (/^(script|style)$/i.test(element.localName)) return false;
  return (
    change.action === "text" ||
    !(/^(on|srcdoc$)/i.test(change.name!) || /^javascript:/i.test((change.value || "").replace(/[\0- ]/g, "")))
  );
}

/** Whether the parser is done with an element: only then is its text all there. */
export function closed(element: Element): boolean {
  if (document.readyState !== "loading") return true;
  for (let node: Node | null = element; node; node = node.parentNode) {
    if (node.nextSibling) return true;
  }
  return false;
}
