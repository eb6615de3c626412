export { grantCredit, isFunded } from "./grantCredit.ts";
export type { CreditUse } from "./grantCredit.ts";
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
export { defaultRelayPolicy } from "./relayPolicy.ts";
export type { RelayPolicy } from "./relayPolicy.ts";
export type { CollectReason, RelayEffect, RelayEnv, RelayInput, RelayStep } from "./relayStep.ts";
export { fundAllowance } from "./viewerBudget.ts";
export type { BudgetShare } from "./viewerBudget.ts";
export { newViewerChannel, verifiedTotals } from "./viewerChannel.ts";
export type { PendingEntry, PostUnderWay, UnsignedFund, ViewerChannel, ViewerPhase } from "./viewerChannel.ts";
export { defaultViewerPolicy } from "./viewerPolicy.ts";
export type { ViewerPolicy } from "./viewerPolicy.ts";
export type { RelayStatement, ViewerEffect, ViewerEnv, ViewerInput, ViewerStep } from "./viewerStep.ts";
