import { axisX, axisY, gridY, lineY, plot, pointerX, ruleX, text, tip } from "@observablehq/plot";
import { tipLook } from "./rates";
import { color, dash, shorten, Words, type Series } from "./series";

export interface LostData {
  lang: string;
  day: string;
  series: Series[];
  values: number[][];
}

interface Point {
  day: number;
  lost: number;
  series: Series;
}

// drawLost draws what each side has lost by the end of each day, from zero, with its name at the end of the line.
export function drawLost(data: LostData, width: number): SVGSVGElement | HTMLElement {
  const words = new Words(data.lang);
  const points = data.series.flatMap((series, i) => (data.values[i] ?? []).map((lost, day): Point => ({ day: day + 1, lost, series })));
  const days = data.values[0]?.map((_, day) => day + 1) ?? [];
  const top = Math.max(1, ...points.map((point) => point.lost)) * 1.08;
  const named = width >= 640;
  return plot({
    className: "plot-figure",
    width,
    height: 280,
    marginTop: 12,
    marginBottom: 40,
    marginLeft: 52,
    marginRight: named ? 190 : 12,
    x: { label: null, domain: [1, Math.max(2, days.length)] },
    y: { domain: [0, top], label: null },
    marks: [
      gridY({ ticks: 4 }),
      axisY({ ticks: 4, tickSize: 0, tickFormat: words.count }),
      axisX({ label: data.day, labelAnchor: "left", labelArrow: "none", labelOffset: 36, ticks: Math.min(days.length, Math.max(2, Math.floor(width / 90))), tickSize: 4, tickFormat: (day: number) => (Number.isInteger(day) ? words.count(day) : "") }),
      ...data.series.map((series) => line(points.filter((point) => point.series === series), series)),
      ...(named ? labels(points, days.length, top, words) : []),
      ruleX(days, pointerX({ x: (day: number) => day, maxRadius: Infinity, stroke: "var(--color-edge)", strokeDasharray: "2 2" })),
      tip(days, pointerX({ x: (day: number) => day, y: () => top * 0.94, maxRadius: Infinity, title: (day: number) => describe(day, data, words), ...tipLook })),
    ],
  });
}

function line(points: Point[], series: Series) {
  return lineY(points, { x: "day", y: "lost", stroke: color(series), strokeWidth: 2, strokeDasharray: dash(series) });
}

// labels writes each name and its last number at the line's end, moved apart where the lines end close together.
function labels(points: Point[], end: number, top: number, words: Words) {
  const ends = points.filter((point) => point.day === end).sort((a, b) => a.lost - b.lost);
  const unit = (top / 240) * 17;
  let floor = unit / 2;
  const placed = ends.map((point) => {
    const y = Math.max(point.lost, floor);
    floor = y + unit;
    return { ...point, y };
  });
  return [
    text(placed, { x: "day", y: "y", dx: 9, textAnchor: "start", fill: (point: Point) => color(point.series), text: () => "●", fontSize: 11 }),
    text(placed, {
      x: "day", y: "y", dx: 23, textAnchor: "start", fill: "var(--color-base-content)", fontWeight: 500, fontSize: 12,
      text: (point: Point) => `${shorten(point.series.name, 20)} ${words.count(Math.round(point.lost))}`,
    }),
  ];
}

function describe(day: number, data: LostData, words: Words): string {
  const lines = data.series.map((series, i) => `${series.name}  ${words.count(data.values[i]?.[day - 1] ?? 0)}`);
  return [`${data.day} ${day}`, ...lines].join("\n");
}
