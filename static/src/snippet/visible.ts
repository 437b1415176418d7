/** Whether somebody can see the page: not prerendered, not in a hidden tab. */
export function visible(): boolean {
  return document.visibilityState === "visible" && !(document as Document & { prerendering?: boolean }).prerendering;
}
