import type { Address } from "../../core/hex.ts";

/** What an operator says about itself. Unchecked claims of a stranger: treat every text as hostile input. */
export interface Listing {
  /** Advertised price in token base units per GiB; above zero. What is owed follows from a channel's terms alone. */
  readonly pricePerGiB: bigint;
  /** Base URL of the relay, 1 to 256 bytes. */
  readonly endpoint: string;
  /** Where it serves from; at most 32 bytes, may be empty. */
  readonly region: string;
  /** Further description; at most 256 bytes, may be empty. */
  readonly metadataURI: string;
}

/** One operator as discovery returns it. */
export interface OperatorRecord {
  readonly operator: Address;
  /** The zero address while the operator has no agent. */
  readonly agent: Address;
  /** The zero address while earnings go to the operator itself. */
  readonly beneficiary: Address;
  readonly listing: Listing;
}
