import type { Deployment } from "../../core/index.ts";
import type { RelayStatus, ViewerStatus } from "../../viewer/index.ts";
import { owed } from "../../core/index.ts";
import { showTokens } from "../connect.ts";
import type { PlayState } from "./playStream.ts";

/** What a meter shows. */
export interface Reading {
  readonly deployment: Deployment;
  /** The publisher's name for the stream. */
  readonly name: string;
  readonly play: Readonly<PlayState>;
  readonly status: ViewerStatus;
  /** The most that this watching may cost, in base units. */
  readonly budget: bigint;
  readonly elapsedSeconds: number;
}

/** The meter as several lines: one for the stream, one for the money, one for each relay. */
export function meterLines(reading: Reading): string[] {
  const { deployment, elapsedSeconds, name, play, status } = reading;
  const { missed, seconds, variant } = play;
  const buffer = Math.max(0, seconds - elapsedSeconds);
  const speed = elapsedSeconds > 0 ? seconds / elapsedSeconds : 0;
  const title = [
    name,
    ...(variant === undefined ? [] : [variant]),
    `${clockText(seconds)} played in ${clockText(elapsedSeconds)}`,
  ];
  const lost = missed === 0 ? "" : `, ${missed} segments missed`;
  return [
    `${title.join("  ")}  ${speed.toFixed(1)}x, ${Math.floor(buffer)} s ahead${lost}`,
    moneyLine(reading),
    ...status.relays.map((relay) => relayLine(relay, deployment)),
  ];
}

/** The meter as one line, for a log. */
export function meterLine(reading: Reading): string {
  const { play, status } = reading;
  const used = status.relays.filter(({ verifiedBytes }) => verifiedBytes > 0n).length;
  return `${clockText(play.seconds)} played, ${moneyLine(reading)}, ${used} of ${status.relays.length} relays`;
}

/** What was spent in this watching: receipts count bytes, so a channel's rounding may differ by one base unit. */
export function spentOn({ relays }: ViewerStatus): bigint {
  return relays.reduce((sum, { pricePerGiB = 0n, verifiedBytes }) => sum + owed(verifiedBytes, pricePerGiB), 0n);
}

/** Bytes as people read them. */
export function showBytes(bytes: bigint | number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let size = Number(bytes);
  let unit = 0;
  while (size >= 1_024 && unit < units.length - 1) {
    size /= 1_024;
    unit += 1;
  }
  return `${unit === 0 ? String(size) : size.toFixed(1)} ${units[unit] ?? ""}`;
}

function moneyLine({ budget, deployment, status }: Reading): string {
  const refused = status.refusedBytes === 0n ? "" : `, ${showBytes(status.refusedBytes)} refused`;
  const spent = showTokens(spentOn(status), deployment);
  return `${showBytes(status.verifiedBytes)} verified${refused}, ${spent} spent of ${showTokens(budget, deployment)}`;
}

function relayLine(relay: RelayStatus, deployment: Deployment): string {
  const { origin, pricePerGiB, problem, refusedBytes, share, throughput, verifiedBytes } = relay;
  const price = pricePerGiB === undefined ? "" : `  ${showTokens(pricePerGiB, deployment)}/GiB`;
  const speed = verifiedBytes === 0n ? "" : `  ${showBytes(throughput)}/s`;
  const refused = refusedBytes === 0n ? "" : `  ${showBytes(refusedBytes)} refused`;
  const trouble = problem === undefined ? "" : `  (${problem})`;
  return `  ${origin}  ${Math.round(100 * share)}%  ${showBytes(verifiedBytes)}${price}${speed}${refused}${trouble}`;
}

function clockText(seconds: number): string {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const end = `${String(minutes).padStart(hours > 0 ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${end}` : end;
}
