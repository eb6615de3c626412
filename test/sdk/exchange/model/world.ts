import { coveredBytes, owed } from "../../../../sdk/core/index.ts";
import type { Channel, Hex, Secp256k1, WeirErrorCode } from "../../../../sdk/core/index.ts";
import { creditBytes } from "../../../../sdk/exchange/index.ts";
import { Ground, LARGEST, relayPolicy, START } from "./ground.ts";
import type { Tally } from "./ground.ts";
import { HonestRelay } from "./honestRelay.ts";
import { HonestViewer } from "./honestViewer.ts";
import { HostileViewer } from "./hostileViewer.ts";
import type { hostilePosts } from "./hostileViewer.ts";
import { LyingRelay } from "./lyingRelay.ts";
import type { Message } from "./wire.ts";

/** Viewers 0 to 2 are honest, 3 and 4 hostile. Relays 0 and 1 are honest, 2 lies. */
export const HONEST_VIEWERS = 3;
const HOSTILE_VIEWERS = 2;
export const HONEST_RELAYS = 2;

/** What a viewer only says of a relay that did wrong. */
const ACCUSATIONS: ReadonlySet<WeirErrorCode> = new Set<WeirErrorCode>([
  ...(["wrong-signer", "receipt-inconsistent", "content-mismatch", "malformed-message", "bad-signature"] as const),
]);

/** What can happen in a world. All numbers are reduced to what there is. */
export type Action =
  | { readonly type: "play"; readonly viewer: number; readonly relay: number; readonly resource: number }
  | { readonly type: "leave" | "request close"; readonly viewer: number; readonly relay: number }
  | { readonly type: "finalize"; readonly position: number }
  | { readonly type: "abort"; readonly viewer: number; readonly position: number }
  | { readonly type: "crash viewer"; readonly viewer: number; readonly age: number }
  | { readonly type: "lose viewer state"; readonly viewer: number }
  | { readonly type: "withdraw"; readonly viewer: number; readonly amount: number }
  | { readonly type: "deliver"; readonly position: number; readonly whim: number }
  | { readonly type: "deliver many"; readonly count: number; readonly whim: number }
  | { readonly type: "lose" | "double"; readonly position: number }
  | { readonly type: "deliver and crash"; readonly position: number }
  | { readonly type: "send body"; readonly relay: number; readonly position: number; readonly part: number }
  | { readonly type: "crash relay"; readonly relay: number; readonly part: number }
  | {
      readonly type: "back up" | "restore" | "observe" | "collect" | "mine" | "lose transaction";
      readonly relay: number;
    }
  | { readonly type: "end session"; readonly relay: number; readonly position: number }
  | { readonly type: "observe late"; readonly relay: number; readonly lag: number }
  | { readonly type: "wait"; readonly seconds: number }
  | { readonly type: "hostile open"; readonly viewer: number; readonly relay: number; readonly fresh: boolean }
  | { readonly type: "hostile get"; readonly viewer: number; readonly position: number; readonly resource: number }
  | {
      readonly type: "hostile post";
      readonly viewer: number;
      readonly position: number;
      readonly kind: (typeof hostilePosts)[number];
      readonly amount: number;
    }
  | {
      readonly type: "hostile fund" | "hostile fund on chain" | "hostile close";
      readonly viewer: number;
      readonly position: number;
      readonly amount: number;
    };

/** Several viewers, several relays, a network, a chain and a clock. Every step is followed by every check. */
export class World {
  readonly ground: Ground;
  readonly honestViewers: HonestViewer[];
  readonly hostileViewers: HostileViewer[];
  readonly honestRelays: HonestRelay[];
  readonly lyingRelay: LyingRelay;
  /** The most that each channel was ever seen to have served. */
  readonly #served = new Map<Hex, bigint>();

  constructor(secp256k1: Secp256k1, pricePerGiB: bigint, budget: bigint, tally: Tally) {
    const ground = new Ground(secp256k1, pricePerGiB, tally);
    this.ground = ground;
    this.honestViewers = Array.from({ length: HONEST_VIEWERS }, (_, i) => new HonestViewer(ground, i, budget));
    this.hostileViewers = Array.from(
      { length: HOSTILE_VIEWERS },
      (_, i) => new HostileViewer(ground, HONEST_VIEWERS + i),
    );
    this.honestRelays = Array.from({ length: HONEST_RELAYS }, (_, i) => new HonestRelay(ground, i));
    this.lyingRelay = new LyingRelay(ground, HONEST_RELAYS);
    for (const { key } of this.honestViewers) ground.chain.deposit(key.address, budget * 2n);
    for (const { key } of this.hostileViewers) ground.chain.deposit(key.address, budget);
  }

