import { domainSeparator } from "./domain.ts";
import type { WeirDomain } from "./domain.ts";
import type { Address, Hex } from "./hex.ts";
import { leafEntry } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { manifestProof } from "./manifestProof.ts";
import type { ManifestProof } from "./manifestProof.ts";
import type { SegmentEntry } from "./receipt.ts";
import { deliverySigner } from "./signedDelivery.ts";
import type { SignedDelivery } from "./signedDelivery.ts";
import { WeirError } from "./weirError.ts";

/** Proof by its own hand that a key signed what is not so: what a report to DeliveryDisputes takes. */
export type Contradiction =
  /** A delivery says something else of a resource than the manifest that it names. */
  | {
      readonly type: "manifest";
      /** Who signed; in lower case. */
      readonly agent: Address;
      /** In the order to commit to. */
      readonly deliveries: readonly [SignedDelivery];
      /** What the manifest says. */
      readonly listed: ManifestProof;
    }
  /** Two deliveries say different things of one resource of one manifest. */
  | {
      readonly type: "self";
      /** Who signed both; in lower case. */
      readonly agent: Address;
      /** In the order to commit to. */
      readonly deliveries: readonly [SignedDelivery, SignedDelivery];
    };

/** What deliveries are held against. */
export interface ContradictionOptions {
  /** The domain of PaymentChannels that deliveries are signed in. */
  readonly domain: WeirDomain;
  /** A manifest whose root was recomputed, as `parseManifest` does. Without one, deliveries are held against each other only. */
  readonly manifest?: Pick<Manifest, "root" | "leaves"> | undefined;
}

/**
 * Finds what proves a key wrong among signed deliveries, be they of one relay or of many: first one that contradicts the
 * manifest it names, else two that contradict each other. Undefined if none does.
 *
 * A malformed delivery proves nothing and is passed over; a well-formed one of a stranger's key may be found. Whether
 * `agent` answers for an operator, and was not retired before, the chain tells: `readAccountableOperator`, `readIsRetired`.
 */
export function findContradiction(
  deliveries: readonly SignedDelivery[],
  options: ContradictionOptions,
): Contradiction | undefined {
  const separator = domainSeparator(options.domain);
  return againstManifest(deliveries, separator, options.manifest) ?? againstEachOther(deliveries, separator);
}

function againstManifest(
  deliveries: readonly SignedDelivery[],
  separator: Hex,
  manifest: ContradictionOptions["manifest"],
): Contradiction | undefined {
  if (manifest === undefined) return undefined;
  const about = deliveries.filter(({ delivery }) => isSameHex(delivery.manifestRoot, manifest.root));
  if (about.length === 0) return undefined;
  const listed = new Map(manifest.leaves.map(leafEntry).map((entry) => [entry.resource, entry]));
  for (const signed of about) {
    const entry = listed.get(signed.delivery.resource.toLowerCase() as Hex);
    if (entry === undefined || isSameContent(entry, signed.delivery)) continue;
    const agent = signerOf(separator, signed);
    if (agent === undefined) continue;
    return { type: "manifest", agent, deliveries: [signed], listed: manifestProof(manifest.leaves, entry.resource) };
  }
  return undefined;
}

function againstEachOther(deliveries: readonly SignedDelivery[], separator: Hex): Contradiction | undefined {
  const bySubject = new Map<string, SignedDelivery[]>();
  for (const signed of deliveries) {
    const { manifestRoot, resource } = signed.delivery;
    const subject = `${manifestRoot}${resource}`.toLowerCase();
    const others = bySubject.get(subject);
    if (others === undefined) bySubject.set(subject, [signed]);
    else others.push(signed);
  }
  for (const about of bySubject.values()) {
    const pair = contradictingPair(about, separator);
    if (pair !== undefined) return pair;
  }
  return undefined;
}

/** Two deliveries of one key among those about one resource of one manifest. */
function contradictingPair(about: readonly SignedDelivery[], separator: Hex): Contradiction | undefined {
  const [first] = about;
  // Agreement is the rule, and it costs no signature to see.
  if (first === undefined || about.every(({ delivery }) => isSameContent(first.delivery, delivery))) return undefined;
  const firstOf = new Map<Address, SignedDelivery>();
  for (const signed of about) {
    const agent = signerOf(separator, signed);
    if (agent === undefined) continue;
    const earlier = firstOf.get(agent);
    if (earlier === undefined) firstOf.set(agent, signed);
    else if (!isSameContent(earlier.delivery, signed.delivery)) {
      return { type: "self", agent, deliveries: [earlier, signed] };
    }
  }
  return undefined;
}

function signerOf(separator: Hex, signed: SignedDelivery): Address | undefined {
  try {
    return deliverySigner(separator, signed);
  } catch (error) {
    if (!WeirError.is(error)) throw error;
    return undefined;
  }
}

function isSameContent(a: Omit<SegmentEntry, "resource">, b: Omit<SegmentEntry, "resource">): boolean {
  return isSameHex(a.contentHash, b.contentHash) && a.size === b.size;
}

function isSameHex(a: Hex, b: Hex): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
