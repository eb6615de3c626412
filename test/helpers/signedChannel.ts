import { randomBytes } from "node:crypto";
import { extendTotals, privateKeySigner, receiptDigest } from "../../sdk/core/index.ts";
import type { Hex, ReceiptStep, SessionSigner, Totals } from "../../sdk/core/index.ts";
import { newRelayChannel } from "../../sdk/exchange/index.ts";
import type { RelayChannel } from "../../sdk/exchange/index.ts";
import type { RelayStore } from "../../sdk/relay/index.ts";
import { paperDomain } from "./relayFixture.ts";
import { channelOf, hex, NOTHING, write } from "./storeFixture.ts";

/** A channel whose receipts are really signed. */
export interface SignedChannel {
  readonly signer: SessionSigner;
  /** As the relay has it after the last receipt. */
  readonly state: RelayChannel;
  readonly steps: readonly ReceiptStep[];
}

/** Makes a channel with a receipt for each list of sizes. */
export async function signedChannel(
  receipts: readonly (readonly bigint[])[],
  change: Partial<RelayChannel> = {},
): Promise<SignedChannel> {
  const signer = privateKeySigner(`0x${randomBytes(32).toString("hex")}`);
  const channel = { ...channelOf(signer.address), pricePerGiB: 2n ** 30n };
  const seed: Hex = hex(32);
  let totals: Totals = { deliveredBytes: 0n, segmentsRoot: seed };
  const steps: ReceiptStep[] = [];
  for (const sizes of receipts) {
    const prev = totals;
    const entries = sizes.map((size) => ({ resource: hex(32), contentHash: hex(32), size }));
    for (const entry of entries) totals = extendTotals(totals, entry);
    const { payee, pricePerGiB, gracePeriod, nonce } = channel;
    const signature = await signer.signDigest(
      receiptDigest(paperDomain, { payee, pricePerGiB, gracePeriod, nonce, ...totals }),
    );
    steps.push({ prev, entries, receipt: { ...totals, signature } });
  }
  const last = steps.at(-1)?.receipt;
  const state = { ...newRelayChannel(channel, seed), ...(last === undefined ? {} : { acknowledged: last }), ...change };
  return { signer, state, steps };
}

/** Writes a channel with its receipts into a store. */
export async function storeChannel(store: RelayStore, { state, steps }: SignedChannel): Promise<void> {
  const collectable = state.acknowledged.deliveredBytes > state.chain.settledBytes;
  await store.writeChannel(write(state, 0, { index: { ...NOTHING, collectable }, log: steps }));
}
