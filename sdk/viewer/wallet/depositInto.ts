import { getBlock, waitForTransactionReceipt } from "viem/actions";
import type { ReadClient, WriteClient } from "../../chain/clients.ts";
import { read } from "../../chain/internal/readAction.ts";
import { toWeirError } from "../../chain/internal/toWeirError.ts";
import { depositWithAuthorizationSync } from "../../chain/paymentChannels/depositWithAuthorization.ts";
import { openAccount } from "../../chain/paymentChannels/openAccount.ts";
import { readAccount } from "../../chain/paymentChannels/readAccount.ts";
import { signSession } from "../../chain/paymentChannels/signSession.ts";
import { signAuthorization } from "../../chain/token/signAuthorization.ts";
import { tokenExtensionsAbi } from "../../chain/token/tokenExtensionsAbi.ts";
import { authorizationNonce } from "../../core/authorization.ts";
import { paymentChannelsDomain } from "../../core/deployment.ts";
import type { Deployment } from "../../core/deployment.ts";
import { domainSeparator } from "../../core/domain.ts";
import { bytesToHex, isSameAddress } from "../../core/hex.ts";
import type { Hex } from "../../core/hex.ts";
import type { SessionSigner } from "../../core/signature.ts";
import { WeirError } from "../../core/weirError.ts";
import { encodeSignedDeposit, parseDepositAnswer } from "../../http/index.ts";
import type { SignedDeposit } from "../../http/index.ts";
import { systemClock } from "../clock.ts";
import type { Fetch } from "../relayWire.ts";
import { askRelay, readOffers } from "./askRelay.ts";
import type { PendingDeposit } from "./sessionRecord.ts";

/** What a deposit is doing, for a page to show. */
export type DepositStep =
  /** The wallet is asked for a signature, which costs nothing. */
  | { readonly type: "signing" }
  /** A relay was asked to send the deposit. */
  | { readonly type: "relayed"; readonly relay: string }
  /** A relay did not send it; another way is tried. */
  | { readonly type: "refused"; readonly relay: string; readonly error: WeirError }
  /** The wallet is asked to send it, which costs gas. */
  | { readonly type: "sending" }
  /** A transaction of the wallet is on its way. */
  | { readonly type: "sent"; readonly hash: Hex };

/** Options of `depositInto`. */
export interface DepositIntoOptions {
  readonly deployment: Deployment;
  readonly signer: SessionSigner;
  /** Token base units. */
  readonly amount: bigint;
  /** Origins of relays that may send it. */
  readonly relays: readonly string[];
  readonly maxPricePerGiB: bigint;
  readonly fetch: Fetch;
  /** What reads the chain. */
  readonly client: ReadClient;
  /** What is under way from before. */
  readonly pending: PendingDeposit | undefined;
  /** Writes down what is under way before it leaves; `undefined` when it turned out to have come to nothing. */
  readonly onPending: (pending: PendingDeposit | undefined) => Promise<void>;
  readonly onStep: (step: DepositStep) => void;
}

/** For which a signed deposit is good. */
const AUTHORIZATION_SECONDS = 3_600n;
/** For a relay's transaction to be mined, before the wallet sends the same deposit. */
const RELAY_MS = 90_000;
const POLL_MS = 500;

/**
 * Puts a wallet's tokens into the account of a session key, once, however often it is broken off and begun again: by one
 * signature and no gas where the token has ERC-3009 and a relay sends the deposit; else as `openAccount`.
 *
 * A signed deposit is good for one transaction, whoever sends it, so the wallet can send it when relays do not. A relay's
 * word that it was sent counts for nothing: the token says whether the authorization is used.
 *
 * @returns token base units that were deposited
 * @throws WeirError as `openAccount`; `transaction-pending` if a transaction of the wallet from before is not mined yet
 */
export async function depositInto(wallet: WriteClient, options: DepositIntoOptions): Promise<bigint> {
  const { amount, client, deployment, onPending, onStep, signer } = options;
  const before = await finishPending(wallet, options);
  if (before !== undefined) return before;
  await assertOwner(client, wallet, options);
  const carriers = deployment.token.authorization ? await findCarriers(options) : [];
  if (carriers.length > 0) {
    onStep({ type: "signing" });
    const deposit = await signDeposit(wallet, options);
    await onPending({ type: "signed", amount, deposit });
    await carry(wallet, options, deposit, carriers);
    return amount;
  }
  onStep({ type: "sending" });
  const sent: Promise<void>[] = [];
  await openAccount(wallet, {
    ...{ deployment, signer, amount },
    onHash(hash) {
      sent.push(onPending({ type: "sent", amount, hash }));
      onStep({ type: "sent", hash });
    },
  });
  await Promise.all(sent);
  return amount;
}

