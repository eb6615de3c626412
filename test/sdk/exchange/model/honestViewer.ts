import { owed } from "../../../../sdk/core/index.ts";
import type { Address, Channel, Hex, SignedTotals, WeirErrorCode } from "../../../../sdk/core/index.ts";
import {
  decodeViewerChannel,
  encodeViewerChannel,
  fundAllowance,
  newViewerChannel,
  stepViewer,
  verifiedTotals,
  wakeAt,
} from "../../../../sdk/exchange/index.ts";
import type { ViewerChannel, ViewerEffect, ViewerInput } from "../../../../sdk/exchange/index.ts";
import { isGenuine, Key, resources, viewerPolicy } from "./ground.ts";
import { channelIdOf } from "./channelIdOf.ts";
import type { Ground } from "./ground.ts";
import type { Message, Response } from "./wire.ts";

/** What a viewer has with one relay. */
interface Slot {
  state: ViewerChannel;
  session: string;
  /** Everything that was ever written down about the channel, oldest first. */
  written: string[];
  /** The position of the last text that a `persist` effect asked for. */
  persisted: number;
}

/** A request whose answer the viewer waits for. */
type Waiting =
  | { readonly type: "open"; readonly slot: Slot }
  | { readonly type: "get"; readonly slot: Slot; readonly resource: number; readonly session: string }
  | { readonly type: "post"; readonly slot: Slot; readonly post: number };

/** What really happened on a channel, whatever the viewer remembers of it. */
interface ChannelTruth {
  readonly channel: Channel;
  /** How often each resource was verified. */
  readonly verified: number[];
  verifiedBytes: bigint;
  /** The segments behind every root that is the viewer's own: how often each resource is in it. */
  readonly roots: Map<Hex, readonly number[]>;
  /** Every receipt that was signed. */
  readonly signed: SignedTotals[];
  fundSigned: bigint;
}

/** A viewer that follows the protocol: the machine with a key, a player and a store around it. */
export class HonestViewer {
  readonly ground: Ground;
  readonly index: number;
  readonly key: Key;
  readonly budget: bigint;
  readonly #slots = new Map<number, Slot>();
  #retired: Slot[] = [];
  #waiting = new Map<number, Waiting>();
  readonly truths = new Map<Hex, ChannelTruth>();
  /** Which relays it dropped, and why. */
  readonly drops: { readonly relay: number; readonly code: WeirErrorCode }[] = [];
  /** Whether it forgot a funding that it had signed. Then only its account bounds what it spends. */
  forgot = false;

  constructor(ground: Ground, index: number, budget: bigint) {
    this.ground = ground;
    this.index = index;
    this.key = new Key(ground, index);
    this.budget = budget;
  }

  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  get verifiedBytes(): bigint {
    let bytes = 0n;
    for (const { verifiedBytes } of this.truths.values()) bytes += verifiedBytes;
    return bytes;
  }

  /** Token base units that it may still commit to a new channel. */
  get free(): bigint {
    return this.#allowance(undefined);
  }

  state(relay: number): ViewerChannel | undefined {
    return this.#slots.get(relay)?.state;
  }

  // ------------------------------------------------------------------------------------------------------- playing

