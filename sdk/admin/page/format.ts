import { element } from "./dom.ts";

const LOCALE = "en";

/**
 * A decimal number with as many digits as a person takes in. `Intl` reads decimal texts exactly, so that no amount goes
 * through a float on its way here.
 */
export function short(decimal: string): string {
  const digits = decimal.startsWith("0.") ? 4 : 6;
  const format = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: digits });
  return format.format(decimal as `${number}`);
}

/** An amount for people, which tells the exact one to who points at it, and to programs. */
export function amount(exact: string, symbol: string): HTMLElement {
  return element(
    "span",
    { title: `${exact} ${symbol}`, attributes: { "data-exact": exact } },
    short(exact),
    element("small", {}, ` ${symbol}`),
  );
}

/** The same in a table, whose head names the symbol. */
export function plainAmount(exact: string): HTMLElement {
  return element("span", { title: exact, attributes: { "data-exact": exact } }, short(exact));
}

/** Bytes in the largest unit that leaves a number. */
export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const format = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 });
  return `${format.format(bytes / 1024 ** power)} ${units[power] ?? ""}`;
}

/** A whole number with its thousands apart. */
export function count(number: number): string {
  return new Intl.NumberFormat(LOCALE).format(number);
}

/** `1 channel`, `2 channels`. */
export function counted(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? "" : "s"}`;
}

/** A day of UTC, as the history counts them. */
export function day(seconds: number): string {
  const format = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeZone: "UTC" });
  return format.format(seconds * 1_000);
}

/** A moment in the reader's own time zone; the exact one is in its attribute. */
export function moment(seconds: number): HTMLElement {
  const date = new Date(seconds * 1_000);
  const format = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });
  return element(
    "time",
    { title: date.toISOString(), attributes: { datetime: date.toISOString() } },
    format.format(date),
  );
}

/** A hash or address by its ends. */
export function hash(text: string): HTMLElement {
  return element("span", { class: "mono", title: text }, `${text.slice(0, 8)}…${text.slice(-4)}`);
}

/** How long until then, or since then, in one unit. */
export function distance(seconds: number): string {
  const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ];
  const [unit, length] = steps.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" }).format(Math.round(seconds / length), unit);
}
