import type { FragmentLoaderContext, HlsConfig, LoaderCallbacks, LoaderConfiguration } from "hls.js";
import type { SwarmLedger } from "./swarmLedger.ts";
import { hlsRange, readSegmentKey, segmentKey } from "./segmentKey.ts";

/** The part of an hls.js configuration that says how things are loaded; see `hlsConfig` of `weir/viewer/hls`. */
export type HlsLoaders = Required<Pick<HlsConfig, "loader" | "fLoader" | "pLoader">>;

type FragmentLoaderClass = HlsLoaders["fLoader"];
type FragmentCallbacks = LoaderCallbacks<FragmentLoaderContext>;

/**
 * hls.js's loaders with the swarm between player and viewer. Of the engine's loaders, which ask the loader that is configured
 * when there is nothing to share, these are the viewer's in turn.
 *
 * @param own those of the viewer, for everything that peers don't have
 * @param engine those of the engine
 */
export function sharedLoaders(
  own: HlsLoaders,
  engine: Pick<HlsLoaders, "fLoader" | "pLoader">,
  ledger: SwarmLedger,
): HlsLoaders {
  const OwnFragmentLoader = relayLoader(own.fLoader, ledger);
  return {
    loader: own.loader,
    pLoader: class extends engine.pLoader {
      constructor(config: HlsConfig) {
        super({ ...config, loader: own.pLoader });
      }
    },
    fLoader: class extends engine.fLoader {
      constructor(config: HlsConfig) {
        super({ ...config, loader: OwnFragmentLoader });
      }

      override load(context: FragmentLoaderContext, config: LoaderConfiguration, callbacks: FragmentCallbacks): void {
        const { rangeEnd, rangeStart, url, ...rest } = context;
        const key = segmentKey(url, hlsRange(rangeStart, rangeEnd));
        super.load({ ...rest, url: key }, config, counted(key, context, callbacks, ledger));
      }
    },
  };
}

/** The viewer's loader, for what the engine leaves to it. */
function relayLoader(Own: FragmentLoaderClass, ledger: SwarmLedger): FragmentLoaderClass {
  return class extends Own {
    override load(context: FragmentLoaderContext, config: LoaderConfiguration, callbacks: FragmentCallbacks): void {
      const { url, range } = readSegmentKey(context.url);
      const part = range && { rangeStart: range.first, rangeEnd: range.last + 1 };
      ledger.arrived(context.url, "relays");
      super.load({ ...context, url, ...part }, config, callbacks);
    }
  };
}

/** Callbacks that know nothing of keys. */
function counted(
  key: string,
  context: FragmentLoaderContext,
  callbacks: FragmentCallbacks,
  ledger: SwarmLedger,
): FragmentCallbacks {
  const { onAbort, onError, onProgress, onSuccess, onTimeout } = callbacks;
  return {
    onSuccess(response, stats, _context, details) {
      const { data } = response;
      if (data instanceof ArrayBuffer) ledger.played(key, data.byteLength);
      onSuccess(
        { ...response, url: context.url, ...(data !== undefined && { data: copied(data) }) },
        stats,
        context,
        details,
      );
    },
    onError(error, _context, details, stats) {
      onError(error, context, details, stats);
    },
    onTimeout(stats, _context, details) {
      onTimeout(stats, context, details);
    },
    onAbort(stats, _context, details) {
      onAbort?.(stats, context, details);
    },
    ...(onProgress && {
      onProgress(stats, _context, data, details) {
        onProgress(stats, context, copied(data), details);
      },
    }),
  };
}

/**
 * hls.js gives what it gets away to its worker, after which it is gone from the page. p2p-media-loader keeps the same bytes for
 * peers.
 */
function copied<Data>(data: Data): Data {
  return data instanceof ArrayBuffer ? (data.slice(0) as Data) : data;
}