  /** Opens what is not open, and asks for the resource. */
  play(relay: number, payee: Address, resource: number): void {
    const slot = this.#slotFor(relay, payee);
    const { phase, leaving } = slot.state;
    if (phase !== "open" || leaving) {
      this.#apply(relay, slot, { type: "open" });
      return;
    }
    const { entry } = resources[resource]!;
    this.#apply(relay, slot, { type: "requested", size: entry.size });
    const { session } = slot;
    this.#send({ type: "get", slot, resource, session }, (request) => {
      this.ground.network.send({
        ...{ to: "relay", relay, viewer: this.index, request },
        content: { type: "get", channel: slot.state.channel, session, resource },
      });
    });
  }

  end(relay: number): void {
    const slot = this.#slots.get(relay);
    if (slot) this.#apply(relay, slot, { type: "end" });
  }

  /** Steps every channel whose time has come. */
  tick(): void {
    for (const [relay, slot] of this.#slots) {
      const at = wakeAt(slot.state, { policy: viewerPolicy });
      if (at !== undefined && at <= this.ground.now) this.#apply(relay, slot, { type: "tick" });
    }
  }

  abort(position: number): void {
    const gets = [...this.#waiting].filter(([, { type }]) => type === "get");
    const [request, waiting] = gets[position % Math.max(1, gets.length)] ?? [];
    if (request === undefined || waiting?.type !== "get") return;
    this.ground.tally.add("viewer aborts a transfer");
    this.#waiting.delete(request);
    const { size } = resources[waiting.resource]!.entry;
    this.#apply(this.#relayOf(waiting.slot), waiting.slot, { type: "aborted", size, received: size / 2n });
  }

  requestClose(relay: number): void {
    const slot = this.#slots.get(relay);
    if (slot && this.ground.chain.requestClose(slot.state.channel, this.ground.now)) {
      this.ground.tally.add("payer requests a close");
    }
  }

  #slotFor(relay: number, payee: Address): Slot {
    const current = this.#slots.get(relay);
    if (current && current.state.phase !== "over") return current;
    if (current) {
      this.ground.tally.add("viewer opens another channel");
      this.#retired.push(current);
    }
    const channel = this.ground.channel(this.key.address, payee);
    const state = newViewerChannel(channel, this.ground.seed());
    const slot: Slot = { state, session: "", written: [encodeViewerChannel(state)], persisted: 0 };
    this.#slots.set(relay, slot);
    const verified = resources.map(() => 0);
    const roots = new Map([[state.seed, verified]]);
    this.truths.set(state.id, {
      channel,
      verified: [...verified],
      verifiedBytes: 0n,
      roots,
      signed: [],
      fundSigned: 0n,
    });
    return slot;
  }

  #relayOf(slot: Slot): number {
    for (const [relay, other] of this.#slots) if (other === slot) return relay;
    return -1;
  }

  // ------------------------------------------------------------------------------------------------------- network

  receive(relay: number, request: number, response: Response): void {
    const waiting = this.#waiting.get(request);
    // Given up, doubled, or asked by an earlier life of the viewer.
    if (!waiting) return;
    this.#waiting.delete(request);
    const { slot } = waiting;
    switch (waiting.type) {
      case "open":
        if (response.type === "opened") {
          slot.session = response.session;
          this.#apply(relay, slot, { type: "opened", statement: response.statement });
        } else {
          this.#apply(relay, slot, { type: "openRefused", code: codeOf(response) });
        }
        return;
      case "get":
        this.#receiveBody(relay, waiting, response);
        return;
      case "post": {
        const { post } = waiting;
        if (response.type === "posted") {
          this.#apply(relay, slot, { type: "posted", post, statement: response.statement });
        } else {
          const acknowledged = response.type === "refused" ? response.acknowledged : undefined;
          const code = codeOf(response);
          this.#apply(relay, slot, { type: "postRefused", post, code, ...(acknowledged && { acknowledged }) });
        }
      }
    }
  }

  #receiveBody(relay: number, waiting: Extract<Waiting, { type: "get" }>, response: Response): void {
    const { slot, resource, session } = waiting;
    const { entry } = resources[resource]!;
    const { size } = entry;
    if (response.type === "refused") {
      const stale = response.code.startsWith("token-") && session !== slot.session;
      if (stale) this.#apply(relay, slot, { type: "aborted", size, received: 0n });
      else this.#apply(relay, slot, { type: "requestRefused", size, code: response.code });
    } else if (response.type !== "body" || !response.whole) {
      const received = response.type === "body" ? BigInt(response.bytes.length) : 0n;
      this.#apply(relay, slot, { type: "aborted", size, received });
    } else if (isGenuine(resource, response.bytes)) {
      const truth = this.truths.get(slot.state.id)!;
      truth.verified[resource]!++;
      truth.verifiedBytes += size;
      this.ground.tally.add("transfer verified");
      this.#apply(relay, slot, { type: "verified", entry });
    } else {
      this.ground.tally.add("corrupt body found");
      this.#apply(relay, slot, { type: "corrupt" });
    }
  }

  /** A request or its answer is lost: the connection breaks. */
  lose(message: Message): void {
    this.receive(message.relay, message.request, { type: "refused", code: "relay-unreachable" });
  }

  #send(waiting: Waiting, send: (request: number) => void): void {
    const request = this.ground.serial();
    this.#waiting.set(request, waiting);
    send(request);
  }

  // -------------------------------------------------------------------------------------------------- the machine

  #apply(relay: number, slot: Slot, input: Timeless<ViewerInput>): void {
    const { ground } = this;
    const before = slot.state;
    const env = {
      domain: ground.domain,
      secp256k1: ground.secp256k1,
      policy: viewerPolicy,
      allowance: this.#allowance(slot),
    };
    const { state, effects } = stepViewer(before, { ...input, now: ground.now } as ViewerInput, env);
    slot.state = state;
    if (state !== before) slot.written.push(encodeViewerChannel(state));
    if (verifiedTotals(state).deliveredBytes < verifiedTotals(before).deliveredBytes) throw new Error("totals fell");
    const own = this.truths.get(state.id)!.roots;
    if (state.acknowledged.deliveredBytes > 0n && !own.has(state.acknowledged.segmentsRoot)) {
      throw new Error("the viewer took over totals that it never signed");
    }
    if (before.acknowledged.deliveredBytes < state.acknowledged.deliveredBytes) {
      const known = before.pending.some(({ totals }) => totals.segmentsRoot === state.acknowledged.segmentsRoot);
      ground.tally.add(known ? "receipt acknowledged" : "viewer adopts a claim");
    }
    for (const effect of effects) this.#perform(relay, slot, effect);
  }

  #allowance(slot: Slot | undefined): bigint {
    const { chain } = this.ground;
    let spent = 0n;
    const open: ViewerChannel[] = [];
    for (const { state } of [...this.#slots.values(), ...this.#retired]) {
      const { closed, settledBytes } = chain.view(state.channel);
      if (closed) spent += owed(settledBytes, state.channel.pricePerGiB);
      else open.push(state);
    }
    return fundAllowance(this.budget, slot?.state ?? { id: "0x", fund: undefined }, open, spent);
  }

  #perform(relay: number, slot: Slot, effect: ViewerEffect): void {
    const { channel, seed } = slot.state;
    const to = { to: "relay", relay, viewer: this.index } as const;
    switch (effect.type) {
      case "persist":
        slot.persisted = slot.written.length - 1;
        return;
      case "open": {
        const receipt = effect.receipt && this.key.receipt(channel, effect.receipt);
        const fund = effect.fund && this.key.fund(channel, effect.fund);
        this.#send({ type: "open", slot }, (request) => {
          const content = { type: "open", channel, seed, ...(receipt && { receipt }), ...(fund && { fund }) } as const;
          this.ground.network.send({ ...to, request, content });
        });
        return;
      }
      case "post": {
        const { post, step, fund, end } = effect;
        const signed = step && { ...step, receipt: this.#sign(channel, step) };
        const signedFund = fund && this.key.fund(channel, fund);
        const truth = this.truths.get(slot.state.id)!;
        if (fund && fund.total > truth.fundSigned) truth.fundSigned = fund.total;
        const { session } = slot;
        this.#send({ type: "post", slot, post }, (request) => {
          const content = {
            ...({ type: "post", channel, session } as const),
            ...(signed && { step: signed }),
            ...(signedFund && { fund: signedFund }),
            ...(end && { end }),
          };
          this.ground.network.send({ ...to, request, content });
        });
        return;
      }
      case "drop":
        this.ground.tally.add(`viewer drops a relay: ${effect.code}`);
        this.drops.push({ relay, code: effect.code });
        return;
      case "over":
        this.ground.tally.add(`channel over: ${effect.code}`);
        return;
      case "left":
        this.ground.tally.add("viewer left");
    }
  }

  /** Signs, like the key would, but only what was really verified: each transfer at most once. */
  #sign(channel: Channel, step: NonNullable<Extract<ViewerEffect, { type: "post" }>["step"]>): SignedTotals {
    const truth = this.truths.get(channelIdOf(channel))!;
    const before = truth.roots.get(step.prev.segmentsRoot);
    if (!before) throw new Error("a receipt continues from totals that are not the viewer's");
    const counts = [...before];
    for (const entry of step.entries) {
      counts[resources.findIndex((resource) => resource.entry.resource === entry.resource)]!++;
    }
    const bytes = counts.reduce((sum, count, i) => sum + BigInt(count) * resources[i]!.entry.size, 0n);
    if (bytes !== step.receipt.deliveredBytes) throw new Error("a receipt states other bytes than its entries");
    if (counts.some((count, i) => count > truth.verified[i]!))
      throw new Error("signed for a byte that was not verified");
    truth.roots.set(step.receipt.segmentsRoot, counts);
    const receipt = this.key.receipt(channel, step.receipt);
    truth.signed.push(receipt);
    return receipt;
  }

  // -------------------------------------------------------------------------------------------------------- crashes

  /** The page is closed and opened again, with the state of so many writings ago. */
  crash(age: number): void {
    this.ground.tally.add("viewer crashes");
    this.#waiting = new Map();
    for (const slot of this.#slots.values()) {
      const position = Math.max(0, slot.written.length - 1 - age);
      if (position < slot.persisted) this.#forget(slot);
      if (position < slot.written.length - 1) this.ground.tally.add("viewer resumes an older state");
      slot.state = decodeViewerChannel(slot.written[position]!);
      slot.session = "";
    }
  }

  /** Nothing is left but the key and the descriptors. */
  loseEverything(): void {
    this.ground.tally.add("viewer loses its state");
    this.#waiting = new Map();
    for (const slot of this.#slots.values()) {
      this.#forget(slot);
      slot.state = newViewerChannel(slot.state.channel, this.ground.seed());
      slot.session = "";
      this.truths.get(slot.state.id)!.roots.set(
        slot.state.seed,
        resources.map(() => 0),
      );
    }
  }

  #forget(slot: Slot): void {
    if (this.truths.get(slot.state.id)!.fundSigned > 0n) this.forgot = true;
  }

  // --------------------------------------------------------------------------------------------------------- checks

  check(): void {
    const { chain } = this.ground;
    let committed = 0n;
    for (const { channel, signed, verifiedBytes, fundSigned } of this.truths.values()) {
      const highest = signed.reduce((most, { deliveredBytes }) => (deliveredBytes > most ? deliveredBytes : most), 0n);
      if (highest > verifiedBytes) throw new Error("signed bytes exceed verified bytes");
      const { closed, settledBytes, deposit } = chain.view(channel);
      if (settledBytes > highest) throw new Error("the chain settled what was never signed");
      const most = fundSigned > deposit ? fundSigned : deposit;
      committed += closed ? owed(settledBytes, channel.pricePerGiB) : most;
    }
    if (!this.forgot && committed > this.budget) throw new Error("the fundings exceed the budget");
  }
}

function codeOf(response: Response): Extract<Response, { type: "refused" }>["code"] {
  return response.type === "refused" ? response.code : "malformed-message";
}

type Timeless<Input> = Input extends unknown ? Omit<Input, "now"> : never;
