import { WeirError } from "../../core/index.ts";
import type { Acknowledged } from "../../core/index.ts";
import type { RelayEffect } from "../../exchange/index.ts";

/** A refusal of the exchange, on its way to becoming a problem document. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly error: WeirError;
  /** The highest receipt held, where the sender needs it to go on. */
  readonly acknowledged: Acknowledged | undefined;

  constructor(error: WeirError, acknowledged: Acknowledged | undefined) {
    super(error.message, { cause: error });
    this.error = error;
    this.acknowledged = acknowledged;
  }
}

/**
 * What the exchange wants the viewer to be told.
 *
 * @throws Refusal if it refused
 */
export function acknowledgementOf(
  effects: readonly RelayEffect[],
): Extract<RelayEffect, { readonly type: "acknowledge" }> {
  assertAccepted(effects);
  const found = effects.find((effect) => effect.type === "acknowledge");
  if (found === undefined) throw new WeirError("internal", "the exchange did not answer");
  return found;
}

/** @throws Refusal if the exchange refused */
export function assertAccepted(effects: readonly RelayEffect[]): void {
  const refused = effects.find((effect) => effect.type === "refuse");
  if (refused !== undefined) throw new Refusal(refused.error, refused.acknowledged);
}
