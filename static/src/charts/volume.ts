import { axisX, axisY, gridY, plot, pointerX, ruleX, ruleY, tip } from "@observablehq/plot";
import { tipLook } from "./rates";
import { Words } from "./series";

export interface VolumeData {
  lang: string;
  unit: string;
  week: string; // stands before the day of a week; empty for days
  points: { day: string; n: number }[];
}

interface Bar {
  day: Date;
  n: number;
}

const margin = { left: 52, right: 12 };

// drawVolume draws a bar for each day or week, from zero.
export function drawVolume(data: VolumeData, width: number): SVGSVGElement | HTMLElement {
  const words = new Words(data.lang);
  const bars = data.points.map((point): Bar => ({ day: new Date(point.day), n: point.n }));
  const top = Math.max(1, ...bars.map((bar) => bar.n)) * 1.08;
  const room = (width - margin.left - margin.right) / Math.max(bars.length, 2);
  const every = Math.ceil(bars.length / Math.max(2, Math.floor(width / 90)));
  return plot({
    className: "plot-figure",
    width,
    height: 180,
    marginTop: 12,
    marginBottom: 28,
    marginLeft: margin.left,
    marginRight: margin.right,
    x: { type: "utc", label: null, inset: room / 2 },
    y: { domain: [0, top], label: null },
    marks: [
      gridY({ ticks: 3 }),
      axisY({ ticks: 3, tickSize: 0, tickFormat: words.count }),
      axisX({ ticks: bars.filter((_, i) => i % every === 0).map((bar) => bar.day), tickSize: 4, tickFormat: words.day }),
      ruleX(bars, { x: "day", y1: 0, y2: "n", stroke: "var(--color-primary)", strokeWidth: Math.max(1, Math.min(28, room * 0.7)) }),
      ruleY([0], { stroke: "var(--color-edge)" }),
      tip(bars, pointerX({ x: "day", y: "n", maxRadius: Infinity, title: (bar: Bar) => describe(bar, data, words), ...tipLook })),
    ],
  });
}

function describe(bar: Bar, data: VolumeData, words: Words): string {
  const day = words.day(bar.day);
  return `${data.week === "" ? day : `${data.week} ${day}`}\n${data.unit}  ${words.count(bar.n)}`;
}
