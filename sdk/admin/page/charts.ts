import type UPlot from "uplot";
import { byId, element } from "./dom.ts";

/** The chart library; its script is loaded before this module. */
declare const uPlot: typeof UPlot;

/** One line, area or row of bars of a chart. */
export interface Series {
  readonly label: string;
  /** A colour of the style sheet, such as `--accent`. */
  readonly color: string;
  readonly form: "bars" | "area" | "line";
  /** Which scale it belongs to; the left one if left out. */
  readonly scale?: "right";
  readonly values: readonly (number | null)[];
}

/** What a chart shows. */
export interface ChartContent {
  /** Seconds since the epoch, rising. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** Whether each value is a day of UTC. */
  readonly days?: boolean;
  /** Whether the values are bytes, which are counted in powers of two. */
  readonly bytes?: boolean;
  /** The chart in a sentence, for who does not see it. */
  readonly text: string;
}

const DAY_SECONDS = 86_400;
const POWERS_OF_TWO = Array.from({ length: 50 }, (_, i) => 2 ** i);
const darkness = matchMedia("(prefers-color-scheme: dark)");

/** A chart that fits its place, whatever its width, and follows the colours of the page. */
export function chart(id: string): (content: ChartContent) => void {
  const place = byId(id);
  let content: ChartContent | undefined;
  let plot: UPlot | undefined;
  let shape = "";
  const legend = element("div", { class: "legend", attributes: { "aria-hidden": "true" } });

  const draw = (): void => {
    if (content === undefined || content.times.length === 0) return;
    const { series, text, times } = content;
    place.setAttribute("aria-label", text);
    const data = [times, ...series.map(({ values }) => values)] as unknown as UPlot.AlignedData;
    const nextShape = series.map(({ label }) => label).join();
    if (plot === undefined || shape !== nextShape) {
      plot?.destroy();
      place.replaceChildren(legend);
      shape = nextShape;
      const showValues = (shown: UPlot): void => {
        showLegend(legend, content, shown.cursor.idx);
      };
      plot = new uPlot({ ...options(content, place), hooks: { setCursor: [showValues] } }, data, place);
    } else {
      plot.setData(data);
    }
    showLegend(legend, content, plot.cursor.idx);
    // A legend of two lines leaves less for the drawing.
    plot.setSize(sizeOf(place));
  };
  new ResizeObserver(() => {
    plot?.setSize(sizeOf(place));
  }).observe(place);
  darkness.addEventListener("change", () => {
    shape = "";
    draw();
  });
  return (next) => {
    content = next;
    draw();
  };
}

/** Names the series, with their values at the pointer, or else the latest. */
function showLegend(place: HTMLElement, content: ChartContent | undefined, at: number | null | undefined): void {
  if (content === undefined) return;
  const { days = false, format, series, times } = content;
  const index = at ?? times.length - 1;
  const when = new Date((times[index] ?? 0) * 1_000);
  const time = days ? when.toISOString().slice(0, 10) : when.toLocaleTimeString("en-GB");
  place.replaceChildren(
    element("span", { class: "muted" }, time),
    ...series.map(({ color, label, values }) => {
      const swatch = element("span", { class: "swatch" });
      swatch.style.background = `var(${color})`;
      const value = values[index];
      return element(
        "span",
        {},
        swatch,
        label,
        " ",
        element("b", {}, value === undefined || value === null ? "–" : format(value)),
      );
    }),
  );
}

/** The legend stands above the drawing, and takes a line of its place, or two where it is narrow. */
function sizeOf(place: HTMLElement): { width: number; height: number } {
  const legend = place.querySelector<HTMLElement>(".legend")?.offsetHeight ?? 0;
  return { width: place.clientWidth, height: place.clientHeight - legend };
}

function options({ bytes = false, days = false, format, series }: ChartContent, place: HTMLElement): UPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const hasRight = series.some(({ scale }) => scale === "right");
  const axis = {
    stroke: color("--muted"),
    grid: { stroke: color("--grid"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  const time = {
    ...{ ...axis, grid: { show: false }, space: 70, size: 30 },
    values: (_: UPlot, ticks: number[]) => ticks.map((tick) => (days ? dayName(tick) : timeName(tick))),
    ...(days ? { incrs: [1, 2, 7, 14, 30, 91].map(inDays) } : {}),
  };
  const amounts = {
    ...{ ...axis, size: 66, values: (_: UPlot, ticks: number[]) => ticks.map(format) },
    ...(bytes ? { incrs: POWERS_OF_TWO } : {}),
  };
  const fromZero: UPlot.Range.Function = (_, __, max) => [0, max > 0 ? max * 1.08 : 1];
  return {
    ...sizeOf(place),
    // A day is a day of UTC wherever it is looked at.
    ...(days ? { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1_000), "Etc/UTC") } : {}),
    padding: [12, hasRight ? 0 : 12, 0, 0],
    scales: {
      x: { time: true, ...(days ? { range: (_: UPlot, min: number, max: number) => aroundDays(min, max) } : {}) },
      y: { range: fromZero },
      right: { range: fromZero },
    },
    axes: [time, { ...amounts, scale: "y" }, ...(hasRight ? [rightOf(amounts)] : [])],
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { x: false, y: false } },
    series: [{}, ...series.map((each) => seriesOptions(each, color(each.color)))],
  };
}

function seriesOptions({ form, label, scale }: Series, stroke: string): UPlot.Series {
  const bars = uPlot.paths.bars?.({ size: [0.62, 42], radius: 0.18 });
  return {
    label,
    scale: scale ?? "y",
    stroke,
    width: form === "bars" ? 0 : 2,
    ...(form === "line" ? {} : { fill: form === "bars" ? stroke : `${stroke}26` }),
    ...(form === "bars" && bars !== undefined ? { paths: bars } : {}),
    points: { show: false },
  };
}

/** Half a day of room at both ends, so that the first and the last bar are whole. */
function aroundDays(min: number, max: number): [number, number] {
  return [min - DAY_SECONDS * 0.6, max + DAY_SECONDS * 0.6];
}

/** The same axis at the other side, of which the library knows the number. */
function rightOf(axis: UPlot.Axis): UPlot.Axis {
  return Object.assign({}, axis, { scale: "right", side: 1, grid: { show: false } });
}

function dayName(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleDateString("en", { month: "short", day: "numeric", timeZone: "UTC" });
}

function timeName(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleTimeString("en-GB", { timeStyle: "short" });
}

function inDays(days: number): number {
  return days * DAY_SECONDS;
}
