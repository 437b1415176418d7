import type { Picked } from "./protocol";

type Warning = Picked["warnings"][number];

/** Relative luminance of a computed colour (WCAG 2.2), or undefined where it is no plain colour. */
function luminance(colour: string): number | undefined {
  const parts = colour.match(/[\d.]+/g)?.map(Number);
  if (!/^rgba?\(/.test(colour) || !parts || parts.length < 3) return undefined;
  const [r, g, b] = parts.slice(0, 3).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

/** The colour behind an element; undefined where an image, or what is not opaque, makes it anybody's guess. */
function backgroundOf(element: Element): string | undefined {
  for (let e: Element | null = element; e; e = e.parentElement) {
    const { backgroundColor, backgroundImage } = getComputedStyle(e);
    if (backgroundImage !== "none") return undefined;
    const alpha = backgroundColor.match(/^rgba\(.*,\s*([\d.]+)\)$/);
    if (!alpha) return backgroundColor;
    if (Number(alpha[1]) > 0) return undefined;
  }
  return "rgb(255, 255, 255)";
}

/** Contrast of an element's text, 1 to 21; undefined where it has none or the ground is not known. */
function contrastOf(element: Element): number | undefined {
  if (!Array.from(element.childNodes).some((node) => node.nodeType === 3 && /\S/.test(node.textContent ?? ""))) return undefined;
  const ground = backgroundOf(element);
  const front = luminance(getComputedStyle(element).color);
  const back = ground === undefined ? undefined : luminance(ground);
  if (front === undefined || back === undefined) return undefined;
  return (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
}

/** Whether a heading is more than one level below the one before it. */
function skipsLevel(element: Element): boolean {
  const headings = Array.from(document.querySelectorAll("h1,h2,h3,h4,h5,h6"));
  const level = (e: Element) => Number(e.localName[1]);
  const before = headings[headings.indexOf(element) - 1];
  return before !== undefined && level(element) > level(before) + 1;
}

function unlabelled(element: Element): boolean {
  if (!/^(input|select|textarea)$/.test(element.localName) || /^(hidden|submit|button|image|reset)$/.test(element.getAttribute("type") ?? "")) return false;
  return !(element as HTMLInputElement).labels?.length && !element.getAttribute("aria-label") && !element.getAttribute("aria-labelledby") && !element.getAttribute("title");
}

/** What the element as it is now keeps from people who see little, or hear the page. */
export function warningsOf(element: Element): Warning[] {
  const out: Warning[] = [];
  const warn = (kind: string, value = "") => out.push({ kind, value });
  if (element.localName === "img" && !element.hasAttribute("alt")) warn("alt");
  const contrast = contrastOf(element);
  const needed = parseFloat(getComputedStyle(element).fontSize) >= 24 ? 3 : 4.5;
  if (contrast !== undefined && contrast < needed) warn("contrast", contrast.toFixed(1));
  if (/^h[1-6]$/.test(element.localName) && skipsLevel(element)) warn("heading");
  if (unlabelled(element)) warn("label");
  return out;
}
