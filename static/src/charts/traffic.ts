import { axisX, axisY, plot, pointerX, rect, ruleX, ruleY, text, tip } from "@observablehq/plot";
import { noteMarks, notesOn, type NoteData } from "./notes";
import { labelRoom, tipLook } from "./rates";
import { color, shorten, Words, type Series } from "./series";
import { timeTicks } from "./time";

export interface TrafficData {
  lang: string;
  end: string;
  series: Series[];
  epochs: { at: string; weights: number[]; reason: string }[];
  notes?: NoteData[];
}

interface Slice {
  from: Date;
  to: Date;
  low: number;
  high: number;
  series: Series;
}

interface Span {
  from: Date;
  middle: Date;
  title: string;
}

// drawTraffic stacks the variants' shares over time; every set of weights is a tick on the axis with its reason in the tip.
export function drawTraffic(data: TrafficData, width: number): SVGSVGElement | HTMLElement {
  const words = new Words(data.lang);
  const { slices, spans } = stack(data, words);
  const named = width >= 640;
  const right = named ? labelRoom : 12;
  const axis = timeTicks(new Date(data.epochs[0]?.at ?? data.end), new Date(data.end), Math.max(2, Math.floor((width - 44 - right) / 90)), words);
  return plot({
    className: "plot-figure",
    width,
    height: 232,
    marginTop: 18,
    marginBottom: 44,
    marginLeft: 44,
    marginRight: right,
    x: { type: "utc", label: null },
    y: { domain: [0, 1], label: null },
    marks: [
      rect(slices, { x1: "from", x2: "to", y1: "low", y2: "high", fill: (s: Slice) => color(s.series), fillOpacity: 0.32 }),
      ...edges(slices),
      ruleX(spans, { x: "from", y1: 0, y2: 0, insetBottom: -7, stroke: "var(--color-base-content)", strokeWidth: 1.25 }),
      ruleY([0], { stroke: "var(--color-edge)" }),
      axisY({ ticks: [0, 0.5, 1], tickSize: 0, tickFormat: (x: number) => words.percent(x) }),
      axisX(axis.ticks, { tickSize: 0, tickPadding: 12, lineHeight: 1.3, tickFormat: axis.label }),
      ...noteMarks(notesOn(data.notes ?? [], new Date(data.epochs[0]?.at ?? data.end), new Date(data.end))),
      ...(named ? names(slices, words) : []),
      ruleX(spans, pointerX({ x: "middle", px: "middle", maxRadius: Infinity, stroke: "var(--color-edge)", strokeDasharray: "2 2" })),
      tip(spans, pointerX({ x: "middle", y: () => 0.92, maxRadius: Infinity, title: "title", ...tipLook })),
    ],
  });
}

// stack turns each epoch into one slice per variant, from its start to the next one's.
function stack(data: TrafficData, words: Words): { slices: Slice[]; spans: Span[] } {
  const slices: Slice[] = [];
  const spans: Span[] = [];
  data.epochs.forEach((epoch, i) => {
    const from = new Date(epoch.at);
    const to = new Date(data.epochs[i + 1]?.at ?? data.end);
    let low = 0;
    const lines = data.series.map((series, column) => {
      const share = epoch.weights[column] ?? 0;
      slices.push({ from, to, low, high: low + share, series });
      low += share;
      return `${shorten(series.name, 24)}  ${words.percent(share)}`;
    });
    spans.push({ from, middle: new Date((+from + +to) / 2), title: [words.moment(from), ...lines, epoch.reason].join("\n") });
  });
  return { slices, spans };
}

// edges draws the upper edge of each slice, so that neighbours of similar tone stay apart.
function edges(slices: Slice[]) {
  return [
    ruleY(slices, { x1: "from", x2: "to", y: "high", stroke: (s: Slice) => color(s.series), strokeWidth: 1.5 }),
  ];
}

// names writes each variant and its share now beside its last slice.
function names(slices: Slice[], words: Words) {
  const last = slices.length === 0 ? 0 : Math.max(...slices.map((slice) => +slice.to));
  const now = slices.filter((slice) => +slice.to === last);
  const middle = (s: Slice): number => (s.low + s.high) / 2;
  return [
    text(now, { x: "to", y: middle, dx: 9, textAnchor: "start", fill: (s: Slice) => color(s.series), text: () => "●", fontSize: 11 }),
    text(now, {
      x: "to", y: middle, dx: 23, textAnchor: "start", fill: "var(--color-base-content)", fontWeight: 500, fontSize: 12,
      text: (s: Slice) => `${shorten(s.series.name)} ${words.percent(s.high - s.low)}`,
    }),
  ];
}