  run(action: Action): void {
    this.#act(action);
    this.check();
  }

  #act(action: Action): void {
    const { ground } = this;
    const { network, chain } = ground;
    switch (action.type) {
      case "play":
        this.#viewer(action).play(...this.#relayAt(action.relay), action.resource % 10);
        return;
      case "leave":
        this.#viewer(action).end(action.relay % 3);
        return;
      case "request close":
        this.#viewer(action).requestClose(action.relay % 3);
        return;
      case "finalize":
        this.#finalize(action.position);
        return;
      case "abort":
        this.#viewer(action).abort(action.position);
        return;
      case "crash viewer":
        this.#viewer(action).crash(action.age);
        return;
      case "lose viewer state":
        this.#viewer(action).loseEverything();
        return;
      case "withdraw":
        chain.withdraw(this.#anyKey(action.viewer), BigInt(action.amount));
        return;
      case "deliver":
        this.#deliver(network.take(action.position), action.whim);
        return;
      case "deliver many":
        for (let i = 0; i < action.count; i++) this.#deliver(network.take(0), action.whim + 7 * i);
        return;
      case "lose": {
        const message = network.take(action.position);
        if (message) ground.tally.add("message lost");
        if (message && message.viewer < HONEST_VIEWERS) this.honestViewers[message.viewer]!.lose(message);
        return;
      }
      case "double": {
        const message = network.peek(action.position);
        if (message) ground.tally.add("message doubled");
        if (message) network.send(message);
        return;
      }
      case "deliver and crash":
        this.#deliver(network.take(action.position), 0, true);
        return;
      case "send body":
        this.#relay(action).finishTransfer(action.position, action.part);
        return;
      case "crash relay":
        this.#relay(action).crash(action.part);
        return;
      case "back up":
        this.#relay(action).backUp();
        return;
      case "restore":
        this.#relay(action).restore();
        return;
      case "observe":
        this.#relay(action).observe(0);
        return;
      case "observe late":
        this.#relay(action).observe(action.lag % 4);
        return;
      case "collect":
        if (action.relay % 3 === 2) this.lyingRelay.collect();
        else this.#relay(action).collect();
        return;
      case "mine":
        this.#relay(action).mine(false);
        return;
      case "lose transaction":
        this.#relay(action).mine(true);
        return;
      case "end session":
        this.#relay(action).endSession(action.position);
        return;
      case "wait":
        this.wait(action.seconds);
        return;
      case "hostile open":
        this.#hostile(action).open(...this.#relayAt(action.relay % 2), action.fresh);
        return;
      case "hostile get":
        this.#hostile(action).get(action.position, action.resource % 10);
        return;
      case "hostile post":
        this.#hostile(action).post(action.position, action.kind, action.amount);
        return;
      case "hostile fund":
        this.#hostile(action).fund(action.position, BigInt(action.amount));
        return;
      case "hostile fund on chain":
        this.#hostile(action).fundOnChain(action.position, BigInt(action.amount));
        return;
      case "hostile close":
        this.#hostile(action).requestClose(action.position);
        return;
    }
  }

