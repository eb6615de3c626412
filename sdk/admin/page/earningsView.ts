import type { EarningsDocument } from "../apiDocuments.ts";
import { chart } from "./charts.ts";
import { byId, setText, showTable } from "./dom.ts";
import { amount, count, counted, day, plainAmount, short } from "./format.ts";

type Day = EarningsDocument["days"][number];

const DAY_SECONDS = 86_400;

/** Shows what was settled, day by day and in all, and what that took. */
export function earningsView(): (document: EarningsDocument, symbol: string, now: number) => void {
  const drawEarnings = chart("earnings-chart");
  const drawGas = chart("gas-chart");
  let latest: Parameters<ReturnType<typeof earningsView>> | undefined;

  const show = (document: EarningsDocument, symbol: string, now: number): void => {
    latest = [document, symbol, now];
    const { days, total } = document;
    const range = Number(byId("earnings-range").querySelector<HTMLInputElement>("input:checked")?.value);
    const today = now - (now % DAY_SECONDS);
    const shown = everyDay(days, today, range);
    const times = shown.map(({ day: at }) => at);
    const numbers = (pick: (each: Day) => string): number[] => shown.map((each) => Number(pick(each)));
    const before = days.filter(({ day: at }) => at < (times[0] ?? 0));
    const perDay = numbers(({ value }) => value);
    const cumulative = sumsOf(
      perDay,
      before.reduce((sum, { value }) => sum + Number(value), 0),
    );
    const format = (value: number): string => short(String(Number(value.toPrecision(6))));
    const text = `${short(total.value)} ${symbol} were settled in ${counted(total.transactions, "transaction")}`;

    drawEarnings({
      ...{ times, format, days: true },
      text: `${text}; the table below has every day`,
      series: [
        { label: `Settled per day, ${symbol}`, color: "--accent", form: "bars", values: perDay },
        { label: "In all", color: "--second", form: "line", scale: "right", values: cumulative },
      ],
    });
    setText("earnings-text", `${text}, of ${counted(total.settles, "receipt")}.`);
    drawGas({
      ...{ times, format, days: true },
      text: `Gas was worth ${short(total.cost)} ${symbol}. ${savedText(total, symbol)}`,
      series: [
        { label: `Gas, ${symbol}`, color: "--third", form: "bars", values: numbers(({ cost }) => cost) },
        {
          label: "Saved by waiting",
          color: "--accent",
          form: "line",
          values: numbers(({ saved }) => saved).map(atLeastZero),
        },
      ],
    });
    setText("gas-text", `Gas was worth ${short(total.cost)} ${symbol}. ${savedText(total, symbol)}`);

    byId("settled").replaceChildren(amount(total.value, symbol));
    const ofToday = days.find(({ day: at }) => at === today)?.value ?? "0";
    setText("settled-note", `${short(ofToday)} today`);
    showTable<Day>(
      "earnings-table",
      "Earnings by day of UTC",
      [
        { title: "Day", cell: (each) => day(each.day) },
        { title: `Settled, ${symbol}`, form: "number", cell: ({ value }) => plainAmount(value) },
        { title: "Gas", form: "number", cell: ({ cost }) => plainAmount(cost) },
        { title: "Saved", form: "number", cell: ({ saved }) => plainAmount(saved) },
        { title: "Transactions", form: "number", cell: ({ transactions }) => count(transactions) },
      ],
      days.slice(-range).reverse(),
      "Nothing settled yet",
    );
  };
  byId("earnings-range").addEventListener("change", () => {
    if (latest !== undefined) show(...latest);
  });
  return show;
}

/** What waiting for many receipts saved, against settling each by itself. */
function savedText({ cost, saved }: EarningsDocument["total"], symbol: string): string {
  // A transaction of one receipt saves nothing, and may have closed channels besides.
  if (Number(saved) <= 0) return "Waiting saved nothing yet.";
  const part = Math.round((100 * Number(saved)) / (Number(cost) + Number(saved)));
  return `Waiting saved ${short(saved)} ${symbol}, ${part} % of what settling each receipt by itself takes.`;
}

function atLeastZero(number: number): number {
  return Math.max(0, number);
}

/** The last days up to today, those without a transaction included. */
function everyDay(days: readonly Day[], today: number, range: number): Day[] {
  const known = new Map(days.map((each) => [each.day, each]));
  const first = days[0]?.day ?? today;
  // A relay of a week has a chart of a week, and one of an hour has room for some days.
  const length = Math.min(range, Math.max(14, (today - first) / DAY_SECONDS + 1));
  return Array.from({ length }, (_, i) => {
    const at = today - (length - 1 - i) * DAY_SECONDS;
    return known.get(at) ?? { day: at, value: "0", cost: "0", saved: "0", transactions: 0, settles: 0 };
  });
}

function sumsOf(numbers: readonly number[], before: number): number[] {
  let sum = before;
  return numbers.map((number) => (sum += number));
}
