export { adoptClaim } from "./adoptClaim.ts";
export { defaultCollectPolicy, measuredGas } from "./collectPolicy.ts";
export type { CollectCosts, CollectPolicy } from "./collectPolicy.ts";
export { explainCollection } from "./explainCollection.ts";
export type { ExplainedCollection, ExplainedRow, NotCollected } from "./explainCollection.ts";
export { grantCredit, isFunded } from "./grantCredit.ts";
export type { CreditUse } from "./grantCredit.ts";
export { aloneCost, settlementCost } from "./appraise.ts";
export type { CollectionEnv } from "./appraise.ts";
export { isLeftToPayer, planCollection } from "./planCollection.ts";
export type { Closing, Collection, CollectionReason } from "./planCollection.ts";
export { planOrders } from "./planOrders.ts";
export type { CollectionOrder, OrderPlan } from "./planOrders.ts";
export { settlementGas } from "./settlementGas.ts";
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
export { dueFund } from "./viewerFund.ts";
export { defaultViewerPolicy } from "./viewerPolicy.ts";
export type { ViewerPolicy } from "./viewerPolicy.ts";
export type { RelayStatement, ViewerEffect, ViewerEnv, ViewerInput, ViewerStep } from "./viewerStep.ts";
