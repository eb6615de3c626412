export { collectorWallet } from "./chain/collectorWallet.ts";
export type { CollectorWallet, CollectorWalletOptions, SignedTransaction } from "./chain/collectorWallet.ts";
export type { RelayChain, RelayParties } from "./chain/relayChain.ts";
export { viemChain } from "./chain/viemChain.ts";
export type { ViemChainOptions } from "./chain/viemChain.ts";
export type { Clock } from "./clock.ts";
export { createRelay } from "./createRelay.ts";
export type { Relay, RelayStatus } from "./createRelay.ts";
export type { RelayHandler, RequestInfo } from "./relayHandler.ts";
export type { Logger } from "./logger.ts";
export type { RelayCollectOptions, RelayLimitOptions, RelayOptions, RelayStreamOptions } from "./relayOptions.ts";
export { folderSource } from "./sources/folderSource.ts";
export { originSource } from "./sources/originSource.ts";
export type { OriginSourceOptions } from "./sources/originSource.ts";
export type { ReadRequest, Source } from "./sources/source.ts";
export type {
  ChannelFilter,
  ChannelIndex,
  ChannelRecord,
  ChannelWrite,
  CreditTaken,
  Lease,
  RelayStore,
  RelayTransaction,
  RelayTransactionChannel,
  WriteUrgency,
} from "./store/relayStore.ts";
export { postgresStore } from "./store/postgresStore.ts";
export type { PostgresStoreOptions } from "./store/postgresStore.ts";
export type { PostgresClient, PostgresPool, PostgresQuery, PostgresResult } from "./store/postgresConnection.ts";
export { sqliteStore } from "./store/sqliteStore.ts";
export type { SqliteStoreOptions } from "./store/sqliteStore.ts";
