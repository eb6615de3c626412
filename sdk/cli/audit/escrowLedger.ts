import { channelId, isSameAddress, owed } from "../../core/index.ts";
import type { Address, Channel, Hex } from "../../core/index.ts";
import type { WeirEvent } from "../../chain/index.ts";
import type { Findings } from "./findings.ts";

/** One settlement of a channel. */
export interface SettledOnce {
  readonly transaction: Hex;
  readonly block: bigint;
  /** The channel's total that was paid for from then on. */
  readonly bytes: bigint;
  /** Before the fee, in token base units. */
  readonly amount: bigint;
  /** What the channel held at that moment, spent ones included. */
  readonly deposit: bigint;
}

/** A channel as its events say it is. Amounts are token base units. */
export interface LedgerChannel {
  readonly channel: Channel;
  /** As the contract has it: everything ever reserved, or what was paid, once it is closed. */
  deposit: bigint;
  /** What came in from the account in the blocks that were looked at. */
  funded: bigint;
  settledBytes: bigint;
  /** What settlements in those blocks paid, before fees. */
  settled: bigint;
  /** What went back to the account when it was closed. */
  returned: bigint;
  closed: boolean;
  readonly settlements: SettledOnce[];
}

/** The account behind a session key. */
export interface LedgerAccount {
  owner: Address | undefined;
  balance: bigint;
}

/** What belongs to a payee. */
export interface LedgerPayee {
  earnings: bigint;
  fees: bigint;
  provenBytes: bigint;
  /** In the blocks that were looked at: before fees, the fees, and what was paid out. */
  gross: bigint;
  fee: bigint;
  withdrawn: bigint;
}

/** Sums over the blocks that were looked at. */
export interface LedgerTotals {
  deposited: bigint;
  withdrawn: bigint;
  funded: bigint;
  gross: bigint;
  fee: bigint;
  returned: bigint;
  earningsWithdrawn: bigint;
  feesCollected: bigint;
}

/** The escrow's books, kept from its events alone. */
export interface EscrowLedger {
  readonly accounts: Map<Address, LedgerAccount>;
  readonly channels: Map<Hex, LedgerChannel>;
  readonly payees: Map<Address, LedgerPayee>;
  readonly totals: LedgerTotals;
}

/** What there was before the first event. */
export type EscrowOpening = Pick<EscrowLedger, "accounts" | "channels" | "payees">;

const MAX_UINT64 = 2n ** 64n - 1n;

/** The books before anything happened. */
export function emptyOpening(): EscrowOpening {
  return { accounts: new Map(), channels: new Map(), payees: new Map() };
}

/** A channel before its first funding. */
export function unfundedChannel(channel: Channel): LedgerChannel {
  const sums = { deposit: 0n, funded: 0n, settledBytes: 0n, settled: 0n, returned: 0n };
  return { channel, ...sums, closed: false, settlements: [] };
}

/** A payee before its first settlement. */
export function newPayee(): LedgerPayee {
  return { earnings: 0n, fees: 0n, provenBytes: 0n, gross: 0n, fee: 0n, withdrawn: 0n };
}

/**
 * Keeps the escrow's books from its events, by the rules of the contract and not by its word: what an event states is
 * compared with what it must be.
 *
 * @param events in the order of the chain
 */
