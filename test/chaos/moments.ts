import { setTimeout as sleep } from "node:timers/promises";
import type { RpcProxy } from "../helpers/rpcProxy.ts";
import type { SeededRandom } from "./seededRandom.ts";
import type { ViewerMoment, Witness } from "./witness.ts";

/** When a relay process is killed. */
export const killMoments = [
  "at any time",
  "while a receipt is under way",
  "right after an acknowledgement",
  "while a resource is under way",
  "with a settlement written on its channels",
  "with a settlement signed and not sent",
  "with a settlement mined and unanswered",
  "after a settlement was sent",
  "while it starts",
  "while it stops",
] as const;

/** One of them. */
export type KillMoment = (typeof killMoments)[number];

/** Where a moment can be seen. */
export interface MomentSources {
  readonly witness: Witness;
  /** The endpoint of each process that may be killed. */
  readonly proxies: readonly RpcProxy[];
  readonly random: SeededRandom;
}

const VIEWER_MOMENTS: Partial<Record<KillMoment, ViewerMoment>> = {
  "while a receipt is under way": "posting",
  "right after an acknowledgement": "acknowledged",
  "while a resource is under way": "receiving",
};

const CHAIN_MOMENTS: Partial<Record<KillMoment, readonly [method: string, when: "asked" | "answered"]>> = {
  "with a settlement written on its channels": ["eth_estimateGas", "asked"],
  "with a settlement signed and not sent": ["eth_sendRawTransaction", "asked"],
  "with a settlement mined and unanswered": ["eth_sendRawTransaction", "answered"],
  "after a settlement was sent": ["eth_sendRawTransaction", "answered"],
};

/** A moment that does not come is not waited for any longer: what is wrong at the time may keep it away. */
const PATIENCE_MS = 6_000;

/** Acknowledgements that may pass before a moment in the life of a viewer is looked for. */
const MOST_ACKNOWLEDGEMENTS = 12;

/** Most milliseconds from where a moment is seen to the kill. */
const LONGEST_MS = 500;
const delays: Partial<Record<KillMoment, number>> = {
  "while a receipt is under way": 8,
  "while a resource is under way": 20,
};

/** A kill that is to come. */
export interface AwaitedMoment {
  /** Resolves when it is there, with the number of the process that it is about, if it is about one. */
  readonly come: Promise<number | undefined>;
  /** Lets go of what was held up for it. Call it when the process is gone. */
  readonly release: () => void;
}

/**
 * Looks out for a moment in the work of processes that run, or are about to. What reaches the chain is held up there until
 * the process is gone.
 */
export function awaitMoment(moment: KillMoment, { witness, proxies, random }: MomentSources): AwaitedMoment {
  const done = new AbortController();
  const viewerMoment = VIEWER_MOMENTS[moment];
  const chainMoment = CHAIN_MOMENTS[moment];
  const come = async (): Promise<number | undefined> => {
    if (chainMoment !== undefined) {
      const [method, when] = chainMoment;
      const process = await chainCall(method, when, moment === "after a settlement was sent");
      if (moment === "after a settlement was sent") await sleep(random.between(0, LONGEST_MS));
      return process;
    }
    for (let passing = random.between(0, MOST_ACKNOWLEDGEMENTS); passing > 0; passing--) await viewer("acknowledged");
    if (viewerMoment !== undefined) await viewer(viewerMoment);
    // An acknowledgement counts from the moment that it was read, so there is no time to lose.
    if (moment !== "right after an acknowledgement") await sleep(random.between(0, delays[moment] ?? LONGEST_MS));
    return undefined;
  };

  const viewer = async (next: ViewerMoment): Promise<void> => {
    await new Promise<void>((resolve) => {
      witness.once(next, resolve);
    });
  };
  /** The first process that calls this method. Its call is held up, unless it may pass. */
  const chainCall = async (method: string, when: "asked" | "answered", mayPass: boolean): Promise<number> =>
    new Promise((resolve) => {
      for (const [i, proxy] of proxies.entries()) {
        proxy.onCall = (called, at) => {
          if (called !== method || at !== when) return undefined;
          resolve(i);
          return mayPass ? undefined : aborted(done.signal);
        };
      }
    });
  const patience = sleep(PATIENCE_MS, undefined, { signal: done.signal, ref: false });
  return {
    come: Promise.race([come(), patience.catch(() => undefined)]),
    release() {
      for (const proxy of proxies) proxy.onCall = undefined;
      done.abort();
    },
  };
}

/** Rejects when the signal comes: what is held up goes no further. */
async function aborted(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      reject(signal.reason as DOMException);
    });
  });
}
