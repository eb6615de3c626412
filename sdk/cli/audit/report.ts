import { owed } from "../../core/index.ts";
import type { Deployment } from "../../core/index.ts";
import type { CommandResult } from "../commandSpec.ts";
import { showTokens, tokensOf } from "../connect.ts";
import { columns } from "../output.ts";
import { holders } from "./tokenFlows.ts";
import type { Holder } from "./tokenFlows.ts";
import type { ChainAudit } from "./auditChain.ts";
import type { ReceiptAudit } from "./auditReceipts.ts";
import type { LedgerChannel } from "./escrowLedger.ts";
import type { Finding } from "./findings.ts";

/** Everything that an audit came to. */
export interface AuditReport {
  readonly deployment: Deployment;
  readonly chain: ChainAudit;
  /** Undefined if there were no receipts to look at. */
  readonly receipts: readonly ReceiptAudit[] | undefined;
  readonly findings: readonly Finding[];
  /** Whether people want to see every channel; `--json` has them all. */
  readonly listsChannels: boolean;
}

const NAMES: Readonly<Record<Holder, string>> = {
  paymentChannels: "PaymentChannels",
  stakeManager: "StakeManager",
  rewardsDistributor: "RewardsDistributor",
};

/** The audit as a command states it: every token explained, and what does not add up first. */
export function auditReport(report: AuditReport): CommandResult {
  return { ok: report.findings.length === 0, json: jsonOf(report), lines: linesOf(report) };
}

function jsonOf({ chain, deployment, findings, receipts }: AuditReport): object {
  const { contracts, escrow, events, fromBlock, stakes, toBlock } = chain;
  const tokens = (amount: bigint): string => tokensOf(amount, deployment);
  const all = (sums: Readonly<Record<string, bigint>>): Record<string, string> =>
    Object.fromEntries(Object.entries(sums).map(([name, amount]) => [name, tokens(amount)]));
  return {
    ok: findings.length === 0,
    ...{ findings, fromBlock: Number(fromBlock), toBlock: Number(toBlock), events },
    escrow: all({ ...escrow.totals }),
    stake: all({ ...stakes.totals }),
    contracts: Object.fromEntries(
      holders.map((holder) => {
        const { balance, before, flow, holdings } = contracts[holder];
        const { gifts, received, sent } = flow;
        return [
          holder,
          {
            ...{ before: tokens(before), received: tokens(received), sent: tokens(sent), balance: tokens(balance) },
            ...(holdings === undefined ? {} : { holdings: all(holdings) }),
            sentDirectly: gifts.map(({ amount, transaction }) => ({ amount: tokens(amount), transaction })),
          },
        ];
      }),
    ),
    payees: Array.from(escrow.payees, ([payee, { earnings, fee, fees, gross, provenBytes, withdrawn }]) => ({
      ...{ payee, settled: tokens(gross), fee: tokens(fee), net: tokens(gross - fee), withdrawn: tokens(withdrawn) },
      ...{ earnings: tokens(earnings), fees: tokens(fees), provenBytes },
    })),
    channels: Array.from(escrow.channels, ([id, state]) => ({
      ...{ id, payer: state.channel.signer, payee: state.channel.payee, closed: state.closed },
      ...{ pricePerGiB: tokens(state.channel.pricePerGiB), settledBytes: state.settledBytes },
      ...{ funded: tokens(state.funded), settled: tokens(state.settled), settlements: state.settlements.length },
      ...{ returned: tokens(state.returned), left: tokens(leftIn(state)) },
    })),
    ...(receipts === undefined
      ? {}
      : {
          receipts: receipts.map(
            ({ collectable, deliveredBytes, explanation, id, receipts: count, unlisted, ...audit }) => ({
              ...{ channel: id, payee: audit.payee, receipts: count, deliveredBytes, unlisted },
              ...{
                owed: tokens(audit.owed),
                settled: tokens(audit.settled),
                collectable: tokens(collectable),
                explanation,
              },
            }),
          ),
        }),
  };
}

