// Draws the charts of a page from the JSON beside them. Without this script the tables under the charts remain.
import { drawRates, type RatesData } from "./rates";
import { drawTraffic, type TrafficData } from "./traffic";
import { drawLost, type LostData } from "./lost";
import { drawShares, type SharesData } from "./shares";
import { drawVolume, type VolumeData } from "./volume";

const charts: Record<string, (data: unknown, width: number) => SVGSVGElement | HTMLElement> = {
  rates: (data, width) => drawRates(data as RatesData, width),
  traffic: (data, width) => drawTraffic(data as TrafficData, width),
  lost: (data, width) => drawLost(data as LostData, width),
  shares: (data, width) => drawShares(data as SharesData, width),
  visitors: (data, width) => drawVolume(data as VolumeData, width),
  conversions: (data, width) => drawVolume(data as VolumeData, width),
};

const drawn = new WeakMap<Element, string>();

// draw puts the chart of a [data-plot] element in place, unless the same data is already drawn at the same width.
function draw(place: HTMLElement): void {
  const kind = place.dataset["plot"] ?? "";
  const chartOf = charts[kind];
  const text = document.getElementById(`${kind}-data`)?.textContent ?? "";
  const width = Math.round(place.clientWidth);
  const state = `${width}:${text}`;
  if (!chartOf || text === "" || width === 0 || drawn.get(place) === state) return;
  drawn.set(place, state);
  const chart = chartOf(JSON.parse(text), width);
  // The page's policy allows no style element of the chart's own; its rules are in app.css.
  chart.querySelectorAll("style").forEach((style) => style.remove());
  chart.setAttribute("aria-hidden", "true"); // its place is an image with a name, and the table holds the numbers
  place.replaceChildren(chart);
}

function drawAll(): void {
  document.querySelectorAll<HTMLElement>("[data-plot]").forEach((place) => {
    if (!drawn.has(place)) resized.observe(place);
    draw(place);
  });
}

const resized = new ResizeObserver((entries) => {
  for (const entry of entries) if (entry.target instanceof HTMLElement) draw(entry.target);
});

drawAll();
document.addEventListener("htmx:afterSettle", drawAll);
