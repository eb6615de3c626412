import type Hls from "hls.js";
import type { CoreConfig, CoreEventMap, DynamicCoreConfig } from "p2p-media-loader-core";
import type { SwarmEngine } from "../../../../sdk/viewer/p2p/index.ts";

/** Stands in for p2p-media-loader: keeps what it is told, and says what a test wants. */
export interface FakeEngine {
  readonly Engine: SwarmEngine;
  readonly core: () => CoreConfig;
  readonly dynamic: DynamicCoreConfig[];
  /** What it was given for hls.js. */
  readonly bound: Hls[];
  readonly destroyed: () => number;
  readonly tell: <Name extends keyof CoreEventMap>(name: Name, ...args: Parameters<CoreEventMap[Name]>) => void;
  /** Connections where the real engine has them. */
  readonly peers: Map<string, { readonly peer: { destroy(): void } }>;
  /** Moves them to where nobody looks. */
  readonly hidePeers: () => void;
}

/** An engine without a network. */
export function fakeEngine(loaders: object = {}): FakeEngine {
  const listeners: [string, (...args: never[]) => unknown][] = [];
  const dynamic: DynamicCoreConfig[] = [];
  const bound: Hls[] = [];
  const peers: FakeEngine["peers"] = new Map();
  const loader = { loader: { trackerClient: { _peers: peers } } };
  const inner: { mainStreamLoader?: object } = {
    mainStreamLoader: { p2pLoaders: { loaders: new Map([["v", loader]]) } },
  };
  let core: CoreConfig = {};
  let destroyed = 0;

  class Engine {
    readonly core = inner;
    constructor(config: { readonly core?: CoreConfig } = {}) {
      core = config.core ?? {};
    }
    addEventListener(name: string, listener: (...args: never[]) => unknown): void {
      listeners.push([name, listener]);
    }
    applyDynamicConfig(config: { readonly core?: DynamicCoreConfig }): void {
      dynamic.push(config.core ?? {});
    }
    bindHls(hls: unknown): void {
      bound.push(hls as Hls);
    }
    destroy(): void {
      destroyed += 1;
    }
    getConfigForHlsJs(): object {
      return loaders;
    }
  }

  return {
    Engine: Engine as unknown as SwarmEngine,
    core: () => core,
    destroyed: () => destroyed,
    ...{ bound, dynamic, peers },
    hidePeers() {
      delete inner.mainStreamLoader;
    },
    tell(name, ...args) {
      for (const [heard, listener] of listeners) if (heard === name) listener(...(args as unknown as never[]));
    },
  };
}
