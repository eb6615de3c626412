import { randomBytes } from "node:crypto";
import type { recoverTypedDataAddress } from "viem";
import {
  expandSignature,
  extendTotals,
  paymentChannelsDomain,
  privateKeySigner,
  receiptDigest,
  weirTypes,
} from "../../sdk/core/index.ts";
import type { Address, Channel, Deployment, Hex, Secp256k1, SessionSigner, Totals } from "../../sdk/core/index.ts";
import { encodeReceiptPost } from "../../sdk/http/index.ts";

/** A viewer with a channel of its own. */
export interface BenchViewer {
  readonly session: SessionSigner;
  readonly channel: Channel;
  /** What it signed last; before that, its seed. */
  totals: Totals;
}

/** One receipt in the two forms that are measured, made before the clock starts. */
export interface SignedReceipt {
  readonly signer: Address;
  readonly deliveredBytes: bigint;
  /** The body of the post. */
  readonly body: Uint8Array;
  /** The argument of viem's function. */
  readonly typedData: Parameters<typeof recoverTypedDataAddress>[0];
}

/** A viewer with random keys on the terms of `payee`. */
export function createBenchViewer(payee: Address, secp256k1: Secp256k1): BenchViewer {
  const session = privateKeySigner(randomHex(32), secp256k1);
  const channel = {
    signer: session.address,
    payee,
    pricePerGiB: 20_000_000_000_000_000n,
    gracePeriod: 86_400,
    nonce: randomBytes(8).readBigUInt64BE(),
  };
  return { session, channel, totals: { deliveredBytes: 0n, segmentsRoot: randomHex(32) } };
}

/** The viewer's receipt for one more segment of about a megabyte. */
export async function nextReceipt(viewer: BenchViewer, deployment: Deployment, token: string): Promise<SignedReceipt> {
  const { session, channel, totals: prev } = viewer;
  const size = BigInt(2 ** 20 + randomBytes(2).readUInt16BE());
  const entry = { resource: randomHex(32), contentHash: randomHex(32), size };
  const totals = extendTotals(prev, entry);
  const domain = paymentChannelsDomain(deployment);
  const { payee, pricePerGiB, gracePeriod, nonce } = channel;
  const message = { payee, pricePerGiB, gracePeriod, nonce, ...totals };
  const signature = await session.signDigest(receiptDigest(domain, message));
  const post = encodeReceiptPost({ token, step: { prev, entries: [entry], receipt: { ...totals, signature } } });
  viewer.totals = totals;
  return {
    signer: session.address,
    deliveredBytes: totals.deliveredBytes,
    body: new TextEncoder().encode(post),
    typedData: {
      domain,
      types: { SegmentReceipt: weirTypes.SegmentReceipt },
      primaryType: "SegmentReceipt",
      message,
      signature: expandSignature(signature),
    },
  };
}

/** Random bytes as hex. */
export function randomHex(size: number): Hex {
  return `0x${randomBytes(size).toString("hex")}`;
}
