import { areaY, axisX, axisY, lineY, plot, pointerX, ruleX, ruleY, text, tip } from "@observablehq/plot";
import { tipLook } from "./rates";
import { color, shorten, Words, type Series } from "./series";

export interface SharesData {
  lang: string;
  day: string;
  series: Series[];
  days: number[][];
}

interface Slice {
  day: number;
  low: number;
  high: number;
  series: Series;
}

// drawShares stacks the versions' parts of each day's visitors.
export function drawShares(data: SharesData, width: number): SVGSVGElement | HTMLElement {
  const words = new Words(data.lang);
  const slices = stack(data);
  const end = data.days.length;
  const days = data.days.map((_, i) => i + 1);
  const named = width >= 640;
  return plot({
    className: "plot-figure",
    width,
    height: 232,
    marginTop: 8,
    marginBottom: 40,
    marginLeft: 52,
    marginRight: named ? 190 : 12,
    x: { label: null, domain: [1, Math.max(2, end)] },
    y: { domain: [0, 1], label: null, clamp: true },
    marks: [
      ...data.series.map((series) =>
        areaY(slices.filter((slice) => slice.series === series), { x: "day", y1: "low", y2: "high", fill: color(series), fillOpacity: 0.32 }),
      ),
      ...data.series.map((series) => lineY(slices.filter((slice) => slice.series === series), { x: "day", y: "high", stroke: color(series), strokeWidth: 1.5 })),
      ruleY([0], { stroke: "var(--color-edge)" }),
      axisY({ ticks: [0, 0.5, 1], tickSize: 0, tickFormat: (x: number) => words.percent(x) }),
      axisX({ label: data.day, labelAnchor: "left", labelArrow: "none", labelOffset: 36, ticks: Math.min(end, Math.max(2, Math.floor(width / 90))), tickSize: 4, tickFormat: (day: number) => (Number.isInteger(day) ? words.count(day) : "") }),
      ...(named ? names(slices.filter((slice) => slice.day === end), words) : []),
      ruleX(days, pointerX({ x: (day: number) => day, maxRadius: Infinity, stroke: "var(--color-edge)", strokeDasharray: "2 2" })),
      tip(days, pointerX({ x: (day: number) => day, y: () => 0.92, maxRadius: Infinity, title: (day: number) => describe(day, data, words), ...tipLook })),
    ],
  });
}

function stack(data: SharesData): Slice[] {
  return data.days.flatMap((shares, i) => {
    let low = 0;
    return data.series.map((series, column): Slice => {
      const share = shares[column] ?? 0;
      low += share;
      return { day: i + 1, low: low - share, high: low, series };
    });
  });
}

// names writes each version and its share at the end beside its slice, where the slice has room for it.
function names(ends: Slice[], words: Words) {
  const wide = ends.filter((slice) => slice.high - slice.low > 0.07);
  const middle = (slice: Slice): number => (slice.low + slice.high) / 2;
  return [
    text(wide, { x: "day", y: middle, dx: 9, textAnchor: "start", fill: (slice: Slice) => color(slice.series), text: () => "●", fontSize: 11 }),
    text(wide, {
      x: "day", y: middle, dx: 23, textAnchor: "start", fill: "var(--color-base-content)", fontWeight: 500, fontSize: 12,
      text: (slice: Slice) => `${shorten(slice.series.name, 14)} ${words.percent(slice.high - slice.low)}`,
    }),
  ];
}

function describe(day: number, data: SharesData, words: Words): string {
  const lines = data.series.map((series, i) => `${series.name}  ${words.percent(data.days[day - 1]?.[i] ?? 0)}`);
  return [`${data.day} ${day}`, ...lines].join("\n");
}
