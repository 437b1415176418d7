import type { Words } from "./series";

const second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;

// Steps between ticks; multiples of each since 1970 fall on round times of a UTC day.
const steps = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 3, 4, 7, 14, 28, 56, 91, 182, 364].map((n) => n * day),
];

export interface TimeTicks {
  ticks: Date[];
  label: (at: Date, i: number) => string;
}

// timeTicks spreads at most `most` ticks from one moment to another. Days are named once: within a day a tick tells the time, and
// the first tick of each day names the day below it.
export function timeTicks(from: Date, to: Date, most: number, words: Words): TimeTicks {
  const step = steps.find((size) => (+to - +from) / size <= most) ?? 728 * day;
  const ticks: Date[] = [];
  for (let at = Math.ceil(+from / step) * step; at <= +to; at += step) ticks.push(new Date(at));
  const label = (at: Date, i: number): string => {
    if (step >= day) return words.day(at);
    const time = step < minute ? words.second(at) : words.time(at);
    const before = ticks[i - 1];
    return before && words.day(before) === words.day(at) ? time : `${time}\n${words.day(at)}`;
  };
  return { ticks, label };
}
