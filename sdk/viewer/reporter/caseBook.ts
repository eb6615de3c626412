import type { Address } from "../../core/hex.ts";
import type { WeirError } from "../../core/weirError.ts";
import { asWeirError } from "../asWeirError.ts";
import { stored } from "../viewerStore.ts";
import type { ViewerStore } from "../viewerStore.ts";
import { decodeCase, encodeCase } from "./disputeCase.ts";
import type { DisputeCase } from "./disputeCase.ts";

/** The cases of a reporter, one for each agent, in memory and in its store. Agents are in lower case. */
export interface CaseBook {
  /** Reads what an earlier reporter left, all that can be read. @throws WeirError `storage-failed` if that is not all */
  load(): Promise<void>;
  agents(): Address[];
  get(agent: Address): DisputeCase | undefined;
  /** Opens a case in memory; `false` if the agent has one, is done with, or there are too many. */
  open(found: DisputeCase): boolean;
  /** Resolves when it is in the store. @throws WeirError `storage-failed` */
  save(current: DisputeCase): Promise<void>;
  /** Closes a case: this agent is not taken on again. @throws WeirError `storage-failed` */
  finish(agent: Address): Promise<void>;
}

/** Cases open at a time, and agents remembered that are done with. */
const MAX_OPEN = 64;
const MAX_DONE = 1_024;

/** @param prefix of the keys in the store */
export function caseBook(store: ViewerStore, prefix: string): CaseBook {
  const cases = new Map<Address, DisputeCase>();
  const written = new Map<Address, string>();
  const done = new Set<Address>();

  return {
    async load() {
      let failure: WeirError | undefined;
      for (const [, text] of await stored(store.entries(prefix))) {
        try {
          const found = decodeCase(text);
          const { agent } = found.contradiction;
          cases.set(agent, found);
          written.set(agent, text);
        } catch (error) {
          failure = asWeirError(error);
        }
      }
      if (failure !== undefined) throw failure;
    },
    agents: () => [...cases.keys()],
    get: (agent) => cases.get(agent),
    open(found) {
      const { agent } = found.contradiction;
      if (cases.has(agent) || done.has(agent) || cases.size >= MAX_OPEN) return false;
      cases.set(agent, found);
      return true;
    },
    async save(current) {
      const { agent } = current.contradiction;
      cases.set(agent, current);
      const text = encodeCase(current);
      if (written.get(agent) === text) return;
      await stored(store.set(prefix + agent, text));
      written.set(agent, text);
    },
    async finish(agent) {
      await stored(store.delete(prefix + agent));
      cases.delete(agent);
      written.delete(agent);
      done.add(agent);
      for (const oldest of done) {
        if (done.size <= MAX_DONE) break;
        done.delete(oldest);
      }
    },
  };
}
