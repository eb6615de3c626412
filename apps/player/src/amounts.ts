import { formatAmount, parseAmount, WeirError } from "weir/core";
import type { DeploymentToken } from "weir/core";
import { amount } from "../../../sdk/admin/page/format.ts";
import { byId } from "../../../sdk/admin/page/dom.ts";

/** Shows an amount of base units for people; the exact one is in the title and for programs. */
export function tokens(units: bigint, { decimals, symbol }: DeploymentToken): HTMLElement {
  return amount(formatAmount(units, decimals), symbol);
}

/** Puts an amount into the element with this id, unless it stands there already. */
export function showTokens(id: string, units: bigint, token: DeploymentToken): void {
  const place = byId(id);
  const exact = formatAmount(units, token.decimals);
  if (place.querySelector("[data-exact]")?.getAttribute("data-exact") !== exact) {
    place.replaceChildren(tokens(units, token));
  }
}

/**
 * The base units that a person typed.
 *
 * @throws WeirError `malformed-message` unless it is a decimal number above zero
 */
export function typedTokens(typed: string, { decimals }: DeploymentToken): bigint {
  const units = parseAmount(typed.trim(), decimals);
  if (units === 0n) throw new WeirError("malformed-message", "an amount is above zero");
  return units;
}
