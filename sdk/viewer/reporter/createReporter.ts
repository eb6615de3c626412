import { paymentChannelsDomain } from "../../core/deployment.ts";
import type { Deployment } from "../../core/deployment.ts";
import { domainSeparator } from "../../core/domain.ts";
import { findContradiction } from "../../core/findContradiction.ts";
import type { Contradiction } from "../../core/findContradiction.ts";
import { assertUint } from "../../core/hex.ts";
import type { Address } from "../../core/hex.ts";
import { deliverySigner } from "../../core/signedDelivery.ts";
import type { SignedDelivery } from "../../core/signedDelivery.ts";
import { WeirError } from "../../core/weirError.ts";
import { asWeirError } from "../asWeirError.ts";
import { backgroundClock, systemClock, untilAborted } from "../clock.ts";
import type { Clock } from "../clock.ts";
import type { DeliveryWitness, Testimony } from "../testimony.ts";
import { memoryStore } from "../viewerStore.ts";
import type { ViewerStore } from "../viewerStore.ts";
import { caseBook } from "./caseBook.ts";
import type { ReporterChain } from "./reporterChain.ts";
import type { ReporterEvent, ReporterListener } from "./reporterEvents.ts";
import { signedMemory } from "./signedMemory.ts";
import { stepCase } from "./stepCase.ts";
import type { CaseContext, StepOutcome } from "./stepCase.ts";

/** Options of `createReporter`. */
export interface ReporterOptions {
  readonly deployment: Deployment;
  /** See `reporterChain`. */
  readonly chain: ReporterChain;
  /** Token base units that 10^18 wei are worth: what gas is compared with. */
  readonly tokenPerEther: bigint;
  /** Token base units by which a cut must exceed the gas of commitment and report; zero if left out. */
  readonly minGain?: bigint;
  /** Reports whatever it costs: the operator is slashed and out of office all the same. */
  readonly evenAtALoss?: boolean;
  /** Where evidence survives a reload or crash; memory if left out. One store belongs to one reporter at a time. */
  readonly store?: ViewerStore;
  readonly clock?: Clock;
  readonly onEvent?: ReporterListener;
}

/** Reports relays' agents that signed what is not so, for a part of what their operators lose. */
export interface Reporter extends DeliveryWitness {
  /**
   * Resolves when every case is reported, dismissed or laid aside. Keeps the process alive until then, which a reporter by
   * itself does not.
   */
  idle(): Promise<void>;
  /** Stops. What is not done stays in the store, and the next reporter goes on with it. */
  close(): Promise<void>;
}

/** Deliveries remembered, to be held against later ones. */
const MAX_REMEMBERED = 4_096;
/** Failures of one case in a row until it is laid aside, and seconds from the first to the next try; each time twice as long. */
const MAX_FAILURES = 6;
const RETRY_SECONDS = 2;
/** As long as timers go; only there to keep a process alive. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/**
 * Makes a reporter, and goes on with what an earlier one left in the store. Give it to viewers as their `reporter`.
 *
 * What it finds is written down first, and the salt of a commitment before the commitment is sent, so that a crash loses neither.
 * A proof is shown to nobody, not even to the node, before its commitment is ripe: from then on it is too late to be first.
 *
 * @throws WeirError `malformed-message` naming the option that is wrong
 * @example
 * const chain = reporterChain(walletClient, deployment);
 * const reporter = createReporter({ deployment, chain, tokenPerEther: parseAmount("3000", 18), onEvent: console.log });
 * const viewer = createViewer({ ...options, reporter });
 */
