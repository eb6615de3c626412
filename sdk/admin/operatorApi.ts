import { errorCatalogue, formatAmount, isHex, owed, WeirError } from "../core/index.ts";
import type { Deployment } from "../core/index.ts";
import type { ChannelsQuery, CollectionRecord, Relay, RelayRecords } from "../relay/index.ts";
import type { RelayChannel } from "../exchange/index.ts";
import type { Activity } from "./activity.ts";
import type {
  ActivityDocument,
  ChannelsDocument,
  EarningsDocument,
  EarningsSums,
  IssuesDocument,
  OverviewDocument,
  RelayDocument,
  SettlementsDocument,
  StakeDocument,
} from "./apiDocuments.ts";
import type { Cached } from "./cached.ts";
import type { Holdings, StakeReading } from "./chainReadings.ts";
import type { EarningsHistory, EarningsTotals } from "./earningsHistory.ts";
import { unsettledValue } from "./exposure.ts";
import type { Exposure } from "./exposure.ts";
import type { Issue, IssueBook } from "./issueBook.ts";
import { pageLimit, takePage } from "./pages.ts";

/** What the API's documents are made from. */
export interface OperatorApiContext {
  readonly relay: () => Pick<Relay, "readiness" | "vitals"> | undefined;
  readonly about: RelayDocument;
  readonly deployment: Deployment;
  readonly records: RelayRecords;
  readonly holdings: Cached<Holdings>;
  readonly stake: Cached<StakeReading>;
  readonly exposure: Cached<Exposure>;
  readonly earnings: EarningsHistory;
  readonly activity: Activity;
  readonly issues: IssueBook;
  /** Seconds since the epoch. */
  readonly clock: () => number;
}

/** Makes one document. */
export type ApiRoute = (parameters: URLSearchParams) => Promise<object>;

/** Milliseconds that something read from the chain or summed up over all channels may be old. */
const FRESH_MS = 5_000;
/** Stake changes by epochs. */
const STAKE_FRESH_MS = 30_000;

/** Decimals of the chain's coin. */
const COIN_DECIMALS = 18;

const QUERIES = ["open", "unsettled", "closing", "at-stake"] as const satisfies readonly ChannelsQuery["which"][];

