import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import type { CompactSignature } from "../../core/signature.ts";
import { sessionWords } from "../internal/sessionWords.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `deposit`. */
export interface DepositOptions {
  readonly deployment: Deployment;
  /** The session key whose account is credited. */
  readonly signer: Address;
  /** The wallet expected to own the account. */
  readonly owner: Address;
  /** Token base units; zero opens the account without money. */
  readonly amount: bigint;
  /** The signer's `Session(owner)`. Needed only while the account is not open; see `signSession`. */
  readonly session?: CompactSignature | undefined;
}

/** The call of `deposit`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function depositCall(options: DepositOptions): PaymentChannelsCall<"deposit"> {
  const { deployment, signer, owner, amount, session } = options;
  return paymentChannelsCall(deployment, "deposit", [signer, owner, amount, sessionWords(session)]);
}

/**
 * Credits an account out of the sender's tokens, and opens it the first time. The sender approved the escrow before.
 *
 * Anyone may send it.
 * @throws ContractError `AccountOwnerMismatch`, `BadSignature` (no valid session), `InvalidAddress`, `InexactTransfer`,
 *   `EscrowFull`, or an error of the token
 * @example
 * await approveSync(wallet, { deployment, amount });
 * const owner = wallet.account.address;
 * const session = await signSession(signer, { deployment, owner });
 * await depositSync(wallet, { deployment, signer: signer.address, owner, amount, session });
 */
export const deposit = /* @__PURE__ */ writeAction(depositCall);

/** `deposit`, then waits until it is mined. */
export const depositSync = /* @__PURE__ */ writeSyncAction(depositCall, "PaymentChannels", [
  "AccountOpened",
  "Deposited",
]);