/** Brings a deposit from before to its end. @returns its amount; undefined if it came to nothing, or there is none */
async function finishPending(wallet: WriteClient, options: DepositIntoOptions): Promise<bigint | undefined> {
  const { client, deployment, onPending, onStep, pending } = options;
  if (pending === undefined) return undefined;
  if (pending.type === "sent") {
    onStep({ type: "sent", hash: pending.hash });
    try {
      const { status } = await waitForTransactionReceipt(client, { hash: pending.hash, timeout: RELAY_MS });
      if (status === "success") return pending.amount;
    } catch (error) {
      throw toWeirError(error);
    }
  } else {
    const { deposit } = pending;
    if (await isUsed(client, deployment, deposit)) return pending.amount;
    const { timestamp } = await getBlock(client);
    // With a minute to spare, for the clocks of those who send it.
    if (timestamp + 60n < deposit.authorization.validBefore) {
      await carry(wallet, options, deposit, await findCarriers({ ...options, amount: deposit.amount }));
      return pending.amount;
    }
    if (timestamp < deposit.authorization.validBefore) {
      throw new WeirError(
        "transaction-pending",
        "a deposit that was signed before may still be made; try again shortly",
      );
    }
  }
  await onPending(undefined);
  return undefined;
}

async function assertOwner(
  client: ReadClient,
  wallet: WriteClient,
  { deployment, signer }: DepositIntoOptions,
): Promise<void> {
  const { owner } = await readAccount(client, { deployment, signer: signer.address });
  if (BigInt(owner) === 0n || isSameAddress(owner, wallet.account.address)) return;
  throw new WeirError("wrong-signer", "another wallet owns the account of this session key", {
    details: `owner ${owner}`,
  });
}

/** Where a relay takes deposits. */
interface Carrier {
  readonly origin: string;
  readonly path: string;
}

/** Relays that say that they send a deposit of this size. */
async function findCarriers(options: DepositIntoOptions): Promise<Carrier[]> {
  const { amount, deployment, fetch, maxPricePerGiB, onStep, relays } = options;
  const found = await Promise.all(
    relays.map(async (origin) => {
      try {
        const { deposits } = await readOffers(fetch, origin, deployment, maxPricePerGiB);
        return deposits !== undefined && deposits.minAmount <= amount ? [{ origin, path: deposits.path }] : [];
      } catch (error) {
        if (!WeirError.is(error)) throw error;
        onStep({ type: "refused", relay: origin, error });
        return [];
      }
    }),
  );
  return found.flat();
}

async function signDeposit(
  wallet: WriteClient,
  { amount, client, deployment, signer }: DepositIntoOptions,
): Promise<SignedDeposit> {
  const owner = wallet.account.address;
  const account = await readAccount(client, { deployment, signer: signer.address });
  const session = BigInt(account.owner) === 0n ? await signSession(signer, { deployment, owner }) : undefined;
  const { timestamp } = await getBlock(client);
  const salt = bytesToHex(crypto.getRandomValues(new Uint8Array(32)));
  const validBefore = timestamp + AUTHORIZATION_SECONDS;
  const terms = { deployment, signer: signer.address, owner, amount, salt, validBefore };
  return { signer: signer.address, owner, amount, session, authorization: await signAuthorization(wallet, terms) };
}

/** Has a signed deposit sent by the first relay that does, else by the wallet. */
async function carry(
  wallet: WriteClient,
  { client, deployment, fetch, onStep }: DepositIntoOptions,
  deposit: SignedDeposit,
  carriers: readonly Carrier[],
): Promise<void> {
  for (const { origin, path } of carriers) {
    try {
      await askRelay(fetch, origin + path, encodeSignedDeposit(deposit), parseDepositAnswer);
      onStep({ type: "relayed", relay: origin });
      if (await becomesUsed(client, deployment, deposit)) return;
      throw new WeirError("transaction-pending", "the relay's transaction is not mined yet");
    } catch (error) {
      if (!WeirError.is(error)) throw error;
      onStep({ type: "refused", relay: origin, error });
      // What it refuses may be what another relay, or the very same one, has sent.
      if (await isUsed(client, deployment, deposit)) return;
    }
  }
  onStep({ type: "sending" });
  try {
    await depositWithAuthorizationSync(wallet, {
      ...deposit,
      deployment,
      onHash(hash) {
        onStep({ type: "sent", hash });
      },
    });
  } catch (error) {
    // A relay may have been slow, not idle: then there is nothing left to send.
    if (WeirError.is(error, "request-declined") || !(await isUsed(client, deployment, deposit))) throw error;
  }
}

async function becomesUsed(client: ReadClient, deployment: Deployment, deposit: SignedDeposit): Promise<boolean> {
  const until = performance.now() + RELAY_MS;
  for (;;) {
    if (await isUsed(client, deployment, deposit)) return true;
    if (performance.now() > until) return false;
    await systemClock.wait(POLL_MS, new AbortController().signal);
  }
}

/** Whether the token has moved by this authorization: nobody else can use one that is tied to this account. */
async function isUsed(
  client: ReadClient,
  deployment: Deployment,
  { authorization, owner, signer }: SignedDeposit,
): Promise<boolean> {
  const domain = domainSeparator(paymentChannelsDomain(deployment));
  const nonce = authorizationNonce(domain, { signer, owner, salt: authorization.salt });
  const args = [authorization.from, nonce] as const;
  const call = { address: deployment.token.address, abi: tokenExtensionsAbi, functionName: "authorizationState", args };
  return (await read(client, call)) === true;
}
