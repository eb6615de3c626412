import { isHex, isSameAddress } from "../core/hex.ts";
import type { Address, Hex } from "../core/hex.ts";
import type { Manifest } from "../core/manifest.ts";
import type { SegmentEntry } from "../core/receipt.ts";
import { deliverySigner } from "../core/signedDelivery.ts";
import type { SignedDelivery } from "../core/signedDelivery.ts";
import { WeirError } from "../core/weirError.ts";

/** What a relay put its name to with one transfer. */
export interface Testimony {
  /** Origin of the relay. */
  readonly relay: string;
  /** Whether the agent that the relay's terms name signed it: its own word, which may be wrong or outdated. */
  readonly byAgent: boolean;
  /**
   * One if the agent signed it; else all that the signature may stand under. At most one of them was signed by anybody: by
   * whom, and whether that is an agent, only the registry tells.
   */
  readonly deliveries: readonly SignedDelivery[];
  /** The manifest that they deviate from, checked; absent if what was signed is what the manifest lists. */
  readonly manifest?: Pick<Manifest, "leaves" | "root"> | undefined;
}

/** Hears what relays sign. Must return at once and not throw. */
export interface DeliveryWitness {
  note(testimony: Testimony): void;
}

/** SHA-256 and size of a body. */
export type Content = Omit<SegmentEntry, "resource">;

/** A `Weir-Delivery` header and all that is known about what it was signed over: it does not say so itself. */
export interface DeliveryClues {
  /** Separator of the domain of PaymentChannels. */
  readonly domain: Hex;
  readonly channelId: Hex;
  readonly manifestRoot: Hex;
  /** What the manifest lists. */
  readonly listed: SegmentEntry;
  /** What arrived, if all of it did. */
  readonly received: Content;
  readonly signature: string | null;
  /** Whom the relay's terms name. */
  readonly agent: Address;
}

/**
 * What a signature may stand under: each hash with each size, of what arrived and of what the manifest lists. Faulty
 * software may hash what it has and take the size from the manifest, or the other way round.
 *
 * @returns the one that `agent` signed; if it signed none, all but the true one, which would prove nothing
 */
export function recoverDeliveries(clues: DeliveryClues): Pick<Testimony, "deliveries" | "byAgent"> {
  const { agent, channelId, domain, listed, manifestRoot, received, signature } = clues;
  if (!isHex(signature, 64)) return { byAgent: false, deliveries: [] };
  const possible = contents(received, listed).flatMap((content) => {
    const delivery = { channelId, manifestRoot, resource: listed.resource, ...content };
    const signer = signerOf(domain, { delivery, signature });
    return signer === undefined ? [] : [{ signed: { delivery, signature }, signer }];
  });
  const own = possible.find(({ signer }) => isSameAddress(signer, agent));
  if (own !== undefined) return { byAgent: true, deliveries: [own.signed] };
  const deliveries = possible.map(({ signed }) => signed).filter(({ delivery }) => !isSameContent(delivery, listed));
  return { byAgent: false, deliveries };
}

/** A manifest that a delivery may be about, and what it lists of the resource. */
export interface Listing {
  readonly manifest: Pick<Manifest, "leaves" | "root">;
  readonly listed: SegmentEntry;
}

/**
 * As `recoverDeliveries`, for a relay that may be a moment ahead of the manifest by which it was asked, or behind.
 *
 * @param listings the one by which it was asked first
 * @returns with the manifest only if what was signed deviates from it
 */
export function recoverTestimony(
  clues: Omit<DeliveryClues, "listed" | "manifestRoot">,
  listings: readonly [Listing, ...Listing[]],
): Omit<Testimony, "relay"> {
  const about = ({ listed, manifest }: Listing): Omit<Testimony, "relay"> => {
    const found = recoverDeliveries({ ...clues, listed, manifestRoot: manifest.root });
    const deviates = found.deliveries.some(({ delivery }) => !isSameContent(delivery, listed));
    return { ...found, manifest: deviates ? manifest : undefined };
  };
  const [asked, ...others] = listings;
  const first = about(asked);
  if (first.byAgent) return first;
  for (const other of others) {
    const found = about(other);
    if (found.byAgent) return found;
  }
  return first;
}

/** Whether two bodies are the same, as far as hash and size tell. */
export function isSameContent(a: Content, b: Content): boolean {
  return a.size === b.size && a.contentHash.toLowerCase() === b.contentHash.toLowerCase();
}

/** The likely ones first. */
function contents(received: Content, listed: Content): Content[] {
  const all = [received, listed, { ...received, size: listed.size }, { ...received, contentHash: listed.contentHash }];
  return all
    .map(({ contentHash, size }) => ({ contentHash, size }))
    .filter((content, i, list) => list.findIndex((other) => isSameContent(other, content)) === i);
}

function signerOf(domain: Hex, signed: SignedDelivery): Address | undefined {
  try {
    return deliverySigner(domain, signed);
  } catch (error) {
    if (WeirError.is(error)) return undefined;
    throw error;
  }
}
