import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import type { CompactSignature } from "../../core/signature.ts";
import { sessionWords } from "../internal/sessionWords.ts";
import type { Permit } from "../token/signPermit.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `depositWithPermit`. */
export interface DepositWithPermitOptions {
  readonly deployment: Deployment;
  /** The session key whose account is credited. */
  readonly signer: Address;
  /** The wallet expected to own the account. */
  readonly owner: Address;
  /** Token base units; zero opens the account without money. */
  readonly amount: bigint;
  /** The signer's `Session(owner)`. Needed only while the account is not open; see `signSession`. */
  readonly session?: CompactSignature | undefined;
  /** The sender's own permit; see `signPermit`. */
  readonly permit: Permit;
}

/** The call of `depositWithPermit`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function depositWithPermitCall(options: DepositWithPermitOptions): PaymentChannelsCall<"depositWithPermit"> {
  const { deployment, signer, owner, amount, session, permit } = options;
  return paymentChannelsCall(deployment, "depositWithPermit", [signer, owner, amount, sessionWords(session), permit]);
}

/**
 * `deposit` with an EIP-2612 permit of the sender's for exactly `amount`, so that no approval goes before it.
 *
 * Anyone may send it; the tokens are the sender's. A permit that fails is passed over: the allowance decides.
 * @throws ContractError `AccountOwnerMismatch`, `BadSignature` (no valid session), `InvalidAddress`, `InexactTransfer`,
 *   `EscrowFull`, or an error of the token
 */
export const depositWithPermit = /* @__PURE__ */ writeAction(depositWithPermitCall);

/** `depositWithPermit`, then waits until it is mined. */
export const depositWithPermitSync = /* @__PURE__ */ writeSyncAction(depositWithPermitCall, "PaymentChannels", [
  "AccountOpened",
  "Deposited",
]);
