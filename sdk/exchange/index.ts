export { adoptClaim } from "./adoptClaim.ts";
export { defaultCollectPolicy, measuredGas } from "./collectPolicy.ts";
export type { CollectCosts, CollectPolicy } from "./collectPolicy.ts";
export { grantCredit, isFunded } from "./grantCredit.ts";
export type { CreditUse } from "./grantCredit.ts";
export { planCollection, settlementCost } from "./planCollection.ts";
export type { Closing, Collection, CollectionEnv, CollectionReason } from "./planCollection.ts";
export {
  collectable,
  confirmedBytes,
  creditBytes,
  grantTaken,
  newRelayChannel,
  outstandingBytes,
  reservedBytes,
  securedBytes,
} from "./relayChannel.ts";
export type { ChainView, RelayChannel, Transfer } from "./relayChannel.ts";
export { decodeRelayChannel, encodeRelayChannel } from "./relayChannelCodec.ts";
export { defaultRelayPolicy } from "./relayPolicy.ts";
export type { RelayPolicy } from "./relayPolicy.ts";
export type { CollectReason, RelayEffect, RelayEnv, RelayInput, RelayStep } from "./relayStep.ts";
export { stepRelay } from "./stepRelay.ts";
export { stepViewer, wakeAt } from "./stepViewer.ts";
export { fundAllowance } from "./viewerBudget.ts";
export type { BudgetShare } from "./viewerBudget.ts";
export { expectsAdmission, mayAbort, newViewerChannel, unpaidBytes, verifiedTotals } from "./viewerChannel.ts";
export type { PendingEntry, PostUnderWay, UnsignedFund, ViewerChannel, ViewerPhase } from "./viewerChannel.ts";
export { decodeViewerChannel, encodeViewerChannel } from "./viewerChannelCodec.ts";
export { defaultViewerPolicy } from "./viewerPolicy.ts";
export type { ViewerPolicy } from "./viewerPolicy.ts";
export type { RelayStatement, ViewerEffect, ViewerEnv, ViewerInput, ViewerStep } from "./viewerStep.ts";