/** The documents of the operator's API by path. Each throws what reading it throws. */
export function operatorApi(context: OperatorApiContext): Readonly<Record<string, ApiRoute>> {
  const { activity, clock, deployment, exposure, holdings, issues, records } = context;
  const tokens = (amount: bigint): string => formatAmount(amount, deployment.token.decimals);
  const sums = ({ value, cost, saved, transactions, settles }: EarningsTotals): EarningsSums => ({
    ...{ value: tokens(value), cost: tokens(cost), saved: tokens(saved) },
    ...{ transactions, settles },
  });

  const overview = async (): Promise<OverviewDocument> => {
    const relay = context.relay();
    const [readiness, count, at, running, transactions, watched, chain] = await Promise.all([
      relay?.readiness(),
      records.count(),
      exposure.read(FRESH_MS),
      records.running(),
      records.transactions(),
      records.highest("watched block"),
      // The page goes on without the chain: that it is lost is among the checks.
      holdings.read(FRESH_MS).catch(() => undefined),
    ]);
    const vitals = relay?.vitals();
    return {
      at: clock(),
      relay: context.about,
      ready: readiness?.ready === true,
      checks: readiness?.checks ?? [],
      processes: running.length,
      collects: vitals?.collects === true,
      sessions: count.sessions,
      channels: count.channels,
      exposure: {
        unsettled: tokens(at.unsettled),
        unsecured: tokens(at.unsecured),
        unsecuredBytes: Number(at.unsecuredBytes),
        closing: at.closing,
        ...(at.firstDeadline === undefined ? {} : { firstDeadline: at.firstDeadline }),
      },
      transactions: transactions.map(({ channels, hashes, mined, nonce, sentAt }) => ({
        ...{ nonce, hash: mined?.hash ?? hashes.at(-1) ?? "", sentAt, channels: channels.length },
        ...(mined === undefined ? {} : { minedIn: mined.block }),
      })),
      cache: {
        bytes: vitals?.cachedBytes ?? 0,
        ...(vitals?.diskBytes === undefined ? {} : { diskBytes: vitals.diskBytes }),
        reads: activity.reads(),
      },
      ...(chain === undefined
        ? {}
        : {
            chain: {
              head: chain.head,
              ...(watched === undefined ? {} : { watched: Number(watched) }),
              withdrawable: tokens(chain.withdrawable),
              fees: tokens(chain.fees),
              agent: {
                balance: formatAmount(chain.agentBalance, COIN_DECIMALS),
                settlements: chain.settlements,
              },
            },
          }),
    };
  };

  const earnings = async (): Promise<EarningsDocument> => {
    const { days, total } = await context.earnings.read();
    return { days: days.map(({ day, ...totals }) => ({ day, ...sums(totals) })), total: sums(total) };
  };

  const lately = async (): Promise<ActivityDocument> => {
    const samples = activity.read();
    return Promise.resolve({
      at: samples.map(({ at }) => at),
      servedBytesPerSecond: samples.map(({ servedBytes, seconds }) => servedBytes / seconds),
      receiptedBytesPerSecond: samples.map(({ receiptedBytes, seconds }) => receiptedBytes / seconds),
      sessions: samples.map(({ sessions }) => sessions),
      unsettled: samples.map(({ unsettled }) => tokens(unsettled)),
      unsecured: samples.map(({ unsecured }) => tokens(unsecured)),
    });
  };

  const settlements = async (parameters: URLSearchParams): Promise<SettlementsDocument> => {
    const before = wholeNumber(parameters, "after") ?? Infinity;
    const page = await takePage(olderThan(records.collections(), before), pageLimit(parameters));
    const last = page.rows.at(-1);
    return {
      settlements: page.rows.map((row) => ({
        ...{ nonce: row.nonce, reason: row.reason, block: row.block, minedAt: row.minedAt },
        ...(row.hash === undefined ? {} : { hash: row.hash }),
        ...{ gasUsed: row.gasUsed.toString(), gasPrice: row.gasPrice.toString() },
        ...{ value: tokens(row.value), cost: tokens(row.cost), saved: tokens(row.alone - row.cost) },
        ...{ funds: row.funds, settles: row.settles, closes: row.closes },
      })),
      ...(page.more && last !== undefined ? { next: String(last.nonce) } : {}),
    };
  };

  const channels = async (parameters: URLSearchParams): Promise<ChannelsDocument> => {
    const which = QUERIES.find((query) => query === parameters.get("which"));
    if (which === undefined && parameters.has("which")) {
      throw new WeirError("malformed-message", `which must be one of ${QUERIES.join(", ")}`);
    }
    const after = parameters.get("after");
    if (after !== null && !isHex(after, 32)) throw new WeirError("malformed-message", "after must be a channel's id");
    const limit = pageLimit(parameters);
    // One more than is shown tells whether there is another page.
    const query = { limit: limit + 1, ...(which === undefined ? {} : { which }), ...(after === null ? {} : { after }) };
    const page = await takePage(records.channels(query), limit);
    const last = page.rows.at(-1);
    return {
      channels: page.rows.map(({ state }) => channelDocument(state, tokens)),
      ...(page.more && last !== undefined ? { next: last.state.id } : {}),
    };
  };

  const stake = async (): Promise<StakeDocument> => {
    const reading = await context.stake.read(STAKE_FRESH_MS);
    const { active, commissionBps, delegated, delegatedUnbonding, delegationRoom, own, ownUnbonding } = reading.stake;
    return {
      ...{ registered: reading.registered, active, commissionPercent: commissionBps / 100 },
      ...{ own: tokens(own), ownUnbonding: tokens(ownUnbonding), delegated: tokens(delegated) },
      ...{ delegatedUnbonding: tokens(delegatedUnbonding), delegationRoom: tokens(delegationRoom) },
      ...{ minSelfStake: tokens(reading.minSelfStake), pendingRewards: tokens(reading.pendingRewards) },
      ...{ distributedThisEpoch: reading.distributedThisEpoch, nextEpochAt: reading.nextEpochAt },
      claimable: tokens(reading.claimable),
    };
  };

  return {
    "/api/overview": overview,
    "/api/earnings": earnings,
    "/api/activity": lately,
    "/api/settlements": settlements,
    "/api/channels": channels,
    "/api/stake": stake,
    "/api/issues": async (): Promise<IssuesDocument> => Promise.resolve({ issues: issues.read().map(issueDocument) }),
  };
}