  #viewer({ viewer }: { readonly viewer: number }): HonestViewer {
    return this.honestViewers[viewer % HONEST_VIEWERS]!;
  }

  #hostile({ viewer }: { readonly viewer: number }): HostileViewer {
    return this.hostileViewers[viewer % HOSTILE_VIEWERS]!;
  }

  #relay({ relay }: { readonly relay: number }): HonestRelay {
    return this.honestRelays[relay % HONEST_RELAYS]!;
  }

  #relayAt(relay: number): [number, `0x${string}`] {
    const index = relay % (HONEST_RELAYS + 1);
    return [index, index === HONEST_RELAYS ? this.lyingRelay.payee : this.honestRelays[index]!.payee];
  }

  #anyKey(viewer: number): `0x${string}` {
    const viewers = [...this.honestViewers, ...this.hostileViewers];
    return viewers[viewer % viewers.length]!.key.address;
  }

  #deliver(message: Message | undefined, whim: number, crash = false): void {
    if (!message) return;
    if (message.to === "viewer") {
      const { viewer, relay, request, content } = message;
      if (viewer < HONEST_VIEWERS) this.honestViewers[viewer]!.receive(relay, request, content);
      else this.hostileViewers[viewer - HONEST_VIEWERS]!.receive(request, content);
    } else if (message.relay < HONEST_RELAYS) {
      this.honestRelays[message.relay]!.receive(message, crash);
    } else {
      this.lyingRelay.receive(message, whim);
    }
  }

  /** Time passes. Before a grace period ends every honest relay has had the time to settle, as the protocol asks. */
  wait(seconds: number): void {
    const { ground } = this;
    for (const relay of this.honestRelays) {
      const ripe = relay.channels.some(({ channel }) => {
        const { closeRequestedAt } = ground.chain.view(channel);
        return closeRequestedAt !== 0 && ground.now + seconds >= closeRequestedAt + channel.gracePeriod;
      });
      if (ripe) relay.settleInTime();
    }
    ground.now += seconds;
    for (const viewer of this.honestViewers) viewer.tick();
  }

  #finalize(position: number): void {
    const { chain, now, tally } = this.ground;
    const channels = this.honestRelays.flatMap((relay) =>
      relay.channels.map(({ id, channel }) => ({ relay, id, channel })),
    );
    const chosen = channels[position % Math.max(1, channels.length)];
    if (!chosen) return;
    const before = chain.view(chosen.channel);
    if (!chain.finalizeClose(chosen.channel, now)) return;
    tally.add("close finalized");
    if (!chosen.relay.restored) chosen.relay.expectSettled(chosen.channel, before, chosen.relay.acknowledgedInTime);
  }

  // --------------------------------------------------------------------------------------------------------- checks

  check(): void {
    if (this.ground.chain.imbalance() !== 0n) throw new Error("tokens were made or lost");
    for (const viewer of this.honestViewers) {
      viewer.check();
      for (const { relay, code } of viewer.drops) {
        const honest = relay < HONEST_RELAYS && !this.honestRelays[relay]!.restored;
        if (honest && ACCUSATIONS.has(code)) throw new Error(`an honest viewer accuses an honest relay: ${code}`);
      }
      viewer.drops.length = 0;
    }
    for (const relay of this.honestRelays) if (!relay.restored) this.#checkRelay(relay);
  }

  #checkRelay(relay: HonestRelay): void {
    let unfundedLoss = 0n;
    for (const state of relay.channels) {
      const { id, channel } = state;
      const delivered = relay.delivered.get(id) ?? 0n;
      const reserved = state.transfers.reduce((sum, { size }) => sum + size, 0n);
      if (state.served + reserved < delivered) throw new Error("the relay lost count of what left");
      if (state.served < (this.#served.get(id) ?? 0n)) throw new Error("served bytes fell");
      this.#served.set(id, state.served);
      const acknowledged = relay.acknowledged.get(id) ?? 0n;
      if (state.acknowledged.deliveredBytes < acknowledged) throw new Error("an acknowledged receipt is gone");

      const { deposit, closed } = this.ground.chain.view(channel);
      const secured = this.#secured(channel, state.acknowledged.deliveredBytes);
      const lost = delivered - secured;
      const credit = creditBytes(state, relayPolicy);
      if (lost > credit + LARGEST + state.forgiven) throw new Error(`the relay lost ${lost} bytes on a channel`);
      if (lost > credit && state.forgiven === 0n) throw new Error(`the relay lost ${lost} bytes without recovery`);
      const rate = (relayPolicy.baseCredit * BigInt(this.ground.now - START)) / BigInt(relayPolicy.recoverySeconds);
      if (state.forgiven > rate) throw new Error("debts are forgiven faster than the protocol says");
      // A relay that does not know yet of a closing takes more for secured than there is left; it loses nothing by that.
      if (state.forgiven > secured && !closed) throw new Error("more is forgiven than was ever secured");
      if (deposit === 0n && lost > 0n) unfundedLoss += lost;
    }
    const days = BigInt(Math.floor((this.ground.now - START) / relayPolicy.debtSeconds));
    if (unfundedLoss > relayPolicy.unfundedCredit * (days + 1n)) throw new Error("unfunded channels took too much");
  }

  /** What nobody can take from the relay: settled, or receipted and covered by the deposit that is really there. */
  #secured(channel: Channel, receipted: bigint): bigint {
    const { deposit, settledBytes, closed } = this.ground.chain.view(channel);
    // What is receipted and rounds down to no more than was paid is lost to nobody when the channel is closed.
    const money = closed ? owed(settledBytes, channel.pricePerGiB) : deposit;
    const covered = coveredBytes(money, channel.pricePerGiB);
    const secured = receipted < covered ? receipted : covered;
    return secured > settledBytes ? secured : settledBytes;
  }
}
