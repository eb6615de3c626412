import { coveredBytes, owed } from "../../../../sdk/core/index.ts";
import type { Address, Channel, Hex, SignedFund, SignedTotals } from "../../../../sdk/core/index.ts";
import type { ChainView } from "../../../../sdk/exchange/index.ts";
import { assertFund, assertReceipt } from "../../../../sdk/exchange/signedStatements.ts";
import { channelIdOf } from "./channelIdOf.ts";
import type { SignatureEnv } from "../../../../sdk/exchange/signedStatements.ts";

/** What the escrow stores of a channel. */
interface ChannelRecord {
  readonly channel: Channel;
  readonly deposit: bigint;
  readonly settledBytes: bigint;
  readonly closeRequestedAt: number;
  readonly closed: boolean;
}

interface Snapshot {
  readonly block: number;
  readonly balances: ReadonlyMap<Address, bigint>;
  readonly channels: ReadonlyMap<Hex, ChannelRecord>;
}

/** One transaction of a relay, as it waits to be mined: fundings, settlements, closings, all of them or none. */
export interface RelayTransaction {
  readonly payee: Address;
  readonly fund: readonly { readonly channel: Channel; readonly fund: SignedFund }[];
  readonly settle: readonly { readonly channel: Channel; readonly receipt: SignedTotals }[];
  readonly close: readonly { readonly channel: Channel; readonly minSettledBytes: bigint }[];
}

/** The escrow, as the exchange depends on it. Every mutation is one block. */
export class ModelChain {
  readonly #env: SignatureEnv;
  #block = 0;
  #balances = new Map<Address, bigint>();
  #channels = new Map<Hex, ChannelRecord>();
  readonly #earnings = new Map<Address, bigint>();
  #held = 0n;
  #history: Snapshot[] = [];

  constructor(env: SignatureEnv) {
    this.#env = env;
    this.#mine();
  }

  get block(): number {
    return this.#block;
  }

  /** What a reader sees that is `lag` blocks behind. */
  view(channel: Channel, lag = 0): ChainView {
    const snapshot = this.#history.at(-1 - lag) ?? this.#history[0]!;
    const record = snapshot.channels.get(channelIdOf(channel));
    return {
      block: snapshot.block,
      deposit: record?.deposit ?? 0n,
      settledBytes: record?.settledBytes ?? 0n,
      closeRequestedAt: record?.closeRequestedAt ?? 0,
      closed: record?.closed ?? false,
      balance: snapshot.balances.get(channel.signer) ?? 0n,
    };
  }

  deposit(signer: Address, amount: bigint): void {
    this.#credit(signer, amount);
    this.#held += amount;
    this.#mine();
  }

  withdraw(signer: Address, amount: bigint): void {
    const balance = this.#balances.get(signer) ?? 0n;
    const taken = amount < balance ? amount : balance;
    this.#credit(signer, -taken);
    this.#held -= taken;
    this.#mine();
  }

  /** By the payer: also cancels its request to close. */
  fund(channel: Channel, total: bigint): boolean {
    const record = this.#record(channel);
    const missing = total - record.deposit;
    if (record.closed || missing > (this.#balances.get(channel.signer) ?? 0n)) return false;
    this.#raise({ ...record, closeRequestedAt: 0 }, missing > 0n ? missing : 0n);
    this.#mine();
    return true;
  }

  requestClose(channel: Channel, now: number): boolean {
    const record = this.#record(channel);
    if (record.closed || record.deposit === 0n || record.closeRequestedAt !== 0) return false;
    this.#write({ ...record, closeRequestedAt: now });
    this.#mine();
    return true;
  }

  finalizeClose(channel: Channel, now: number): boolean {
    const record = this.#record(channel);
    if (record.closed || record.closeRequestedAt === 0) return false;
    if (now < record.closeRequestedAt + channel.gracePeriod) return false;
    this.#close(record);
    this.#mine();
    return true;
  }

  /** @returns whether it was executed; a closing below its minimum reverts all of it */
  execute(transaction: RelayTransaction, now: number): boolean {
    const before = { balances: new Map(this.#balances), channels: new Map(this.#channels) };
    const earned = this.#earnings.get(transaction.payee) ?? 0n;
    for (const { channel, fund } of transaction.fund) this.#fundWithSignature(channel, fund, now);
    for (const { channel, receipt } of transaction.settle) this.#settle(channel, receipt);
    for (const { channel, minSettledBytes } of transaction.close) {
      const record = this.#record(channel);
      if (record.closed || record.deposit === 0n || record.settledBytes < minSettledBytes) {
        this.#balances = before.balances;
        this.#channels = before.channels;
        this.#earnings.set(transaction.payee, earned);
        return false;
      }
      this.#close(record);
    }
    this.#mine();
    return true;
  }

  /** What should be zero: tokens held less everything that anybody is entitled to. */
  imbalance(): bigint {
    let entitled = 0n;
    for (const balance of this.#balances.values()) entitled += balance;
    for (const { channel, deposit, settledBytes } of this.#channels.values()) {
      entitled += deposit - owed(settledBytes, channel.pricePerGiB);
    }
    for (const earnings of this.#earnings.values()) entitled += earnings;
    return this.#held - entitled;
  }

  #fundWithSignature(channel: Channel, fund: SignedFund, now: number): void {
    const record = this.#record(channel);
    if (record.closed || record.closeRequestedAt !== 0 || now > fund.validUntil) return;
    assertFund(channel, fund, this.#env);
    const missing = fund.total - record.deposit;
    const balance = this.#balances.get(channel.signer) ?? 0n;
    if (missing > 0n) this.#raise(record, missing < balance ? missing : balance);
  }

  #settle(channel: Channel, receipt: SignedTotals): void {
    const record = this.#record(channel);
    assertReceipt(channel, receipt, this.#env);
    const covered = coveredBytes(record.deposit, channel.pricePerGiB);
    const bytes = receipt.deliveredBytes < covered ? receipt.deliveredBytes : covered;
    if (record.closed || record.deposit === 0n || bytes <= record.settledBytes) return;
    const { pricePerGiB, payee } = channel;
    const amount = owed(bytes, pricePerGiB) - owed(record.settledBytes, pricePerGiB);
    this.#earnings.set(payee, (this.#earnings.get(payee) ?? 0n) + amount);
    this.#write({ ...record, settledBytes: bytes });
  }

  #close(record: ChannelRecord): void {
    const spent = owed(record.settledBytes, record.channel.pricePerGiB);
    this.#credit(record.channel.signer, record.deposit - spent);
    this.#write({ ...record, deposit: spent, closed: true, closeRequestedAt: 0 });
  }

  #raise(record: ChannelRecord, amount: bigint): void {
    this.#credit(record.channel.signer, -amount);
    this.#write({ ...record, deposit: record.deposit + amount });
  }

  #credit(signer: Address, amount: bigint): void {
    this.#balances.set(signer, (this.#balances.get(signer) ?? 0n) + amount);
  }

  #record(channel: Channel): ChannelRecord {
    const empty = { channel, deposit: 0n, settledBytes: 0n, closeRequestedAt: 0, closed: false };
    return this.#channels.get(channelIdOf(channel)) ?? empty;
  }

  #write(record: ChannelRecord): void {
    this.#channels.set(channelIdOf(record.channel), record);
  }

  #mine(): void {
    this.#block++;
    const snapshot = { block: this.#block, balances: new Map(this.#balances), channels: new Map(this.#channels) };
    this.#history = [...this.#history.slice(-3), snapshot];
  }
}
