import { areaY, axisX, axisY, dot, gridY, lineY, plot, pointerX, ruleX, text, tip } from "@observablehq/plot";
import { noteMarks, notesOn, type NoteData } from "./notes";
import { color, dash, shorten, Words, type Series } from "./series";

export interface RatesData {
  lang: string;
  of: string;
  series: Series[];
  points: { day: string; key: string; rate: number; low: number; high: number; visitors: number; conversions: number }[];
  notes?: NoteData[];
}

interface Point {
  day: Date;
  series: Series;
  rate: number;
  low: number;
  high: number;
  visitors: number;
  conversions: number;
}

// labelRoom is what names and numbers beside a chart need.
export const labelRoom = 196;

const height = 280;
const margin = { top: 18, bottom: 28, left: 44 };

// drawRates draws each variant's rate with its band, from zero, with its name at the end of the line.
export function drawRates(data: RatesData, width: number): SVGSVGElement | HTMLElement {
  const words = new Words(data.lang);
  const byKey = new Map(data.series.map((series) => [series.key, series]));
  const points: Point[] = [];
  for (const point of data.points) {
    const series = byKey.get(point.key);
    if (series) points.push({ ...point, day: new Date(point.day), series });
  }
  const lone = new Set(points.map((point) => +point.day)).size < 2;
  const top = lone ? Math.min(1, Math.max(...points.map((point) => point.high)) * 1.04) : ceiling(points);
  const named = width >= 640;
  const right = named ? labelRoom : 12;
  const at = points.map((point) => +point.day);
  const notes = notesOn(data.notes ?? [], new Date(Math.min(...at)), new Date(Math.max(...at)));
  return plot({
    className: "plot-figure",
    width,
    height,
    marginTop: margin.top,
    marginBottom: margin.bottom,
    marginLeft: margin.left,
    marginRight: right,
    x: { type: "utc", label: null },
    y: { domain: [0, top], label: null, clamp: true },
    marks: [
      gridY({ ticks: 4 }),
      axisY({ ticks: 4, tickSize: 0, tickFormat: (x: number) => words.percent(x, top < 0.05 ? 1 : 0) }),
      axisX({ ticks: dayTicks(points, width), tickSize: 4, tickFormat: words.day }),
      ...(lone ? data.series.flatMap((series, i) => firstDay(points.filter((point) => point.series === series), series, (i - (data.series.length - 1) / 2) * spread)) : [
        ...data.series.map((series) => band(points.filter((point) => point.series === series), series)),
        ...data.series.map((series) => line(points.filter((point) => point.series === series), series)),
      ]),
      ...noteMarks(notes),
      ...(named ? labels(points, data.series, top, words, lone ? (data.series.length / 2) * spread : 0) : []),
      ruleX(points, pointerX({ x: "day", maxRadius: Infinity, stroke: "var(--color-edge)", strokeDasharray: "2 2" })),
      tip(days(points), pointerX({ x: "day", y: "top", maxRadius: Infinity, title: (row: Day) => describe(row, words, data.of), ...tipLook })),
    ],
  });
}

export const tipLook = { fill: "var(--color-base-100)", stroke: "var(--color-line)", fontSize: 12, lineHeight: 1.35, lineWidth: 40, textPadding: 10, pathFilter: "none" } as const;

// ceiling ends the axis above every line. A first day's band may reach far beyond it and is cut off.
function ceiling(points: Point[]): number {
  const rate = Math.max(0.001, ...points.map((point) => point.rate));
  const high = Math.max(...points.map((point) => point.high));
  return Math.min(1, Math.min(high, rate * 1.6) * 1.04);
}

function band(points: Point[], series: Series) {
  return areaY(points, { x: "day", y1: "low", y2: "high", fill: color(series), fillOpacity: 0.11, curve: "monotone-x", clip: true });
}

function line(points: Point[], series: Series) {
  return lineY(points, { x: "day", y: "rate", stroke: color(series), strokeWidth: 2, strokeDasharray: dash(series), curve: "monotone-x", clip: true });
}

// spread is how far apart the variants of a first day stand.
const spread = 16;

// firstDay draws what a single day can show: a dot for the rate and a line for its band.
function firstDay(points: Point[], series: Series, dx: number) {
  return [
    ruleX(points, { x: "day", y1: "low", y2: "high", dx, stroke: color(series), strokeWidth: 1.5, strokeLinecap: "round" }),
    dot(points, { x: "day", y: "rate", dx, r: 4.5, fill: color(series) }),
  ];
}

interface Label {
  day: Date;
  series: Series;
  rate: number;
  y: number;
}

// labels writes each name and its last rate at the line's end, moved apart where the lines end close together.
function labels(points: Point[], all: Series[], top: number, words: Words, dx: number) {
  const unit = (top / (height - margin.top - margin.bottom)) * 17;
  const ends: Label[] = [];
  for (const series of all) {
    const last = points.filter((point) => point.series === series).pop();
    if (last) ends.push({ day: last.day, series, rate: last.rate, y: Math.min(last.rate, top) });
  }
  ends.sort((a, b) => a.y - b.y);
  let floor = unit / 2;
  for (const end of ends) {
    end.y = Math.max(end.y, floor);
    floor = end.y + unit;
  }
  return [
    text(ends, { x: "day", y: "y", dx: dx + 9, textAnchor: "start", fill: (end: Label) => color(end.series), text: () => "●", fontSize: 11 }),
    text(ends, {
      x: "day", y: "y", dx: dx + 23, textAnchor: "start", fill: "var(--color-base-content)", fontWeight: 500, fontSize: 12,
      text: (end: Label) => `${shorten(end.series.name)} ${words.percent(end.rate, 1)}`,
    }),
  ];
}

interface Day {
  day: Date;
  top: number;
  points: Point[];
}

function days(points: Point[]): Day[] {
  const byDay = new Map<number, Day>();
  for (const point of points) {
    const row = byDay.get(+point.day) ?? { day: point.day, top: 0, points: [] };
    row.points.push(point);
    row.top = Math.max(row.top, point.rate);
    byDay.set(+point.day, row);
  }
  return Array.from(byDay.values());
}

function describe(row: Day, words: Words, of: string): string {
  const lines = row.points.map(
    (point) => `${shorten(point.series.name, 24)}  ${words.percent(point.rate, 2)}  (${words.count(point.conversions)} ${of} ${words.count(point.visitors)})`,
  );
  return [words.day(row.day), ...lines].join("\n");
}

// dayTicks picks as many days as have room for their label.
function dayTicks(points: Point[], width: number): Date[] {
  const all = Array.from(new Set(points.map((point) => +point.day))).sort((a, b) => a - b);
  const step = Math.max(1, Math.ceil(all.length / Math.max(2, Math.floor(width / 90))));
  return all.filter((_, i) => (all.length - 1 - i) % step === 0).map((at) => new Date(at));
}
