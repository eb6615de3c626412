import { getBlock } from "viem/actions";
import { approveSync } from "../chain/token/approve.ts";
import { signPermit } from "../chain/token/signPermit.ts";
import { depositSync } from "../chain/paymentChannels/deposit.ts";
import { depositWithPermitSync } from "../chain/paymentChannels/depositWithPermit.ts";
import { readAccount } from "../chain/paymentChannels/readAccount.ts";
import { signSession } from "../chain/paymentChannels/signSession.ts";
import type { WriteClient } from "../chain/clients.ts";
import type { SyncResult } from "../chain/internal/writeSyncAction.ts";
import type { Deployment } from "../core/deployment.ts";
import { isSameAddress } from "../core/hex.ts";
import type { SessionSigner } from "../core/signature.ts";
import { WeirError } from "../core/weirError.ts";

/** Options of `openAccount`. */
export interface OpenAccountOptions {
  readonly deployment: Deployment;
  /** The session key whose account is opened or topped up. */
  readonly signer: SessionSigner;
  /** Token base units to move from the wallet into the account. */
  readonly amount: bigint;
}

/** Seconds for which the wallet's permit is good. */
const PERMIT_SECONDS = 3_600n;

/**
 * Puts a wallet's tokens into the account of a session key, and makes the wallet its owner if it has none: one transaction
 * where the token takes permits, an approval and a deposit elsewhere. The owner can withdraw what no channel holds.
 *
 * For a deposit without gas, sign with `signAuthorization` and let anyone send `depositWithAuthorization`.
 *
 * @param wallet a client whose account has the tokens and pays for the gas
 * @throws WeirError `wrong-signer` if another wallet owns the account; ContractError as `deposit`; `request-declined`,
 * `chain-unavailable`
 */
export async function openAccount(
  wallet: WriteClient,
  options: OpenAccountOptions,
): Promise<SyncResult<"AccountOpened" | "Deposited">> {
  const { deployment, signer, amount } = options;
  const owner = wallet.account.address;
  const account = await readAccount(wallet, { deployment, signer: signer.address });
  const isOpen = BigInt(account.owner) !== 0n;
  if (isOpen && !isSameAddress(account.owner, owner)) {
    throw new WeirError("wrong-signer", "another wallet owns the account of this session key", {
      details: `owner ${account.owner}`,
    });
  }
  const session = isOpen ? undefined : await signSession(signer, { deployment, owner });
  const terms = { deployment, signer: signer.address, owner, amount, session };
  if (deployment.token.permit) {
    // The chain's own time: a test chain's may be far from this machine's.
    const { timestamp } = await getBlock(wallet);
    const permit = await signPermit(wallet, { deployment, amount, deadline: timestamp + PERMIT_SECONDS });
    return depositWithPermitSync(wallet, { ...terms, permit });
  }
  await approveSync(wallet, { deployment, amount });
  return depositSync(wallet, terms);
}
