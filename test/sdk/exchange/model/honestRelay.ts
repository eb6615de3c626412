import { coveredBytes, owed, WeirError } from "../../../../sdk/core/index.ts";
import type { Address, Channel, Hex } from "../../../../sdk/core/index.ts";
import {
  decodeRelayChannel,
  defaultCollectPolicy,
  encodeRelayChannel,
  grantCredit,
  grantTaken,
  isFunded,
  newRelayChannel,
  planCollection,
  securedBytes,
  stepRelay,
} from "../../../../sdk/exchange/index.ts";
import type { ChainView, RelayChannel, RelayEffect, RelayInput } from "../../../../sdk/exchange/index.ts";
import { LARGEST, relayPolicy, resources } from "./ground.ts";
import { channelIdOf } from "./channelIdOf.ts";
import type { Ground } from "./ground.ts";
import type { RelayTransaction } from "./modelChain.ts";
import type { Message, Request, Response } from "./wire.ts";

interface RunningTransfer {
  /** Absent when another server sends it: nobody tells the relay how it ends. */
  readonly id: string | undefined;
  readonly channel: Hex;
  readonly resource: number;
  readonly answer: (response: Response) => void;
}

interface PendingTransaction {
  readonly transaction: RelayTransaction;
  readonly channels: readonly Hex[];
}

/** A relay that follows the protocol: the machine with a durable store, a transport and a settler around it. */
export class HonestRelay {
  readonly ground: Ground;
  readonly index: number;
  readonly payee: Address;
  /** What is on disk: encoded states. Nothing else survives a crash, but for the transactions, which are written first. */
  readonly #disk = new Map<Hex, string>();
  #backup = new Map<Hex, string>();
  #memory = new Map<Hex, RelayChannel>();
  #transfers: RunningTransfer[] = [];
  readonly #transactions: PendingTransaction[] = [];
  readonly #challengesUsed = new Set<number>();

  /** Whether it lost what it had acknowledged. Then it is owed no guarantee any more; its viewers still are. */
  restored = false;
  /** Bytes that really left, per channel. */
  readonly delivered = new Map<Hex, bigint>();
  /** The highest total in any answer that left, per channel. */
  readonly acknowledged = new Map<Hex, bigint>();
  /** The same when the grace period of a close request ended. */
  readonly acknowledgedInTime = new Map<Hex, bigint>();

  constructor(ground: Ground, index: number) {
    this.ground = ground;
    this.index = index;
    this.payee = `0x${"e0".repeat(19)}${(0x10 + index).toString(16)}`;
  }

