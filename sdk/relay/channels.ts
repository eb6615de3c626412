import { channelId, WeirError } from "../core/index.ts";
import type { Channel, Hex, SignedFund, SignedTotals } from "../core/index.ts";
import { grantCredit, isFunded, newRelayChannel, stepRelay } from "../exchange/index.ts";
import type {
  ChainView,
  CollectReason,
  RelayChannel,
  RelayEnv,
  RelayInput,
  RelayPolicy,
  RelayStep,
} from "../exchange/index.ts";
import { channelIndex } from "./channelIndex.ts";
import type { Clock } from "./clock.ts";
import type { RelayListener } from "./relayEvents.ts";
import type { CreditTaken, Lease, RelayStore, WriteUrgency } from "./store/relayStore.ts";

/** What opening a session takes, with the viewer's `Open` checked. */
export interface OpenRequest {
  readonly channel: Channel;
  readonly session: Hex;
  readonly seed: Hex;
  readonly receipt?: SignedTotals;
  readonly fund?: SignedFund;
  /** Bytes of the largest resource that the session's manifest lists. */
  readonly largestResource: bigint;
  /** What the chain says now. */
  readonly view: ChainView;
}

/** Makes an input out of the state it will meet, or decides that there is nothing to do. */
export type InputFor = (state: RelayChannel) => RelayInput | undefined;

/** The channels of a relay: drives the exchange's machine through the store. */
export interface Channels {
  /** The state of a channel, or `undefined` if it is not known. Of a shared store it is read anew. */
  readonly read: (id: Hex) => Promise<RelayChannel | undefined>;
  /**
   * One step of a channel. Resolves once the new state is stored; only then its effects may be acted on.
   *
   * @param lease if given, nothing is stored once it is lost
   * @throws WeirError `channel-unknown` or `storage-failed`; what the machine refuses comes back as an effect
   */
  readonly step: (id: Hex, input: RelayInput | InputFor, lease?: Lease) => Promise<RelayStep>;
  /**
   * Grants credit and opens a session, in one write.
   *
   * @throws WeirError what `grantCredit` refuses, or `storage-failed`
   */
  readonly open: (request: OpenRequest) => Promise<RelayStep>;
}

/** What the channels need from their relay. */
export interface ChannelsContext {
  readonly store: RelayStore;
  readonly env: RelayEnv;
  readonly clock: Clock;
  readonly emit: RelayListener;
  /** Called when something should be collected now instead of at the next round. */
  readonly onCollect: (reason: CollectReason) => void;
  /** Most channels kept in memory. */
  readonly maxCached: number;
}

interface WriteMode {
  readonly urgency: WriteUrgency;
  readonly bounds?: CreditTaken;
  readonly lease?: Lease | undefined;
}

interface Entry {
  state: RelayChannel;
  /** Of `state`; ahead of the store's while writes are under way. */
  version: number;
  /** Resolves to whether everything up to `version` is stored; rejects if the store failed. */
  stored: Promise<boolean>;
}

/** Whether nobody uses the channel now: it is read again when somebody does, and takes no memory until then. */
function isAtRest({ state: { session, transfers } }: Entry): boolean {
  return session === undefined && transfers.length === 0;
}

const STORED = Promise.resolve(true);
const MAX_TRIES = 16;
const UNBOUNDED = 2n ** 64n;

/** A reservation or an end of a transfer that a power failure undoes costs at most its credit; receipts cost money. */
const NOT_DURABLE: Partial<Record<RelayInput["type"], WriteUrgency>> = {
  reserve: "prompt",
  handOver: "prompt",
  transferred: "deferred",
  chain: "prompt",
};

/**
 * Drives every channel of a relay. States of channels in use are cached with their versions; a write that meets another version than it came
 * from is done again on what the store has.
 */