function linesOf(report: AuditReport): string[] {
  const { chain, deployment, findings, listsChannels, receipts } = report;
  const { contracts, escrow, events, fromBlock, stakes, toBlock } = chain;
  const show = (amount: bigint): string => showTokens(amount, deployment);
  const { totals } = escrow;
  const [first] = findings;
  const verdict =
    first === undefined
      ? "every token is explained"
      : `${findings.length === 1 ? "1 thing does" : `${findings.length} things do`} not add up; the first: ${findingText(first)}`;
  return [
    `blocks ${String(fromBlock)} to ${String(toBlock)}, ${events} events`,
    ...columns([
      ["payers deposited", show(totals.deposited)],
      ["  and withdrew", show(totals.withdrawn)],
      ["channels were funded with", show(totals.funded)],
      ["  and returned", show(totals.returned)],
      ["settled", show(totals.gross)],
      ["  of which fees", show(totals.fee)],
      ["  and payees' own", show(totals.gross - totals.fee)],
      ["payees withdrew", show(totals.earningsWithdrawn)],
      ["fees distributed", show(stakes.totals.fees)],
      ["  of which rewards", show(stakes.totals.rewards)],
      ["  and out of the world", show(stakes.totals.fees - stakes.totals.rewards)],
      ["staked and delegated", show(stakes.totals.staked + stakes.totals.delegated)],
      ["  and withdrawn", show(stakes.totals.stakeWithdrawn)],
      ["slashed", show(stakes.totals.slashed)],
      ["  of which to reporters", show(stakes.totals.reporterCuts)],
    ]),
    ...holders.flatMap((holder) => {
      const { balance, before, flow, holdings } = contracts[holder];
      const rows = Object.entries(holdings ?? {}).filter(([, amount]) => amount !== 0n);
      return [
        `${NAMES[holder]} holds ${show(balance)}: ${show(before)} before, ${show(flow.received)} came, ${show(flow.sent)} went`,
        ...columns(rows.map(([name, amount]) => [`  ${name}`, show(amount)] as const)),
      ];
    }),
    ...Array.from(escrow.payees, ([payee, { earnings, fee, gross, withdrawn }]) => {
      const parts = `settled ${show(gross)}, fee ${show(fee)}, withdrew ${show(withdrawn)}, has ${show(earnings)}`;
      return `payee ${payee}: ${parts}`;
    }),
    ...(listsChannels ? Array.from(escrow.channels, ([id, state]) => channelLine(id, state, show)) : []),
    ...(receipts ?? []).map(({ deliveredBytes, explanation, id, owed: due, settled, unlisted }) => {
      const gap = unlisted === 0n ? "" : `; of ${String(unlisted)} bytes the list is not here`;
      const sums = `${String(deliveredBytes)} bytes, ${show(due)} owed, ${show(settled)} settled`;
      return `receipts of ${id}: ${sums}; ${explanation}${gap}`;
    }),
    ...findings.slice(1).map((finding) => `also: ${findingText(finding)}`),
    verdict,
  ];
}

function channelLine(id: string, state: LedgerChannel, show: (amount: bigint) => string): string {
  const { closed, funded, returned, settled, settledBytes, settlements } = state;
  const end = closed ? `closed, returned ${show(returned)}` : `open, has ${show(leftIn(state))}`;
  const paid = `paid ${show(settled)} in ${settlements.length} settlements up to ${String(settledBytes)} bytes`;
  return `channel ${id}: funded ${show(funded)}, ${paid}, ${end}`;
}

/** What of a channel is neither settled nor returned. */
function leftIn({ channel, deposit, settledBytes }: LedgerChannel): bigint {
  return deposit - owed(settledBytes, channel.pricePerGiB);
}

function findingText({ channel, transaction, what }: Finding): string {
  const where = [
    ...(channel === undefined ? [] : [`channel ${channel}`]),
    ...(transaction === undefined ? [] : [`transaction ${transaction}`]),
  ];
  return where.length === 0 ? what : `${what} (${where.join(", ")})`;
}
