import { bytesToHex, keccak256, privateKeySigner } from "../../sdk/core/index.ts";
import type { Address, Channel, Hex, SegmentReceipt, SessionSigner } from "../../sdk/core/index.ts";

/** All values below follow from this text, so every run signs and sends the same bytes. */
const SEED = "weir gas fixture 1";

/** 32 bytes that look random, as real keys, nonces and roots do: they cost the most calldata. */
export function randomWord(label: string): Hex {
  return bytesToHex(keccak256(new TextEncoder().encode(`${SEED} ${label}`)));
}

function randomBetween(minimum: bigint, maximum: bigint, label: string): bigint {
  return minimum + (BigInt(randomWord(label)) % (maximum - minimum));
}

/** Prices and amounts are those of a token with 18 decimals that is worth about a dollar. */
const UNIT = 10n ** 18n;
const GIB = 2n ** 30n;

/** One channel of a session key of its own: what it holds, what was settled on it, and what is to be settled. */
export interface GasChannel {
  readonly channel: Channel;
  readonly session: SessionSigner;
  readonly deposit: bigint;
  /** The receipt that was settled before the measured one. */
  readonly settled: SegmentReceipt;
  /** The receipt whose settlement is measured. The deposit covers it. */
  readonly held: SegmentReceipt;
}

/** The channel number `index` of a payee. */
export function gasChannel(payee: Address, index: number): GasChannel {
  const session = privateKeySigner(randomWord(`key ${index}`));
  const terms = {
    payee,
    pricePerGiB: randomBetween(UNIT / 1_000n, UNIT / 10n, `price ${index}`),
    gracePeriod: 86_400,
    nonce: randomBetween(0n, 2n ** 64n, `nonce ${index}`),
  };
  const before = randomBetween(GIB / 1_000n, 4n * GIB, `settled ${index}`);
  const after = before + randomBetween(GIB / 1_000n, 4n * GIB, `held ${index}`);
  return {
    channel: { ...terms, signer: session.address },
    session,
    deposit: randomBetween(UNIT, 10n * UNIT, `deposit ${index}`),
    settled: { ...terms, deliveredBytes: before, segmentsRoot: randomWord(`settled root ${index}`) },
    held: { ...terms, deliveredBytes: after, segmentsRoot: randomWord(`held root ${index}`) },
  };
}

/** A channel of the same signer and price that does not exist yet, and what it is to be funded with. */
export function newChannel(channel: Channel, index: number): { readonly channel: Channel; readonly total: bigint } {
  return {
    channel: { ...channel, nonce: randomBetween(0n, 2n ** 64n, `new nonce ${index}`) },
    total: randomBetween(UNIT / 1_000n, UNIT / 10n, `total ${index}`),
  };
}

/** A session key that has no account yet. */
export function newSession(): SessionSigner {
  return privateKeySigner(randomWord("new session"));
}
