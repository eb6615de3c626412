import type { ActivityDocument } from "../apiDocuments.ts";
import { chart } from "./charts.ts";
import { setText } from "./dom.ts";
import { short, size } from "./format.ts";

/** Shows what was delivered and paid in the last hours, and what was at stake. */
export function activityView(): (document: ActivityDocument, symbol: string) => void {
  const drawTraffic = chart("traffic-chart");
  const drawExposure = chart("exposure-chart");
  return ({ at, receiptedBytesPerSecond, servedBytesPerSecond, unsecured, unsettled }, symbol) => {
    const rate = (bytes: number): string => `${size(bytes)}/s`;
    const traffic = `${rate(servedBytesPerSecond.at(-1) ?? 0)} delivered, ${rate(receiptedBytesPerSecond.at(-1) ?? 0)} acknowledged`;
    drawTraffic({
      ...{ times: at, format: rate, bytes: true, text: `Last: ${traffic}` },
      series: [
        { label: "Delivered", color: "--second", form: "area", values: servedBytesPerSecond },
        { label: "Acknowledged", color: "--accent", form: "line", values: receiptedBytesPerSecond },
      ],
    });
    setText("traffic-text", `${traffic}, in the last seconds.`);
    const stake = `${short(unsettled.at(-1) ?? "0")} ${symbol} acknowledged and not collected, ${short(unsecured.at(-1) ?? "0")} delivered and not acknowledged`;
    drawExposure({
      times: at,
      format: (value) => short(String(Number(value.toPrecision(4)))),
      text: stake,
      series: [
        { label: `To collect, ${symbol}`, color: "--accent", form: "area", values: unsettled.map(Number) },
        { label: "At risk", color: "--third", form: "line", values: unsecured.map(Number) },
      ],
    });
    setText("exposure-text", `${stake}.`);
  };
}
