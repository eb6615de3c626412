import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import proxyAddr from "proxy-addr";
import { WeirError } from "../core/index.ts";

/** Finds out who a client is. */
export interface ClientAddress {
  /** The address of whoever sent a request: the last one on its way that is no trusted proxy. */
  readonly addressOf: (incoming: IncomingMessage) => string | undefined;
  /** Whether an address is one of a trusted proxy. */
  readonly isTrusted: (address: string) => boolean;
}

/**
 * Believes `X-Forwarded-For` as far as trusted proxies wrote it.
 *
 * @param trustedProxies addresses, networks such as `10.0.0.0/8`, `loopback`, `linklocal` or `uniquelocal`
 * @throws WeirError `malformed-message` for anything else
 */
export function clientAddress(trustedProxies: readonly string[]): ClientAddress {
  let trust: (address: string, distance: number) => boolean;
  try {
    trust = proxyAddr.compile([...trustedProxies]);
  } catch (cause) {
    throw new WeirError("malformed-message", "a trusted proxy is an address, a network, or a range such as loopback", {
      cause,
    });
  }
  return {
    addressOf(incoming) {
      const { remoteAddress } = incoming.socket;
      if (remoteAddress === undefined) return undefined;
      const address = proxyAddr(incoming, trust);
      // A proxy that forwards a name or a port tells nothing that can be counted.
      return isIP(address) === 0 ? remoteAddress : address;
    },
    isTrusted: (address) => trust(address, 0),
  };
}
