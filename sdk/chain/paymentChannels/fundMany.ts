import type { Channel } from "../../core/channel.ts";
import type { Deployment } from "../../core/deployment.ts";
import { isSameAddress } from "../../core/hex.ts";
import { packTerms } from "../../core/receipt.ts";
import { WeirError } from "../../core/weirError.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** One channel to fund in a batch. */
export interface Funding {
  readonly channel: Channel;
  /** The deposit to reach, cumulative, in token base units. */
  readonly total: bigint;
}

/** Options of `fundMany`. */
export interface FundManyOptions {
  readonly deployment: Deployment;
  /** At least one; all of the same signer. */
  readonly fundings: readonly Funding[];
}

/**
 * The call of `fundMany`, for a multicall, a simulation or a wallet that sends several calls at once.
 *
 * @throws WeirError `malformed-message` if there is no funding, or if the channels have several signers
 */
export function fundManyCall({ deployment, fundings }: FundManyOptions): PaymentChannelsCall<"fundMany"> {
  const [first] = fundings;
  if (first === undefined) throw new WeirError("malformed-message", "there is no channel to fund");
  const { signer } = first.channel;
  if (fundings.some(({ channel }) => !isSameAddress(channel.signer, signer))) {
    throw new WeirError("malformed-message", "the channels have several signers");
  }
  const rows = fundings.map(({ channel, total }) => {
    const { gracePeriod, nonce, payee, pricePerGiB } = channel;
    return { payee, terms: packTerms({ pricePerGiB, gracePeriod, nonce, deliveredBytes: 0n }), total };
  });
  return paymentChannelsCall(deployment, "fundMany", [signer, rows]);
}

/**
 * `fund` for several channels of one signer, for less gas than several calls: all of them or none.
 *
 * Only the account's owner or its signer may send it.
 * @throws ContractError as `fund`
 */
export const fundMany = /* @__PURE__ */ writeAction(fundManyCall);

/** `fundMany`, then waits until it is mined. */
export const fundManySync = /* @__PURE__ */ writeSyncAction(fundManyCall, "PaymentChannels", [
  "Funded",
  "CloseCancelled",
]);
