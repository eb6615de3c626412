export { collectorWallet } from "./chain/collectorWallet.ts";
export type { CollectorWallet, CollectorWalletOptions, SignedTransaction } from "./chain/collectorWallet.ts";
export { readGasPrice } from "./chain/fees.ts";
export type { ChainBlock, RelayChain, RelayParties } from "./chain/relayChain.ts";
export { openSettler } from "./chain/settler.ts";
export type { Unsettled } from "./chain/unsettled.ts";
export type { Settler, SettlerOptions } from "./chain/settler.ts";
export { viemChain } from "./chain/viemChain.ts";
export type { ViemChainOptions } from "./chain/viemChain.ts";
export type { Clock } from "./clock.ts";
export { createRelay } from "./createRelay.ts";
export type { Relay, RelayStatus, RelayVitals } from "./createRelay.ts";
export type { Readiness, ReadinessCheck, ReadinessCheckName } from "./readiness.ts";
export type { RelayEvent, RelayLimit, RelayListener, RelayRoute, ResourceOrigin } from "./relayEvents.ts";
export type { RelayHandler, RequestInfo } from "./relayHandler.ts";
export type { Logger } from "./logger.ts";
export type {
  RelayCacheOptions,
  RelayCollectOptions,
  RelayDepositOptions,
  RelayLimitOptions,
  RelayOptions,
  RelayStreamOptions,
} from "./relayOptions.ts";
export { folderSource } from "./sources/folderSource.ts";
export { originSource } from "./sources/originSource.ts";
export type { OriginSourceOptions } from "./sources/originSource.ts";
export type { FileStamp, ReadRequest, Revision, RevisionRequest, Source, Validators } from "./sources/source.ts";
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
export type { PostgresStoreOptions } from "./store/postgresPlace.ts";
export { readPostgresFacts } from "./store/postgresFacts.ts";
export type { PostgresFacts } from "./store/postgresFacts.ts";
export { postgresRecords } from "./store/postgresRecords.ts";
export { postgresStore } from "./store/postgresStore.ts";
export type { PostgresClient, PostgresPool, PostgresQuery, PostgresResult } from "./store/postgresConnection.ts";
export type {
  ChannelsQuery,
  CollectionRecord,
  DeniedPayer,
  Order,
  RelayRecords,
  RunningRelay,
} from "./store/relayRecords.ts";
export { backupSqlite, restoreSqlite } from "./store/sqliteBackup.ts";
export type { BackupFacts } from "./store/sqliteBackup.ts";
export { sqliteRecords } from "./store/sqliteRecords.ts";
export { sqliteStore } from "./store/sqliteStore.ts";
export type { SqliteStoreOptions } from "./store/sqliteStore.ts";