/** Nonces of a key only rise, so the newest first means the highest first. */
async function* olderThan(records: AsyncIterable<CollectionRecord>, nonce: number): AsyncIterable<CollectionRecord> {
  for await (const record of records) if (record.nonce < nonce) yield record;
}

function channelDocument(
  state: RelayChannel,
  tokens: (amount: bigint) => string,
): ChannelsDocument["channels"][number] {
  const { acknowledged, chain, channel, id, session } = state;
  const isClosing = state.closing || chain.closeRequestedAt !== 0;
  return {
    id,
    signer: channel.signer,
    state: chain.closed ? "closed" : isClosing ? "closing" : session === undefined ? "idle" : "open",
    deposit: tokens(chain.deposit),
    acknowledgedBytes: Number(acknowledged.deliveredBytes),
    settled: tokens(owed(chain.settledBytes, channel.pricePerGiB)),
    unsettled: tokens(unsettledValue(state)),
    ...(chain.closeRequestedAt === 0 || chain.closed ? {} : { deadline: chain.closeRequestedAt + channel.gracePeriod }),
  };
}

const PLAIN_TITLES: Readonly<Partial<Record<Issue["type"], readonly [title: string, cure: string]>>> = {
  chainRecovered: ["The chain can be read again", ""],
  chainReplaced: ["Blocks that were read are no more", "The relay reads them again by itself."],
  collectionReplaced: ["A transaction was stuck and sent again for a higher fee", ""],
  collectionTakenBack: ["The chain took back a transaction", "The relay sends it again by itself."],
  closeAtRisk: [
    "A viewer is leaving, and what it owes cannot be settled now",
    "Raise chain.maxGasPrice, or settle by hand: weir settle",
  ],
  collectionMined: ["A transaction was mined and did nothing", "Others may have settled the same receipts first."],
  gasCapWaiting: ["Collecting waits for cheaper gas", "Raise chain.maxGasPrice if much is at stake."],
  closeRequested: ["A viewer asked to close its channel", "The relay settles it before the grace period ends."],
  storageFailed: [errorCatalogue["storage-failed"].title, errorCatalogue["storage-failed"].cure],
  limitHit: ["A limit turned a request away", "Raise it if the machine has room, or leave it: it protects the relay."],
};

function issueDocument({ type, about, code, count, firstAt, lastAt }: Issue): IssuesDocument["issues"][number] {
  const known = code === undefined ? undefined : errorCatalogue[code];
  const [title, cure] = known === undefined ? (PLAIN_TITLES[type] ?? [type, ""]) : [known.title, known.cure];
  return {
    ...{ type, title, cure, count, firstAt, lastAt },
    ...(code === undefined ? {} : { code }),
    ...(about === undefined ? {} : { about }),
  };
}

function wholeNumber(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null) return undefined;
  if (!/^[0-9]{1,15}$/.test(text)) throw new WeirError("malformed-message", `${name} must be a whole number`);
  return Number(text);
}
