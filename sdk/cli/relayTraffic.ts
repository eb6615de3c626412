import { isIP } from "node:net";
import type { RelayCacheOptions, RelayLimitOptions } from "../relay/index.ts";
import type { ListenOptions } from "../servers/index.ts";
import type { Config } from "./loadConfig.ts";

/** What the settings say about the traffic of a relay. */
export interface RelayTraffic {
  /** For the server in front of the relay. */
  readonly server: Required<Pick<ListenOptions, "maxConnections" | "connectionsPerAddress" | "trustedProxies">>;
  readonly limits: RelayLimitOptions;
  readonly cache: RelayCacheOptions | undefined;
}

/** The limits and the cache that the settings name. */
export function relayTraffic(config: Config): RelayTraffic {
  const folder = config.get("relay.cacheFolder");
  return {
    server: {
      maxConnections: config.require("relay.maxConnections"),
      connectionsPerAddress: config.require("relay.connectionsPerAddress"),
      trustedProxies: config.require("relay.trustedProxies"),
    },
    limits: {
      cacheBytes: config.require("relay.memory"),
      sessionsPerAddress: config.require("relay.sessionsPerAddress"),
      sessionsPerMinute: config.require("relay.sessionsPerMinute"),
      receiptsPerSecond: config.require("relay.receiptsPerSecond"),
    },
    cache: folder === undefined ? undefined : { folder, maxBytes: config.require("relay.cacheSize") },
  };
}

/**
 * Whether every viewer will look like one address of this machine: a proxy stands before the relay, and nothing says whom it
 * speaks for. Limits by address do nothing then.
 */
export function hidesClients({ server }: RelayTraffic, hostname = "127.0.0.1", publicUrl?: string): boolean {
  return server.trustedProxies.length === 0 && isLoopback(hostname) && !isLoopback(hostOf(publicUrl));
}

function hostOf(publicUrl: string | undefined): string {
  return publicUrl === undefined ? "localhost" : new URL(publicUrl).hostname.replace(/^\[|\]$/g, "");
}

function isLoopback(host: string): boolean {
  return isIP(host) === 0
    ? host === "localhost" || host.endsWith(".localhost")
    : host === "::1" || host.startsWith("127.");
}
