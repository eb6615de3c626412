import { assertSigner, owed, receiptDigest, WeirError } from "../../sdk/core/index.ts";
import type { Channel, Hex, SegmentReceipt, WeirDomain } from "../../sdk/core/index.ts";
import type { RelayStore } from "../../sdk/relay/index.ts";
import type { Acknowledgement, Witness } from "./witness.ts";

/** What one row of a settlement paid, as the chain says it. */
export interface SettledRow {
  readonly channel: Hex;
  /** The channel's total of bytes afterwards. */
  readonly settledBytes: bigint;
  /** Token base units. */
  readonly amount: bigint;
}

/** What a store is judged by. */
export interface LossOptions {
  readonly store: Pick<RelayStore, "readChannel" | "readLog">;
  readonly witness: Pick<Witness, "acknowledgements" | "channels">;
  readonly domain: WeirDomain;
  /** What the chain has settled, by channel. */
  readonly settled: ReadonlyMap<Hex, bigint>;
}

/**
 * The acknowledgements that a store does not keep: neither settled nor held with the viewer's signature, or posted and
 * missing from the log that says what the receipt was for.
 */
export async function findLost({ store, witness, domain, settled }: LossOptions): Promise<Acknowledgement[]> {
  const lost: Acknowledgement[] = [];
  for (const [id, noted] of Map.groupBy(witness.acknowledgements, ({ channel }) => channel)) {
    const channel = witness.channels.get(id);
    const paid = settled.get(id) ?? 0n;
    const isPaid = noted.every(({ deliveredBytes }) => deliveredBytes <= paid);
    const held = isPaid || channel === undefined ? 0n : await heldBytes(store, id, channel, domain);
    const logged = new Set((await store.readLog(id)).map(({ receipt }) => receipt.deliveredBytes));
    // A receipt that came with an opening is held without a log; one that is posted after it adds nothing.
    const opened = new Set(noted.filter(({ posted }) => !posted).map(({ deliveredBytes }) => deliveredBytes));
    lost.push(
      ...noted.filter(({ deliveredBytes, posted }) => {
        if (deliveredBytes > held && deliveredBytes > paid) return true;
        return posted && !logged.has(deliveredBytes) && !opened.has(deliveredBytes);
      }),
    );
  }
  return lost;
}

/** Bytes of the receipt that a store holds for a channel, if the viewer signed it; else 0. */
async function heldBytes(
  store: LossOptions["store"],
  id: Hex,
  { gracePeriod, nonce, payee, pricePerGiB, signer }: Channel,
  domain: WeirDomain,
): Promise<bigint> {
  const {
    deliveredBytes = 0n,
    segmentsRoot = "0x",
    signature,
  } = (await store.readChannel(id))?.state.acknowledged ?? {};
  if (signature === undefined) return 0n;
  const receipt: SegmentReceipt = { payee, pricePerGiB, gracePeriod, nonce, deliveredBytes, segmentsRoot };
  try {
    assertSigner(receiptDigest(domain, receipt), signature, signer);
  } catch (error) {
    if (WeirError.is(error)) return 0n;
    throw error;
  }
  return deliveredBytes;
}

/**
 * The rows that paid for bytes that were paid for before, for bytes beyond the highest receipt that ever left the viewer, or
 * more than their bytes are worth.
 *
 * @param rows in the order of the chain
 */
export function findDoubleSettled(
  rows: readonly SettledRow[],
  { channels, signed }: Pick<Witness, "channels" | "signed">,
): SettledRow[] {
  const settled = new Map<Hex, bigint>();
  return rows.filter(({ channel, settledBytes, amount }) => {
    const price = channels.get(channel)?.pricePerGiB;
    const before = settled.get(channel) ?? 0n;
    settled.set(channel, settledBytes > before ? settledBytes : before);
    if (price === undefined || settledBytes <= before || settledBytes > (signed.get(channel) ?? 0n)) return true;
    return amount !== owed(settledBytes, price) - owed(before, price);
  });
}
