import type { Deployment } from "../../core/deployment.ts";
import type { Listing } from "./listing.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `updateListing`. */
export interface UpdateListingOptions {
  readonly deployment: Deployment;
  readonly listing: Listing;
}

/** The call of `updateListing`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function updateListingCall(options: UpdateListingOptions): OperatorRegistryCall<"updateListing"> {
  const { deployment, listing } = options;
  return operatorRegistryCall(deployment, "updateListing", [listing]);
}

/**
 * Replaces the sender's listing.
 *
 * Only a registered operator may send it, for itself.
 * @throws ContractError `NotRegistered`, `ZeroPrice`, `EndpointLengthOutOfBounds`, `RegionTooLong` or `MetadataURITooLong`
 */
export const updateListing = /* @__PURE__ */ writeAction(updateListingCall);

/** `updateListing`, then waits until it is mined. */
export const updateListingSync = /* @__PURE__ */ writeSyncAction(updateListingCall, "OperatorRegistry", [
  "ListingUpdated",
]);
