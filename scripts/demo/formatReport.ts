import { formatAmount } from "../../sdk/core/index.ts";
import { gibPerViewerHour } from "./costs.ts";
import type { DemoReport } from "./demoReport.ts";

/** The report as people read it. */
export function formatReport(report: DemoReport): string {
  return [streamLines, relayLines, viewerLines, gasLines, costLines, stakeLines, tokenLines, checkLines]
    .map((section) => section(report).join("\n"))
    .join("\n\n");
}

function streamLines({ stream, viewers, bytes }: DemoReport): string[] {
  return [
    `“${stream.name}”: ${stream.videoSeconds.toFixed(1)} s of video in ${stream.renditions} renditions, ${stream.resources} signed resources, ${viewers.length} viewers`,
    `verified ${kilobytes(bytes.verified)}, paid ${kilobytes(Number(bytes.paid))}; bad ${kilobytes(bytes.bad)}, of these paid ${bytes.badPaid}`,
  ];
}

function relayLines({ relays }: DemoReport): string[] {
  return table(
    ["relay", "behaviour", "viewers", "segments", "verified", "corrupted", "paid for", "earned", "fee"],
    relays.map((relay) => [
      relay.name,
      relay.behaviour,
      String(relay.viewers),
      String(relay.segments),
      kilobytes(relay.verifiedBytes),
      kilobytes(relay.corruptedBytes),
      kilobytes(Number(relay.paidBytes)),
      tokens(relay.earned),
      tokens(relay.fees),
    ]),
  );
}

function viewerLines({ viewers }: DemoReport): string[] {
  return table(
    ["viewer", "gas paid by", "first frame", "stalls", "renditions", "verified", "refused", "hedged", "spent", "from"],
    viewers.map((viewer) => [
      viewer.name,
      viewer.gasless ? "sponsor" : "itself",
      `${Math.round(viewer.startupMs)} ms`,
      viewer.stalls === 0 ? "none" : `${viewer.stalls} (${viewer.stallSeconds.toFixed(2)} s)`,
      viewer.heights.map((height) => `${height}p`).join(" "),
      kilobytes(viewer.verifiedBytes),
      kilobytes(viewer.refusedBytes),
      String(viewer.hedged),
      tokens(viewer.spent),
      viewer.relays
        .filter(({ verifiedBytes }) => verifiedBytes > 0)
        .map(({ relay, verifiedBytes }) => `${relay} ${percent(verifiedBytes / viewer.verifiedBytes)}`)
        .join(", "),
    ]),
  );
}

function gasLines({ gas }: DemoReport): string[] {
  return [
    ...table(
      ["calls", "transactions", "gas", "each"],
      gas.rows.map(({ calls, transactions, gas: used }) => [
        calls,
        String(transactions),
        used.toLocaleString("en"),
        Math.round(Number(used) / transactions).toLocaleString("en"),
      ]),
    ),
    `relays paid ${Math.round(gas.perChannel).toLocaleString("en")} gas a channel for its whole life (fund, settle, close), over ${gas.channels} channels`,
  ];
}

function costLines({ cost }: DemoReport): string[] {
  const { usdPerGiB, usdPerCoin, megabitsPerSecond } = cost.assumptions;
  const gib = gibPerViewerHour(cost.assumptions);
  return [
    `if video costs $${usdPerGiB} a GiB, a coin $${usdPerCoin}, and a channel carries one viewer-hour at ${megabitsPerSecond} Mbit/s (${gib.toFixed(2)} GiB):`,
    ...table(
      ["gas price", "a viewer-hour", "of its price", "a GiB", "of its price"],
      cost.rows.map((row) => [
        `${row.gasPriceGwei} gwei`,
        `$${row.usdPerViewerHour.toPrecision(2)}`,
        percent(row.shareOfViewerHour),
        `$${row.usdPerGiB.toPrecision(2)}`,
        percent(row.shareOfGiB),
      ]),
    ),
  ];
}

function stakeLines({ delegatorGain, fees, reporterCuts, rewards, slashed, washTradingProfit }: DemoReport): string[] {
  return [
    `slashed ${tokens(slashed)}, of these ${tokens(reporterCuts)} to who reported; rewards ${tokens(rewards)} of ${tokens(fees)} in fees`,
    `the delegator has ${tokens(delegatorGain)} more than it delegated; whoever paid himself has ${tokens(-washTradingProfit)} less`,
  ];
}

function tokenLines({ tokens: { minted, places, missing } }: DemoReport): string[] {
  return [
    ...table(
      ["tokens", "balance"],
      places.map(({ place, balance }) => [place, tokens(balance)]),
    ),
    `minted ${tokens(minted)}, missing ${missing} base units`,
  ];
}

function checkLines({ checks, seconds }: DemoReport): string[] {
  const held = checks.filter((check) => check.held).length;
  return [
    ...checks.map(({ name, held: isHeld, detail }) => `${isHeld ? "✓" : "✗"} ${name} (${detail})`),
    `${held} of ${checks.length} checks held, ${seconds.toFixed(1)} s`,
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [lines[0] ?? "", widths.map((width) => "─".repeat(width)).join("  "), ...lines.slice(1)];
}

function kilobytes(bytes: number): string {
  return bytes === 0 ? "0" : `${(bytes / 1_000).toFixed(1)} kB`;
}

function percent(share: number): string {
  return `${(share * 100).toPrecision(2)}%`;
}

function tokens(amount: bigint): string {
  return Number(formatAmount(amount, 18)).toFixed(6);
}
