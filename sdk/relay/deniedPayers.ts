import { WeirError } from "../core/index.ts";
import type { Address } from "../core/index.ts";
import type { Channels } from "./channels.ts";
import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";
import type { RelayStore } from "./store/relayStore.ts";

/** What denying payers needs from its relay. */
export interface DeniedPayersContext {
  readonly store: RelayStore;
  readonly channels: Channels;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps out the payers that the operator denied. What they owe is taken and settled all the same. */
export interface DeniedPayers {
  /** @throws WeirError `payer-denied`, or `storage-failed` */
  readonly assertAllowed: (signer: Address) => Promise<void>;
  /** Ends the sessions of payers that were denied since they opened them. */
  readonly sweep: () => Promise<void>;
}

/** The denied payers of a relay; its operator writes who they are through `RelayRecords`. */
export function openDeniedPayers({ channels, clock, logger, store }: DeniedPayersContext): DeniedPayers {
  return {
    async assertAllowed(signer) {
      if (await store.isDenied(signer)) throw new WeirError("payer-denied");
    },
    async sweep() {
      for (const { state } of await store.listChannels({ type: "denied" })) {
        const { signer } = state.channel;
        // Transfers under way come to their end: cutting them off would only lose the receipt for what was sent.
        await channels.step(state.id, ({ session }) =>
          session === undefined ? undefined : { type: "end", session, now: clock() },
        );
        logger.info({ channel: state.id, signer }, "the session of a denied payer is ended");
      }
    },
  };
}
