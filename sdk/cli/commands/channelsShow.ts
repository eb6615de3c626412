import { coveredBytes } from "../../core/index.ts";
import { creditBytes, defaultRelayPolicy, outstandingBytes, reservedBytes } from "../../exchange/index.ts";
import type { CollectionRecord, RelayTransaction } from "../../relay/index.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { readDeploymentFile, tokensOf } from "../connect.ts";
import { columns } from "../output.ts";
import { readChannelArgument } from "../records/channelArgument.ts";
import { channelFacts } from "../records/channelFacts.ts";
import { isoTime } from "../records/isoTime.ts";
import { storeSettings, withRecords } from "../storePlace.ts";

/** A transaction that touched a channel; without `block`, its outcome is not known or not final. */
interface TransactionFacts {
  readonly nonce: number;
  readonly hash: string | null;
  readonly reason: string | null;
  readonly block?: number;
  readonly minedAt?: number;
}

/** `weir channels show` */
export const channelsShow: CommandSpec = {
  description:
    "Shows terms, deposit, receipts, settlements, credit, a closing with its deadline, and the transactions that touched the " +
    "channel, from the relay's database alone. weir receipts ls lists its receipts.",
  settings: ["chain.deployment", ...storeSettings],
  examples: [["weir channels show 0x…", "where a channel stands"]],
  async run(context) {
    const deployment = readDeploymentFile(context);
    const { collections, denied, receipts, state, underWay } = await withRecords(context, async (records) => {
      const record = await readChannelArgument(records, context.args[0] ?? "");
      const { id } = record.state;
      return {
        state: record.state,
        receipts: await records.countReceipts(id),
        collections: await records.collectionsOf(id),
        underWay: (await records.transactions()).filter(
          ({ channels, mined }) => mined === undefined && channels.some((aim) => aim.id === id),
        ),
        denied: await records.denied(),
      };
    });
    const { chain, channel, fund, transfers } = state;
    const facts = {
      ...channelFacts(state, deployment),
      payee: channel.payee,
      gracePeriod: channel.gracePeriod,
      nonce: String(channel.nonce),
      denied: denied.some(({ signer }) => signer === channel.signer),
      coveredBytes: String(coveredBytes(chain.deposit, channel.pricePerGiB)),
      signedFund: fund === undefined ? null : tokensOf(fund.total, deployment),
      accountBalance: tokensOf(chain.balance, deployment),
      readAtBlock: chain.block,
      receipts,
      servedBytes: String(state.served),
      outstandingBytes: String(outstandingBytes(state) + reservedBytes(state)),
      creditBytes: String(creditBytes(state, defaultRelayPolicy)),
      transfers: transfers.length,
      transactions: [...collections.map(minedFacts), ...underWay.map(sentFacts)],
    };
    const { symbol } = deployment.token;
    const { closing, transactions } = facts;
    return {
      json: facts,
      lines: [
        ...columns([
          ["channel", facts.id],
          ["state", facts.denied ? `${facts.state}, its payer is denied` : facts.state],
          ["signer", facts.signer],
          ["payee", facts.payee],
          ["price per GiB", `${facts.pricePerGiB} ${symbol}`],
          ["grace period", `${facts.gracePeriod} s`],
          ["nonce", facts.nonce],
          ["deposit", `${facts.deposit} ${symbol}, covers ${facts.coveredBytes} bytes`],
          ["signed funding", facts.signedFund === null ? "none" : `${facts.signedFund} ${symbol}`],
          ["account", `${facts.accountBalance} ${symbol} free`],
          ["acknowledged", `${facts.acknowledgedBytes} bytes in ${facts.receipts} receipts`],
          ["settled", `${facts.settledBytes} bytes at block ${facts.readAtBlock}`],
          ["unsettled", `${facts.unsettled} ${symbol}`],
          ["owing", `${facts.outstandingBytes} of ${facts.creditBytes} bytes of credit, ${facts.transfers} transfers`],
          ...(closing === undefined
            ? []
            : [["closing", `asked ${isoTime(closing.requestedAt)}, final ${isoTime(closing.finalAt)}`] as const]),
        ]),
        ...transactions.map(({ block, hash, nonce, reason }) => {
          const where = block === undefined ? "under way" : `block ${block}`;
          return `transaction ${nonce}, ${where}: ${hash ?? "of somebody else"}${reason === null ? "" : ` (${reason})`}`;
        }),
      ],
    };
  },
};

function minedFacts({ block, hash, minedAt, nonce, reason }: CollectionRecord): TransactionFacts {
  return { nonce, hash: hash ?? null, reason, block, minedAt };
}

function sentFacts({ hashes, nonce, reason }: RelayTransaction): TransactionFacts {
  return { nonce, hash: hashes.at(-1) ?? null, reason: reason ?? null };
}
