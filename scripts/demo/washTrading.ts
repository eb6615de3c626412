import { fundSync, openAccount, readTokenBalance, settleSync, withdrawEarningsSync } from "../../sdk/chain/index.ts";
import { paymentChannelsDomain, receiptDigest, toSettleRow } from "../../sdk/core/index.ts";
import type { Hex } from "../../sdk/core/index.ts";
import type { LocalDeployment } from "../local/localDeployment.ts";
import type { WashTrader } from "./cast.ts";

/** One GiB, so that the price is what is paid. */
const BYTES = 2n ** 30n;
/** The shortest that the escrow takes. */
const GRACE_PERIOD = 3_600;
/** Nobody delivers anything, so there is nothing to commit to. */
const NO_SEGMENTS: Hex = `0x${"00".repeat(32)}`;

/**
 * Pays oneself through the escrow for bytes that nobody delivered, and takes everything out again but the fees: to earn them
 * back as rewards.
 *
 * @param amount token base units
 */
export async function payOneself(local: LocalDeployment, trader: WashTrader, amount: bigint): Promise<void> {
  const { deployment } = local;
  const { owner, signer } = trader.viewer;
  const payee = trader.operator.operator.address;
  const wallet = local.wallet(owner);
  await local.mint(owner.address, amount);
  await openAccount(wallet, { deployment, signer, amount });
  const terms = { payee, pricePerGiB: amount, gracePeriod: GRACE_PERIOD, nonce: 1n };
  const channel = { ...terms, signer: signer.address };
  await fundSync(wallet, { deployment, channel, total: amount });
  const receipt = { ...terms, deliveredBytes: BYTES, segmentsRoot: NO_SEGMENTS };
  const signature = await signer.signDigest(receiptDigest(paymentChannelsDomain(deployment), receipt));
  await settleSync(wallet, { deployment, payee, rows: [toSettleRow(receipt, signature)] });
  await withdrawEarningsSync(wallet, { deployment, payee });
}

/** What is in the trader's wallets beyond what he began with: below zero is a loss. Token base units. */
export async function profitOf(local: LocalDeployment, trader: WashTrader, began: bigint): Promise<bigint> {
  const { deployment, publicClient: client } = local;
  const owners = [trader.operator.operator.address, trader.viewer.owner.address];
  const balances = await Promise.all(owners.map(async (owner) => readTokenBalance(client, { deployment, owner })));
  return balances.reduce((sum, balance) => sum + balance, 0n) - began;
}
