// The outlines that are drawn over the page. They live in a closed shadow root of one element, which nothing else counts as part of
// the page.

interface Box {
  frame: HTMLElement;
  label: HTMLElement;
  element?: Element;
}

/** Lines of two colours, of which one stands out on any ground. */
const COLOUR = "#0b6e69";
const CONTRAST = "#fff";
const RING = `0 0 0 1px ${CONTRAST}`;

let host: HTMLElement | undefined;
let hover: Box;
let chosen: Box;

function styled(parent: ParentNode & Node, css: Record<string, string>): HTMLElement {
  const element = document.createElement("div");
  for (const name of Object.keys(css)) element.style.setProperty(name, css[name]!, "important");
  parent.appendChild(element);
  return element;
}

function box(root: ShadowRoot, line: string): Box {
  const frame = styled(root, {
    position: "fixed",
    display: "none",
    "pointer-events": "none",
    "box-sizing": "border-box",
    border: `2px ${line} ${COLOUR}`,
    "border-radius": "3px",
    "box-shadow": RING,
  });
  const label = styled(frame, {
    position: "absolute",
    left: "-2px",
    bottom: "100%",
    padding: "1px 6px",
    "max-width": "320px",
    overflow: "hidden",
    "text-overflow": "ellipsis",
    "white-space": "nowrap",
    background: COLOUR,
    color: CONTRAST,
    font: "12px/18px system-ui, sans-serif",
    "border-radius": "3px 3px 0 0",
    "box-shadow": RING,
  });
  return { frame, label };
}

function build(): void {
  host = styled(document.documentElement, { position: "fixed", inset: "0", "pointer-events": "none", "z-index": "2147483647", display: "block" });
  host.dataset.samplit = "";
  const root = host.attachShadow({ mode: "closed" });
  hover = box(root, "dashed");
  chosen = box(root, "solid");
  const redraw = () => [hover, chosen].forEach(place);
  addEventListener("scroll", redraw, { capture: true, passive: true });
  addEventListener("resize", redraw);
  setInterval(redraw, 300); // images and scripts move things without telling
}

function place({ frame, label, element }: Box): void {
  const seen = !!element && element.isConnected;
  frame.style.setProperty("display", seen ? "block" : "none", "important");
  if (!seen) return;
  const { left, top, width, height } = element!.getBoundingClientRect();
  for (const [name, value] of Object.entries({ left, top, width, height })) frame.style.setProperty(name, value + "px", "important");
  label.style.setProperty("bottom", top < 20 ? "auto" : "100%", "important");
}

function show(which: () => Box, element: Element | undefined, name: string): void {
  if (!host || !host.isConnected) build();
  const target = which();
  if (element) target.element = element;
  else delete target.element;
  target.label.textContent = name;
  place(target);
}

export const showHover = (element: Element | undefined, name = ""): void => show(() => hover, element, name);
export const showChosen = (element: Element | undefined, name = ""): void => show(() => chosen, element, name);

/** Whether an element is ours, or stands on the page to be clicked by whoever edits it. */
export const isOurs = (element: Element): boolean => element === host || (element.parentElement === document.documentElement && element.hasAttribute("data-samplit"));