  get channels(): RelayChannel[] {
    return [...this.#disk.keys()].map((id) => this.state(id)!);
  }

  state(id: Hex): RelayChannel | undefined {
    let state = this.#memory.get(id);
    if (state) return state;
    const encoded = this.#disk.get(id);
    if (encoded === undefined) return undefined;
    state = decodeRelayChannel(encoded);
    this.#memory.set(id, state);
    return state;
  }

  // ------------------------------------------------------------------------------------------------------- serving

  /** @param fails whether the process dies after it wrote what the request changed, before it acts on it */
  receive(message: Extract<Message, { to: "relay" }>, fails: boolean): void {
    const { viewer, request, content, relay } = message;
    const answer = (response: Response): void => {
      this.ground.network.send({ to: "viewer", relay, viewer, request, content: response });
    };
    try {
      this.#serve(content, request, answer, fails);
    } catch (error) {
      if (!WeirError.is(error)) throw error;
      this.ground.tally.add(`relay refuses: ${error.code}`);
      answer({ type: "refused", code: error.code });
    }
    if (fails) {
      this.crash(0);
      answer({ type: "refused", code: "relay-unreachable" });
    }
  }

  #serve(content: Request, request: number, answer: (response: Response) => void, fails: boolean): void {
    switch (content.type) {
      case "open": {
        if (this.#challengesUsed.has(request)) throw new WeirError("challenge-used");
        this.#challengesUsed.add(request);
        const session = `session-${this.ground.serial()}`;
        const effects = this.#open(content, session);
        if (!fails) this.#answer(effects, answer, (statement) => ({ type: "opened", session, statement }));
        return;
      }
      case "get": {
        const id = channelIdOf(content.channel);
        const serial = this.ground.serial();
        const transfer = serial % 4 === 0 ? undefined : `transfer-${serial}`;
        const { size } = resources[content.resource]!.entry;
        const asked = { session: content.session, size };
        const effects = this.#apply(
          id,
          transfer === undefined ? { type: "handOver", ...asked } : { type: "reserve", transfer, ...asked },
        );
        if (fails) return;
        if (!effects.some(({ type }) => type === "refuse")) {
          this.ground.tally.add(transfer === undefined ? "transfer handed over" : "transfer admitted");
          this.#transfers.push({ id: transfer, channel: id, resource: content.resource, answer });
        }
        this.#answer(effects, answer);
        return;
      }
      case "post": {
        const { channel, session, step, fund, end } = content;
        const effects = this.#apply(channelIdOf(channel), {
          type: "post",
          session,
          ...(step && { step }),
          ...(fund && { fund }),
          ...(end && { end }),
        });
        if (!fails) this.#answer(effects, answer, (statement) => ({ type: "posted", statement }));
      }
    }
  }

  #open(content: Extract<Request, { type: "open" }>, session: string): readonly RelayEffect[] {
    const { channel, seed, receipt, fund } = content;
    const id = channelIdOf(channel);
    if (!this.state(id)) this.#memory.set(id, newRelayChannel(channel, seed));
    this.#apply(id, { type: "chain", view: this.ground.chain.view(channel) });
    const startingCredit = this.#grant(id, channel);
    const before = this.state(id)!.acknowledged;
    const effects = this.#apply(id, {
      type: "open",
      session,
      seed,
      startingCredit,
      ...(receipt && { receipt }),
      ...(fund && { fund }),
    });
    if (this.state(id)!.acknowledged.deliveredBytes > before.deliveredBytes) {
      this.ground.tally.add("relay adopts the viewer's receipt");
    }
    return effects;
  }

  #grant(id: Hex, channel: Channel): bigint {
    const others = this.channels.filter((other) => other.id !== id);
    const siblings = others.filter((other) => other.channel.signer === channel.signer);
    const sum = (states: RelayChannel[]): bigint =>
      states.reduce((bytes, state) => bytes + grantTaken(state, relayPolicy, this.ground.now), 0n);
    const use = {
      largestResource: LARGEST,
      signerTaken: sum(siblings),
      unfundedTaken: sum(others.filter((other) => !isFunded(other))),
      signerSessions: siblings.filter((other) => other.session !== undefined).length,
    };
    try {
      return grantCredit(this.state(id)!, use, relayPolicy);
    } catch (error) {
      if (WeirError.is(error)) this.ground.tally.add(`grant refused: ${error.code}`);
      throw error;
    }
  }

  #answer(
    effects: readonly RelayEffect[],
    answer: (response: Response) => void,
    accept?: (statement: Extract<RelayEffect, { type: "acknowledge" }>) => Response,
  ): void {
    for (const effect of effects) {
      if (effect.type === "acknowledge" && accept) answer(accept(effect));
      if (effect.type === "refuse") {
        const { error, acknowledged } = effect;
        answer({ type: "refused", code: error.code, ...(acknowledged && { acknowledged }) });
      }
    }
  }

  /** One step, written down before its effects are known to anybody. */
  #apply(id: Hex, input: Timeless<RelayInput>): readonly RelayEffect[] {
    const { ground } = this;
    const before = this.state(id);
    if (!before) throw new WeirError("channel-unknown");
    const env = { domain: ground.domain, policy: relayPolicy, secp256k1: ground.secp256k1 };
    const { state, effects } = stepRelay(before, { ...input, now: ground.now } as RelayInput, env);
    if (state !== before) {
      this.#memory.set(id, state);
      this.#disk.set(id, encodeRelayChannel(state));
      if (state.forgiven > before.forgiven) ground.tally.add("debt forgiven");
      if (state.acknowledged !== before.acknowledged) ground.tally.add("receipt accepted");
      if (state.fund !== before.fund) ground.tally.add("fund accepted");
    }
    for (const effect of effects) {
      if (effect.type === "refuse") {
        if (state !== before) throw new Error("a refused input changed the state");
        ground.tally.add(`relay refuses: ${effect.error.code}`);
      }
      if (effect.type === "acknowledge") this.#raise(this.acknowledged, id, effect.acknowledged.deliveredBytes);
    }
    return effects;
  }

  #raise(totals: Map<Hex, bigint>, id: Hex, bytes: bigint): void {
    if (bytes > (totals.get(id) ?? 0n)) totals.set(id, bytes);
  }

  /** Hands a part of a body, in 255ths, to the transport; all of it completes the transfer. */
  finishTransfer(position: number, part: number): void {
    const transfer = this.#transfers.splice(position % Math.max(1, this.#transfers.length), 1)[0];
    if (!transfer) return;
    const { bytes } = resources[transfer.resource]!;
    const sent = Math.floor((bytes.length * part) / 255);
    this.#leave(transfer.channel, BigInt(sent));
    if (transfer.id !== undefined) {
      this.#apply(transfer.channel, { type: "transferred", transfer: transfer.id, sent: BigInt(sent) });
    }
    transfer.answer({ type: "body", bytes: bytes.subarray(0, sent), whole: sent === bytes.length });
  }

  get sessions(): number {
    return this.channels.filter(({ session }) => session !== undefined).length;
  }

  get running(): number {
    return this.#transfers.length;
  }

  #leave(id: Hex, bytes: bigint): void {
    this.delivered.set(id, (this.delivered.get(id) ?? 0n) + bytes);
  }

  /** The process dies; of every body under way that part had left. */
  crash(part: number): void {
    this.ground.tally.add("relay crashes");
    for (const { channel, resource, answer } of this.#transfers) {
      const { bytes } = resources[resource]!;
      const sent = Math.floor((bytes.length * part) / 255);
      this.#leave(channel, BigInt(sent));
      answer({ type: "body", bytes: bytes.subarray(0, sent), whole: false });
    }
    this.#transfers = [];
    this.#memory = new Map();
    for (const { id } of this.channels) {
      if (this.state(id)!.transfers.length > 0) this.ground.tally.add("reservations recovered");
      this.#apply(id, { type: "recover" });
    }
  }

  backUp(): void {
    this.#backup = new Map(this.#disk);
  }

  /** The disk is gone and an old copy is used instead: more than any relay is protected against. */
  restore(): void {
    this.ground.tally.add("relay restores a backup");
    this.restored = true;
    this.#disk.clear();
    for (const [id, encoded] of this.#backup) this.#disk.set(id, encoded);
    this.crash(255);
    // Its settler finds no transaction under way for what the old states speak of.
    this.#transactions.length = 0;
    for (const { id } of this.channels) {
      this.#apply(id, { type: "settling", bytes: 0n });
      this.#apply(id, { type: "funding", total: 0n });
    }
  }

  /** What a server does with a session that nobody uses any more. */
  endSession(position: number): void {
    const open = this.channels.filter(({ session }) => session !== undefined);
    const state = open[position % Math.max(1, open.length)];
    if (state?.session !== undefined) this.#apply(state.id, { type: "end", session: state.session });
  }

  // ----------------------------------------------------------------------------------------------------- the chain

  observe(lag: number): void {
    for (const { id, channel, chain } of this.channels) {
      const view = this.ground.chain.view(channel, lag);
      if (view.block > chain.block) this.#apply(id, { type: "chain", view });
    }
  }

  /** Plans, writes down and sends what is due. Gas is free here, so whatever can be collected is. */
  collect(): void {
    const { ground } = this;
    const free = { transactionGas: 0n, settleGas: 0n, fundGas: 0n, closeGas: 0n };
    const plan = planCollection(this.channels, {
      relay: relayPolicy,
      policy: defaultCollectPolicy,
      costs: { ...free, gasPrice: 0n, tokenPerEther: 0n, feeBps: 0n },
      now: ground.now,
    });
    if (!plan) return;
    const fund = plan.fund.map(({ channel, fund: held }) => ({ channel, fund: held! }));
    const settle = plan.settle.map(({ channel, acknowledged }) => {
      const { deliveredBytes, segmentsRoot, signature } = acknowledged;
      return { channel, receipt: { deliveredBytes, segmentsRoot, signature: signature! } };
    });
    const close = plan.close.map(({ state, minSettledBytes }) => ({ channel: state.channel, minSettledBytes }));
    for (const { id, fund: held } of plan.fund) this.#apply(id, { type: "funding", total: held!.total });
    for (const state of new Set([...plan.settle, ...plan.close.map((closing) => closing.state)])) {
      const closes = plan.close.some((closing) => closing.state === state);
      if (closes) ground.tally.add("relay closes a channel");
      const bytes =
        securedBytes(state) > state.acknowledged.deliveredBytes
          ? securedBytes(state)
          : state.acknowledged.deliveredBytes;
      this.#apply(state.id, { type: "settling", bytes, ...(closes && { close: true }) });
    }
    ground.tally.add(`collection: ${plan.reason}`);
    const channels = [...plan.fund, ...plan.settle, ...plan.close.map(({ state }) => state)].map(({ id }) => id);
    this.#transactions.push({ transaction: { payee: this.payee, fund, settle, close }, channels });
  }

  /** The oldest transaction is mined, or lost for good; the relay finds out which, as its settler would. */
  mine(lost: boolean): void {
    const pending = this.#transactions.shift();
    if (!pending) return;
    const { transaction } = pending;
    const closed = transaction.close.map(({ channel }) => ({ channel, before: this.ground.chain.view(channel) }));
    const done = !lost && this.ground.chain.execute(transaction, this.ground.now);
    if (done && !this.restored)
      for (const { channel, before } of closed) this.expectSettled(channel, before, this.acknowledged);
    if (done && transaction.fund.length > 0) this.ground.tally.add("fund posted");
    if (done && transaction.settle.length > 0) this.ground.tally.add("receipts settled");
    if (!done) this.ground.tally.add("transaction lost");
    if (done) this.observe(0);
    for (const id of new Set(pending.channels)) {
      this.#apply(id, { type: "settling", bytes: 0n });
      this.#apply(id, { type: "funding", total: 0n });
    }
  }

  /**
   * @param before the channel before it was closed
   * @param acknowledged what had to be settled as far as the deposit went
   */
  expectSettled(channel: Channel, before: ChainView, acknowledged: ReadonlyMap<Hex, bigint>): void {
    const { pricePerGiB } = channel;
    const receipted = acknowledged.get(channelIdOf(channel)) ?? 0n;
    const covered = coveredBytes(before.deposit, pricePerGiB);
    const settled = owed(this.ground.chain.view(channel).settledBytes, pricePerGiB);
    if (settled < owed(receipted < covered ? receipted : covered, pricePerGiB)) {
      throw new Error("a channel was closed over an acknowledged receipt");
    }
  }

  /** Does what a relay that is up does within every grace period. */
  settleInTime(): void {
    this.observe(0);
    while (this.#transactions.length > 0) this.mine(false);
    this.collect();
    while (this.#transactions.length > 0) this.mine(false);
    for (const [id, bytes] of this.acknowledged) {
      if (this.state(id)?.chain.closeRequestedAt !== 0) this.acknowledgedInTime.set(id, bytes);
    }
  }
}

type Timeless<Input> = Input extends unknown ? Omit<Input, "now"> : never;
