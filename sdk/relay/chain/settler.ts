import { domainSeparator, paymentChannelsDomain, setKeccak256 } from "../../core/index.ts";
import { defaultRelayPolicy } from "../../exchange/index.ts";
import { loadFastKeccak256 } from "../../internal/fastKeccak256.ts";
import { loadFastSecp256k1 } from "../../internal/nativeSecp256k1.ts";
import { openChannels } from "../channels.ts";
import { systemClock } from "../clock.ts";
import { silentLogger } from "../logger.ts";
import { guardedListener } from "../relayEvents.ts";
import { DEFAULT_LIMITS, resolveCollect } from "../relayOptions.ts";
import type { RelayCollectOptions, RelayOptions } from "../relayOptions.ts";
import { openChainEras } from "./chainEras.ts";
import { openCollector } from "./collector.ts";
import { openWatcher } from "./watcher.ts";

/** What a settler needs: a relay's options without what serves. */
export interface SettlerOptions extends Pick<
  RelayOptions,
  "deployment" | "payee" | "store" | "chain" | "policy" | "logger" | "onEvent" | "clock"
> {
  readonly collect: RelayCollectOptions;
}

/** Collects for a relay that does not run. */
export interface Settler {
  /** Looks at the chain, sees what became of the last transaction, and sends the next if one is due. */
  readonly round: () => Promise<void>;
  /** Ends it and closes the store. A transaction that is on its way is taken up by whoever collects next. */
  readonly stop: () => Promise<void>;
}

/**
 * The part of a relay that settles, on its store and with its agent's key, while no relay process runs on that store.
 *
 * @throws WeirError `storage-failed` if a relay holds the store, `wrong-signer`, `wrong-contract`, `chain-unavailable`
 * @example
 * const settler = await openSettler({ deployment, payee, store, chain, collect });
 * await settler.round();
 * await settler.stop();
 */
export async function openSettler(options: SettlerOptions): Promise<Settler> {
  const { deployment, payee, store, logger = silentLogger, clock = systemClock } = options;
  const collect = resolveCollect(options.collect, deployment);
  const emit = guardedListener(options.onEvent, logger);
  const policy = { ...defaultRelayPolicy, ...options.policy };
  await store.start();
  try {
    setKeccak256(await loadFastKeccak256());
    const { backend } = await loadFastSecp256k1();
    await options.chain.verify({ payee, agent: collect.wallet.address });
    const eras = await openChainEras(options.chain, store);
    const channels = openChannels({
      store,
      env: { domain: domainSeparator(paymentChannelsDomain(deployment)), policy, secp256k1: backend },
      clock,
      emit,
      onCollect: () => undefined,
      maxCached: DEFAULT_LIMITS.cachedChannels,
    });
    const watcher = openWatcher({ eras, channels, store, payee, clock, logger, emit });
    const collector = openCollector({
      ...{ deployment, chain: eras.chain, collect, policy, channels, store, watcher, clock, logger, emit },
      onCall: () => undefined,
    });
    return {
      async round() {
        await watcher.look();
        await collector.round();
      },
      async stop() {
        await collector.stop();
        await store.stop();
      },
    };
  } catch (error) {
    await store.stop();
    throw error;
  }
}