export function createReporter(options: ReporterOptions): Reporter {
  const { chain, deployment, evenAtALoss = false, minGain = 0n, onEvent, tokenPerEther } = options;
  assertUint(tokenPerEther, 256, "tokenPerEther");
  assertUint(minGain, 96, "minGain");
  const { clock = backgroundClock, store = memoryStore() } = options;
  const domain = paymentChannelsDomain(deployment);
  const separator = domainSeparator(domain);
  const life = new AbortController();
  const lifetime = life.signal;
  const memory = signedMemory(MAX_REMEMBERED);
  const book = caseBook(store, `weir/reporter/${separator}/${chain.reporter.toLowerCase()}/`);
  const running = new Set<Address>();
  const tasks = new Set<Promise<void>>();
  let sending: Promise<unknown> = Promise.resolve();

  const emit = (event: ReporterEvent): void => {
    if (onEvent === undefined) return;
    queueMicrotask(() => {
      onEvent(event);
    });
  };

  const context: CaseContext = {
    ...{ book, chain, tokenPerEther, minGain, evenAtALoss, lifetime, emit },
    mined: new Set(),
    waited: new Set(),
    wait: async (seconds) => untilAborted(clock.wait(seconds * 1_000, lifetime), lifetime),
    async inTurn(send) {
      // Two at once would take the same nonce.
      const turn = sending.then(async () => {
        lifetime.throwIfAborted();
        return send();
      });
      sending = turn.catch(() => undefined);
      return untilAborted(turn, lifetime);
    },
  };

  const loaded = load();
  track(loaded);

  async function load(): Promise<void> {
    try {
      await book.load();
    } catch (error) {
      // What is there stays there; what is found from now on is reported all the same.
      emit({ type: "failed", agent: undefined, error: asWeirError(error), retryIn: undefined });
    }
    for (const agent of book.agents()) pursue(agent);
  }

  function take({ deliveries, byAgent, manifest, relay }: Testimony): void {
    for (const signed of deliveries) {
      const agent = signerOf(signed);
      if (agent === undefined) continue;
      const contradiction = contradictionOf(agent, signed, byAgent, manifest);
      if (contradiction === undefined) continue;
      const isNew = book.open({ contradiction, salt: undefined });
      if (isNew) emit({ type: "found", agent, contradicts: contradiction.type, relay });
      pursue(agent);
    }
  }

  function signerOf(signed: SignedDelivery): Address | undefined {
    try {
      return deliverySigner(separator, signed);
    } catch (error) {
      if (WeirError.is(error)) return undefined;
      throw error;
    }
  }

  function contradictionOf(
    agent: Address,
    signed: SignedDelivery,
    byAgent: boolean,
    manifest: Testimony["manifest"],
  ): Contradiction | undefined {
    const found = manifest && findContradiction([signed], { domain, manifest });
    if (found !== undefined || !byAgent) return found;
    return findContradiction([memory.firstOf(agent, signed), signed], { domain });
  }

  /** Works on a case, unless there is none or somebody does already. */
  function pursue(agent: Address): void {
    if (running.has(agent) || lifetime.aborted || book.get(agent) === undefined) return;
    running.add(agent);
    const task = work(agent).finally(() => running.delete(agent));
    track(task);
  }

  async function work(agent: Address): Promise<void> {
    const isOver = (): boolean => lifetime.aborted;
    let failures = 0;
    for (let outcome: StepOutcome = "again"; outcome === "again" && !isOver();) {
      try {
        outcome = await stepCase(agent, context);
        failures = 0;
      } catch (error) {
        if (isOver()) return;
        failures += 1;
        const retryIn = failures < MAX_FAILURES ? RETRY_SECONDS * 2 ** (failures - 1) : undefined;
        emit({ type: "failed", agent, error: asWeirError(error), retryIn });
        if (retryIn === undefined) return;
        await context.wait(retryIn).catch(() => undefined); // Only the end of the reporter ends it early, and then the loop.
      }
    }
  }

  function track(task: Promise<void>): void {
    tasks.add(task);
    const forget = (): void => {
      tasks.delete(task);
    };
    task.then(forget, forget);
  }

  async function settled(): Promise<void> {
    while (tasks.size > 0) await Promise.allSettled(tasks);
  }

  return {
    note(testimony) {
      if (lifetime.aborted) return;
      track(
        loaded
          .then(() => {
            take(testimony);
          })
          .catch((error: unknown) => {
            // Whoever notes a manifest that is none hears of it.
            emit({ type: "failed", agent: undefined, error: asWeirError(error), retryIn: undefined });
          }),
      );
    },
    async idle() {
      const over = new AbortController();
      systemClock.wait(LONGEST_WAIT_MS, over.signal).catch(() => undefined); // Aborted below.
      try {
        await settled();
      } finally {
        over.abort();
      }
    },
    async close() {
      life.abort(new DOMException("the reporter was closed", "AbortError"));
      await settled();
    },
  };
}
