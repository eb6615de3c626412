import type { Address } from "../../core/hex.ts";
import type { SignedDelivery } from "../../core/signedDelivery.ts";

/** What keys signed first about each resource of each manifest. */
export interface SignedMemory {
  /** The first delivery of this key about the same resource of the same manifest; the one given becomes it if there is none. */
  firstOf(agent: Address, signed: SignedDelivery): SignedDelivery;
}

/**
 * A memory that forgets what it has known for longest.
 *
 * @param max most deliveries
 */
export function signedMemory(max: number): SignedMemory {
  const known = new Map<string, SignedDelivery>();
  return {
    firstOf(agent, signed) {
      const { manifestRoot, resource } = signed.delivery;
      const subject = `${agent}${manifestRoot}${resource}`.toLowerCase();
      const first = known.get(subject);
      if (first !== undefined) return first;
      known.set(subject, signed);
      for (const oldest of known.keys()) {
        if (known.size <= max) break;
        known.delete(oldest);
      }
      return signed;
    },
  };
}
