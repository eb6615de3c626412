import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import type { CompactSignature } from "../../core/signature.ts";
import { sessionWords } from "../internal/sessionWords.ts";
import type { DepositAuthorization } from "../token/signAuthorization.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `depositWithAuthorization`. */
export interface DepositWithAuthorizationOptions {
  readonly deployment: Deployment;
  /** The session key whose account is credited. */
  readonly signer: Address;
  /** The wallet expected to own the account. */
  readonly owner: Address;
  /** Token base units; zero opens the account without money. */
  readonly amount: bigint;
  /** The signer's `Session(owner)`. Needed only while the account is not open; see `signSession`. */
  readonly session?: CompactSignature | undefined;
  /** What the wallet signed; see `signAuthorization`. */
  readonly authorization: DepositAuthorization;
}

/** The call of `depositWithAuthorization`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function depositWithAuthorizationCall(
  options: DepositWithAuthorizationOptions,
): PaymentChannelsCall<"depositWithAuthorization"> {
  const { deployment, signer, owner, amount, session, authorization } = options;
  return paymentChannelsCall(deployment, "depositWithAuthorization", [
    signer,
    owner,
    amount,
    sessionWords(session),
    authorization,
  ]);
}

/**
 * `deposit` with an ERC-3009 authorization: whose tokens move need not be who sends the transaction and pays for the gas.
 * The authorization's nonce names the account, so nobody can turn the tokens elsewhere.
 *
 * Anyone may send it.
 * @throws ContractError `AccountOwnerMismatch`, `BadSignature` (no valid session), `InvalidAddress`, `InexactTransfer`,
 *   `EscrowFull`, or an error of the token
 */
export const depositWithAuthorization = /* @__PURE__ */ writeAction(depositWithAuthorizationCall);

/** `depositWithAuthorization`, then waits until it is mined. */
export const depositWithAuthorizationSync = /* @__PURE__ */ writeSyncAction(
  depositWithAuthorizationCall,
  "PaymentChannels",
  ["AccountOpened", "Deposited"],
);
