import { closeCall, fundWithSignatureCall, settleCall } from "../../chain/index.ts";
import type { MulticallOptions } from "../../chain/index.ts";
import { coveredBytes, toSettleRow } from "../../core/index.ts";
import type { Deployment, SettleRow } from "../../core/index.ts";
import type { RelayChannel } from "../../exchange/index.ts";
import type { RelayTransactionChannel } from "../store/relayStore.ts";

/** What a transaction is to do for one channel. */
export interface CollectionItem {
  readonly state: RelayChannel;
  readonly fund: boolean;
  readonly settle: boolean;
  readonly close: boolean;
}

/** What an item does in numbers, as it is remembered. */
export function collectionAims({ state, fund, settle, close }: CollectionItem): RelayTransactionChannel {
  const funding = fund ? fundableTotal(state) : 0n;
  const deposit = funding > state.chain.deposit ? funding : state.chain.deposit;
  const covered = coveredBytes(deposit, state.channel.pricePerGiB);
  const { deliveredBytes } = state.acknowledged;
  return { id: state.id, settling: settle || close ? min(deliveredBytes, covered) : 0n, funding, close };
}

/** The calls of one transaction, in the order in which they must happen: fund, settle, close. */
export function collectionCalls(deployment: Deployment, items: readonly CollectionItem[]): MulticallOptions["calls"] {
  const funds = items.flatMap(({ state, fund }) =>
    fund && state.fund !== undefined
      ? [fundWithSignatureCall({ deployment, channel: state.channel, ...state.fund })]
      : [],
  );
  const rows = items.flatMap((item) => (item.settle ? settleRow(item.state) : []));
  const payee = items[0]?.state.channel.payee;
  const settles = rows.length === 0 || payee === undefined ? [] : [settleCall({ deployment, payee, rows })];
  const closes = items
    .filter(({ close }) => close)
    .map((item) =>
      closeCall({ deployment, channel: item.state.channel, minSettledBytes: collectionAims(item).settling }),
    );
  return [...funds, ...settles, ...closes];
}

/** The row of the highest receipt; its signature was checked when it was accepted. */
function settleRow({ channel, acknowledged }: RelayChannel): SettleRow[] {
  const { signature, ...totals } = acknowledged;
  return signature === undefined ? [] : [toSettleRow({ ...channel, ...totals }, signature)];
}

/** The held `Fund` moves what the account has, at most. */
function fundableTotal({ fund, chain }: RelayChannel): bigint {
  return fund === undefined ? 0n : min(fund.total, chain.deposit + chain.balance);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