export function keepEscrow(
  events: readonly WeirEvent[],
  feeBps: number,
  findings: Findings,
  opening: EscrowOpening = emptyOpening(),
): EscrowLedger {
  const { accounts, channels, payees } = opening;
  const totals: LedgerTotals = {
    ...{ deposited: 0n, withdrawn: 0n, funded: 0n, gross: 0n, fee: 0n, returned: 0n },
    ...{ earningsWithdrawn: 0n, feesCollected: 0n },
  };
  const accountOf = (signer: Address): LedgerAccount => entry(accounts, signer, { owner: undefined, balance: 0n });
  const payeeOf = (payee: Address): LedgerPayee => entry(payees, payee, newPayee());

  for (const event of events) {
    const { transactionHash: transaction } = event;
    switch (event.eventName) {
      case "AccountOpened":
        accountOf(event.args.signer).owner = event.args.owner;
        break;
      case "Deposited":
        accountOf(event.args.signer).balance += event.args.amount;
        totals.deposited += event.args.amount;
        break;
      case "Withdrawn": {
        const { amount, signer } = event.args;
        spend(accountOf(signer), amount, signer, { transaction });
        totals.withdrawn += amount;
        break;
      }
      case "Funded": {
        const { channelId: id, deposit, gracePeriod, nonce, payee, pricePerGiB, signer } = event.args;
        const channel = { signer, payee, pricePerGiB, gracePeriod, nonce };
        findings.expectSame("the id of a funded channel", channelId(channel), id, { channel: id, transaction });
        const state = entry(channels, id, unfundedChannel(channel));
        const moved = deposit - state.deposit;
        if (moved <= 0n) findings.add(`a funding lowers the deposit by ${-moved}`, { channel: id, transaction });
        if (state.closed) findings.add("a closed channel is funded", { channel: id, transaction });
        spend(accountOf(signer), moved, signer, { channel: id, transaction });
        state.deposit = deposit;
        state.funded += moved;
        totals.funded += moved;
        break;
      }
      case "Settled":
        settle(event);
        break;
      case "Closed": {
        const { channelId: id, refund, settledBytes, signer } = event.args;
        const state = known(id, transaction);
        if (state === undefined) break;
        const place = { channel: id, transaction };
        const spent = owed(state.settledBytes, state.channel.pricePerGiB);
        findings.expectSame("settled bytes of a closed channel", state.settledBytes, settledBytes, place);
        findings.expectSame("what a closed channel returns", state.deposit - spent, refund, place);
        if (!isSameAddress(signer, state.channel.signer)) findings.add("a channel returns to another account", place);
        accountOf(signer).balance += refund;
        state.returned += refund;
        state.deposit = spent;
        state.closed = true;
        totals.returned += refund;
        break;
      }
      case "EarningsWithdrawn": {
        const { amount, payee } = event.args;
        const state = payeeOf(payee);
        findings.expectSame(`earnings that ${payee} withdraws`, state.earnings, amount, { transaction });
        state.earnings -= amount;
        state.withdrawn += amount;
        totals.earningsWithdrawn += amount;
        break;
      }
      case "FeesCollected": {
        const { amount, payee } = event.args;
        const state = payeeOf(payee);
        findings.expectSame(`fees that are collected of ${payee}`, state.fees, amount, { transaction });
        state.fees -= amount;
        totals.feesCollected += amount;
        break;
      }
      default:
        break; // Moves no token of the escrow.
    }
  }
  return { accounts, channels, payees, totals };

  function settle({ args, blockNumber, transactionHash: transaction }: WeirEvent<"Settled">): void {
    const payee = payeeOf(args.payee);
    let gross = 0n;
    let bytes = 0n;
    for (const { amount, channelId: id, settledBytes } of args.settlements) {
      const state = known(id, transaction);
      if (state === undefined) continue;
      const place = { channel: id, transaction };
      const { pricePerGiB } = state.channel;
      const due = owed(settledBytes, pricePerGiB) - owed(state.settledBytes, pricePerGiB);
      findings.expectSame(`what settling up to ${settledBytes} bytes pays`, due, amount, place);
      if (settledBytes <= state.settledBytes) findings.add(`a settlement goes back to ${settledBytes} bytes`, place);
      if (owed(settledBytes, pricePerGiB) > state.deposit)
        findings.add("a settlement takes more than the deposit", place);
      if (state.closed) findings.add("a closed channel is settled", place);
      if (!isSameAddress(state.channel.payee, args.payee))
        findings.add(`${args.payee} settles another's channel`, place);
      state.settlements.push({ transaction, block: blockNumber, bytes: settledBytes, amount, deposit: state.deposit });
      bytes += settledBytes - state.settledBytes;
      state.settledBytes = settledBytes;
      state.settled += amount;
      gross += amount;
    }
    const fee = (gross * BigInt(feeBps)) / 10_000n;
    payee.earnings += gross - fee;
    payee.fees += fee;
    payee.gross += gross;
    payee.fee += fee;
    payee.provenBytes = payee.provenBytes + bytes > MAX_UINT64 ? MAX_UINT64 : payee.provenBytes + bytes;
    totals.gross += gross;
    totals.fee += fee;
  }

  function known(id: Hex, transaction: Hex): LedgerChannel | undefined {
    const state = channels.get(id);
    if (state === undefined) findings.add("a channel is used that nobody funded", { channel: id, transaction });
    return state;
  }

  function spend(
    account: LedgerAccount,
    amount: bigint,
    signer: Address,
    place: { transaction: Hex; channel?: Hex },
  ): void {
    if (amount > account.balance) {
      findings.add(`the account of ${signer} has ${account.balance} and spends ${amount}`, place);
    }
    account.balance -= amount;
  }
}

/** What the escrow owes by its books, in token base units: everything that is in it but for what was sent to it directly. */
export function escrowHoldings(
  ledger: EscrowLedger,
): Readonly<Record<"accounts" | "channels" | "earnings" | "fees", bigint>> {
  const sum = <Item>(items: Iterable<Item>, amount: (item: Item) => bigint): bigint => {
    let total = 0n;
    for (const item of items) total += amount(item);
    return total;
  };
  return {
    accounts: sum(ledger.accounts.values(), ({ balance }) => balance),
    channels: sum(
      ledger.channels.values(),
      ({ channel, deposit, settledBytes }) => deposit - owed(settledBytes, channel.pricePerGiB),
    ),
    earnings: sum(ledger.payees.values(), ({ earnings }) => earnings),
    fees: sum(ledger.payees.values(), ({ fees }) => fees),
  };
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, fresh: Value): Value {
  const value = map.get(key) ?? fresh;
  map.set(key, value);
  return value;
}