export function openChannels(context: ChannelsContext): Channels {
  const { store, env, clock, emit, onCollect, maxCached } = context;
  const cache = new Map<Hex, Entry>();
  const loading = new Map<Hex, Promise<Entry | undefined>>();
  let opening: Promise<unknown> = STORED;

  const drop = (id: Hex, entry: Entry): void => {
    if (cache.get(id) === entry) cache.delete(id);
  };
  const keep = (id: Hex, entry: Entry): void => {
    cache.set(id, entry);
    for (const oldest of cache.keys()) {
      if (cache.size <= maxCached) break;
      cache.delete(oldest);
    }
  };

  const fetchEntry = async (id: Hex): Promise<Entry | undefined> => {
    const record = await store.readChannel(id);
    if (record === undefined) return undefined;
    const entry = { ...record, stored: STORED };
    if (!isAtRest(entry)) keep(id, entry);
    return entry;
  };
  const load = async (id: Hex): Promise<Entry | undefined> => {
    const cached = cache.get(id);
    if (cached !== undefined) return cached;
    let pending = loading.get(id);
    if (pending === undefined) {
      pending = fetchEntry(id).finally(() => loading.delete(id));
      loading.set(id, pending);
    }
    return pending;
  };

  /** Takes a step's state as the newest and writes it. Others may build on it before it is stored. */
  const write = (entry: Entry, step: RelayStep, { urgency, bounds, lease }: WriteMode): Promise<boolean> => {
    const { state, effects } = step;
    const now = clock();
    const { version: from, state: before } = entry;
    entry.state = state;
    entry.version = from + 1;
    const stored = (lease ?? store).writeChannel({
      state,
      from,
      ...(from === 0 ? {} : { before }),
      index: channelIndex(state, env.policy, now),
      log: effects.flatMap((effect) => (effect.type === "log" ? [effect.step] : [])),
      ...(bounds === undefined ? {} : { bounds }),
      now,
      urgency,
    });
    entry.stored = stored;
    return stored;
  };

  /** Whether what was decided on an entry holds: all of it is stored, and nobody else wrote since. */
  const holds = async (id: Hex, entry: Entry, stored: Promise<boolean>, unchanged: boolean): Promise<boolean> => {
    try {
      if (!(await stored)) {
        drop(id, entry);
        return false;
      }
    } catch (error) {
      drop(id, entry);
      // Whoever wrote hears of the failure; whoever only built on it starts over from what is stored.
      if (unchanged) return false;
      throw error;
    }
    if (isAtRest(entry) && entry.stored === stored) drop(id, entry);
    if (!unchanged || !store.shared) return true;
    const version = (await store.readChannel(id))?.version;
    if (version === entry.version) return true;
    drop(id, entry);
    return false;
  };

  const act = (step: RelayStep): RelayStep => {
    for (const effect of step.effects) {
      if (effect.type === "collect") onCollect(effect.reason);
      else if (effect.type === "endSession") emit({ type: "sessionEnded", channel: step.state.id });
    }
    return step;
  };

  const openOnce = async (request: OpenRequest): Promise<RelayStep | undefined> => {
    const { channel, seed, view, largestResource, session, receipt, fund } = request;
    const id = channelId(channel);
    const entry = (await load(id)) ?? { state: newRelayChannel(channel, seed), version: 0, stored: STORED };
    const now = clock();
    const before = entry.state;
    const taken = await store.creditTaken(before, now);
    // Somebody stepped the channel while the sums were read: begin again with what it is now.
    if (entry.state !== before) return undefined;
    const fresh = stepRelay(before, { type: "chain", view, now }, env);
    const startingCredit = grantCredit(fresh.state, { ...taken, largestResource }, env.policy);
    const opened = stepRelay(
      fresh.state,
      {
        type: "open",
        session,
        seed,
        startingCredit,
        now,
        ...(receipt === undefined ? {} : { receipt }),
        ...(fund === undefined ? {} : { fund }),
      },
      env,
    );
    if (opened.state === fresh.state) return opened;
    const step = { state: opened.state, effects: [...fresh.effects, ...opened.effects] };
    keep(id, entry);
    const bounds = grantBounds(opened.state, env.policy);
    return (await holds(id, entry, write(entry, step, { urgency: "durable", bounds }), false)) ? act(step) : undefined;
  };

  return {
    read: async (id) => (await (store.shared ? store.readChannel(id) : load(id)))?.state,
    async step(id, input, lease) {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const entry = await load(id);
        if (entry === undefined) throw new WeirError("channel-unknown");
        const before = entry.state;
        const given = typeof input === "function" ? input(before) : input;
        const step = given === undefined ? { state: before, effects: [] } : stepRelay(before, given, env);
        const unchanged = step.state === before;
        const stored =
          unchanged || given === undefined
            ? entry.stored
            : write(entry, step, { urgency: NOT_DURABLE[given.type] ?? "durable", lease });
        if (await holds(id, entry, stored, unchanged)) return act(step);
      }
      throw tooManyConflicts();
    },
    async open(request) {
      // One at a time: the sums that a grant depends on are then nobody else's to change in this process.
      const turn = opening;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      opening = promise;
      await turn;
      try {
        for (let tries = 0; tries < MAX_TRIES; tries++) {
          const step = await openOnce(request);
          if (step !== undefined) return step;
        }
        throw tooManyConflicts();
      } finally {
        resolve(undefined);
      }
    },
  };
}

/**
 * How much others may hold for a grant to stand. Not what they held when it was decided: what another process grants
 * meanwhile is only a reason to decide again if it leaves no room.
 */
function grantBounds(state: RelayChannel, policy: RelayPolicy): CreditTaken {
  const { startingCredit } = state;
  return {
    signerTaken: policy.signerCredit - startingCredit,
    unfundedTaken: isFunded(state) ? UNBOUNDED : policy.unfundedCredit - startingCredit,
    signerSessions: policy.maxSessions - 1,
  };
}

function tooManyConflicts(): WeirError {
  return new WeirError("storage-failed", "others keep changing the channel");
}
