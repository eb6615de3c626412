import { parseTransaction } from "viem/utils";
import { depositWithAuthorizationCall, isContractError } from "../../chain/index.ts";
import type { MulticallOptions } from "../../chain/index.ts";
import { WeirError } from "../../core/index.ts";
import type { Deployment } from "../../core/index.ts";
import type { SignedDeposit } from "../../http/index.ts";
import type { RoundContext } from "./collector.ts";
import type { SignedTransaction } from "./collectorWallet.ts";
import type { DepositCarrier, WaitingDeposit } from "./depositCarrier.ts";
import { mostForGas, takeDepositGas } from "./depositGas.ts";

/** Deposits that are looked at in one round: who posts bad ones must not keep the relay from collecting. */
const MAX_ATTEMPTS = 4;
const ETHER = 10n ** 18n;

/** The calls of the transaction that makes a deposit. */
export function depositCalls(deployment: Deployment, deposit: SignedDeposit): MulticallOptions["calls"] {
  return [depositWithAuthorizationCall({ deployment, ...deposit })];
}

/**
 * Sends the first deposit that waits, would not fail, and is worth so many times its gas as collecting must be. It is
 * written down first, with its nonce, as every transaction of the agent.
 *
 * @param nonce the lowest to use
 * @returns whether one was sent
 */
export async function sendDeposit(context: RoundContext, carrier: DepositCarrier, nonce: number): Promise<boolean> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const waiting = carrier.take();
    if (waiting === undefined) return false;
    try {
      const ready = await signWorthy(context, carrier, waiting.deposit, nonce);
      await send(context, waiting, ready);
      return true;
    } catch (error) {
      const typed = WeirError.is(error) ? error : new WeirError("internal", undefined, { cause: error });
      waiting.refused(
        isContractError(typed) ? new WeirError("deposit-refused", "the deposit would fail", { cause: typed }) : typed,
      );
      if (!isContractError(typed) && !REFUSALS.has(typed.code)) throw error;
    }
  }
  return false;
}

/** What is the matter with a deposit, and not with the chain or the store. */
const REFUSALS: ReadonlySet<string> = new Set([
  "deposit-refused",
  "too-many-requests",
  "transaction-too-large",
  "malformed-message",
  "bad-signature",
  "high-s",
]);

interface ReadyDeposit {
  readonly transaction: SignedTransaction;
  /** Token base units that it may take. */
  readonly cost: bigint;
}

async function signWorthy(
  { clock, collect, deployment, gasLimit, store }: RoundContext,
  carrier: DepositCarrier,
  deposit: SignedDeposit,
  nonce: number,
): Promise<ReadyDeposit> {
  const gasPrice = await collect.wallet.gasPrice();
  if (!gasLimit.allows(gasPrice)) throw new WeirError("deposit-refused", "gas is too dear at the moment");
  const transaction = await collect.wallet.sign(depositCalls(deployment, deposit), { nonce, ...collect.fees });
  const { gas = 0n } = parseTransaction(transaction.raw);
  const cost = (gas * gasPrice * collect.costs.tokenPerEther + ETHER - 1n) / ETHER;
  if (deposit.amount < cost * collect.policy.costMultiple) {
    throw new WeirError("deposit-refused", "gas is so dear at the moment that the deposit is too small");
  }
  if (carrier.count(deposit) > 0) throw new WeirError("too-many-requests", "too many deposits within the hour");
  if (!(await takeDepositGas(store, clock(), mostForGas(transaction.raw), carrier.gasPerDay))) {
    throw new WeirError("too-many-requests", "what the relay spends on deposits within a day is spent");
  }
  return { transaction, cost };
}

async function send(
  { clock, collect, emit, lease, logger }: RoundContext,
  { deposit, sent }: WaitingDeposit,
  { cost, transaction }: ReadyDeposit,
): Promise<void> {
  const { hash, nonce, raw } = transaction;
  const reason = "deposit";
  await lease.putTransaction({ nonce, hashes: [hash], raw, channels: [], deposit, sentAt: clock(), reason });
  sent(hash);
  const facts = { nonce, hash, reason, funds: 0, settles: 0, closes: 0 } as const;
  logger.info({ ...facts, signer: deposit.signer, cost: cost.toString() }, "sending a deposit for a wallet");
  emit({ type: "collectionSent", ...facts, value: 0n, cost });
  await collect.wallet.broadcast(raw);
}
