import { isHex, parseDeployment, WeirError } from "weir/core";
import type { Address, Deployment } from "weir/core";

/** A relay that the page knows by name. */
export interface NamedRelay {
  /** Its origin. */
  readonly origin: string;
  readonly name: string;
}

/** A stream that the page offers. */
export interface OfferedStream {
  readonly title: string;
  /** What it is, in a sentence. */
  readonly about: string;
  /** Whose signature the manifest must carry. */
  readonly publisher: Address;
  /** The publisher's name for it. */
  readonly name: string;
  /** Path of the manifest on every relay. */
  readonly manifest: string;
  /** The playlist, relative to the manifest. */
  readonly playlist: string;
  /** A picture of it, on the page's own server. */
  readonly poster?: string;
}

/** Through whom viewers find each other. All of them learn the viewer's IP address. */
export interface PeerSettings {
  /** WebTorrent trackers: `wss://tracker.example`. */
  readonly trackers: readonly string[];
  /** For viewers behind routers: STUN and TURN servers. */
  readonly iceServers: readonly RTCIceServer[];
}

/** What a faucet gives: test tokens, or coin to pay for a few transactions. */
export type Gift = "tokens" | "coin";

/** What the page is told by whoever serves it: as trusted as its own code, which comes from there too. */
export interface PlayerConfig {
  readonly deployment: Deployment;
  /** JSON-RPC of the chain. */
  readonly rpc: string;
  readonly streams: readonly OfferedStream[];
  readonly relays: readonly NamedRelay[];
  /** Tokens in the session's account and most per GiB, as decimal numbers; both can be changed on the page. */
  readonly budget: string;
  readonly maxPricePerGiB: string;
  /** Where a `Gift` is given away, on a local chain alone. */
  readonly faucet?: string;
  /** How viewers find each other; without it the page has no switch for swapping segments. */
  readonly peers?: PeerSettings;
  /** The page of a relay's operator. */
  readonly operatorPage?: string;
}

/** Loads what the page is to offer. @throws WeirError `malformed-message` */
export async function loadConfig(): Promise<PlayerConfig> {
  const response = await fetch("player.json");
  if (!response.ok) throw new WeirError("malformed-message", `player.json answered ${response.status}`);
  const config = (await response.json()) as PlayerConfig;
  for (const { publisher } of config.streams) {
    if (!isHex(publisher, 20)) throw new WeirError("malformed-message", "a publisher in player.json is no address");
  }
  return { ...config, deployment: parseDeployment(config.deployment) };
}
