import { getBlock } from "viem/actions";
import { approveSync } from "../token/approve.ts";
import { signAuthorization } from "../token/signAuthorization.ts";
import { signPermit } from "../token/signPermit.ts";
import { depositSync } from "./deposit.ts";
import { depositWithAuthorizationSync } from "./depositWithAuthorization.ts";
import { depositWithPermitSync } from "./depositWithPermit.ts";
import { readAccount } from "./readAccount.ts";
import { signSession } from "./signSession.ts";
import type { WriteClient } from "../clients.ts";
import type { SyncResult } from "../internal/writeSyncAction.ts";
import type { TransactionOverrides, WaitOptions } from "../transactionOptions.ts";
import type { Deployment } from "../../core/deployment.ts";
import { bytesToHex, isSameAddress } from "../../core/hex.ts";
import type { SessionSigner } from "../../core/signature.ts";
import { WeirError } from "../../core/weirError.ts";

/** Options of `openAccount`. */
export interface OpenAccountOptions extends WaitOptions, Pick<TransactionOverrides, "type"> {
  readonly deployment: Deployment;
  /** The session key whose account is opened or topped up. */
  readonly signer: SessionSigner;
  /** Token base units to move from the wallet into the account. */
  readonly amount: bigint;
}

/** Seconds for which the wallet's permit or authorization is good. */
const SIGNATURE_SECONDS = 3_600n;

/**
 * Puts a wallet's tokens into the account of a session key, and makes the wallet its owner if it has none: one transaction
 * where the token takes permits (EIP-2612) or authorizations (ERC-3009), an approval and a deposit elsewhere. The owner can
 * withdraw what no channel holds.
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
  const { deployment, signer, amount, ...sending } = options;
  const owner = wallet.account.address;
  const account = await readAccount(wallet, { deployment, signer: signer.address });
  const isOpen = BigInt(account.owner) !== 0n;
  if (isOpen && !isSameAddress(account.owner, owner)) {
    throw new WeirError("wrong-signer", "another wallet owns the account of this session key", {
      details: `owner ${account.owner}`,
    });
  }
  const session = isOpen ? undefined : await signSession(signer, { deployment, owner });
  const terms = { deployment, signer: signer.address, owner, amount, session, ...sending };
  const { authorization: authorizes, permit: permits } = deployment.token;
  if (permits || authorizes) {
    // The chain's own time: a test chain's may be far from this machine's.
    const { timestamp } = await getBlock(wallet);
    const until = timestamp + SIGNATURE_SECONDS;
    if (permits) {
      const permit = await signPermit(wallet, { deployment, amount, deadline: until });
      return depositWithPermitSync(wallet, { ...terms, permit });
    }
    const salt = bytesToHex(crypto.getRandomValues(new Uint8Array(32)));
    const signed = { deployment, signer: signer.address, owner, amount, salt, validBefore: until };
    const authorization = await signAuthorization(wallet, signed);
    return depositWithAuthorizationSync(wallet, { ...terms, authorization });
  }
  await approveSync(wallet, { deployment, amount, ...sending });
  return depositSync(wallet, terms);
}
