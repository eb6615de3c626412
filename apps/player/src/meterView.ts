import { formatAmount } from "weir/core";
import type { DeploymentToken } from "weir/core";
import type { MeterReading } from "weir/viewer/meter";
import { byId, setText } from "../../../sdk/admin/page/dom.ts";
import { short } from "../../../sdk/admin/page/format.ts";
import { showTokens } from "./amounts.ts";

/** Below this part of the budget, in percent, whoever watches is told. */
export const LOW_PERCENT = 10;
/** After the point: more digits would say that an estimate is known better. */
const ESTIMATE_DIGITS = 3;

/** Shows what watching costs. @returns how much of the budget is left, in percent */
export function showCost({ budget, left, perHour, spent }: MeterReading, token: DeploymentToken): number {
  const { decimals, symbol } = token;
  showTokens("spent", spent, token);
  const fineness = 10n ** BigInt(Math.max(0, decimals - ESTIMATE_DIGITS));
  if (perHour === undefined) setText("per-hour", "–");
  else showTokens("per-hour", perHour - (perHour % fineness), token);
  const words = `${short(formatAmount(left, decimals))} of ${short(formatAmount(budget, decimals))} ${symbol}`;
  setText("left", words);
  const percent = budget === 0n ? 0 : Number((left * 1_000n) / budget) / 10;
  const bar = byId("left-bar");
  bar.setAttribute("aria-valuenow", percent.toFixed(1));
  bar.setAttribute("aria-valuetext", words);
  bar.classList.toggle("low", percent < LOW_PERCENT);
  const filled = bar.firstElementChild;
  if (filled instanceof HTMLElement) filled.style.width = `${percent}%`;
  return percent;
}
