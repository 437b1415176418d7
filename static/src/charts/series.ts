// One variant: its key in the data, its name, and its place in the palette.
export interface Series {
  key: string;
  name: string;
  index: number;
}

const dashes = ["none", "none", "5 3", "2 3", "8 3 2 3", "10 3", "1 3"];

// place is the palette's place of variant i: 0 is the control, the others repeat after six.
function place(index: number): number {
  return index <= 0 ? 0 : 1 + ((index - 1) % 6);
}

export function color(series: Series): string {
  return `var(--series-${place(series.index)})`;
}

export function dash(series: Series): string {
  return dashes[place(series.index)] ?? "none";
}

// shorten keeps a name inside the margin.
export function shorten(name: string, length = 18): string {
  const letters = Array.from(name);
  return letters.length <= length ? name : letters.slice(0, length - 1).join("") + "…";
}

// Words writes numbers and days as the page's language does.
export class Words {
  readonly percent: (share: number, digits?: number) => string;
  readonly count: (n: number) => string;
  readonly day: (at: Date) => string;
  readonly moment: (at: Date) => string;
  readonly time: (at: Date) => string;
  readonly second: (at: Date) => string;

  constructor(pageLang: string) {
    const lang = pageLang === "en" ? "en-GB" : pageLang; // the day comes before the month, as on the rest of the page
    const share = (digits: number): Intl.NumberFormat =>
      new Intl.NumberFormat(lang, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits });
    const formats = [share(0), share(1), share(2)];
    const count = new Intl.NumberFormat(lang, { useGrouping: true });
    const day = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", timeZone: "UTC" });
    const moment = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
    const time = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
    const second = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "UTC" });
    this.percent = (x, digits = 0) => (formats[digits] ?? share(digits)).format(x);
    this.count = (n) => count.format(n);
    this.day = (at) => day.format(at);
    this.moment = (at) => moment.format(at);
    this.time = (at) => time.format(at);
    this.second = (at) => second.format(at);
  }
}
