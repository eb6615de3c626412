import type { Hex } from "../core/hex.ts";
import type { SignedDelivery } from "../core/signedDelivery.ts";
import type { WeirError } from "../core/weirError.ts";
import type { WeirErrorCode } from "../core/errorCatalogue.ts";
import type { Listeners } from "./listeners.ts";

/** What a viewer tells about its work. `relay` is an origin; sizes are bytes; amounts are token base units. */
export type ViewerEvent =
  /** A manifest was checked and is in use. */
  | { readonly type: "manifest"; readonly relay: string; readonly root: Hex; readonly sequence: bigint }
  /**
   * The publisher's last manifest has run out, at this time in seconds since the epoch, and no relay has a newer one. Nothing
   * is played until `manifest` tells that it signs again.
   */
  | { readonly type: "expired"; readonly notAfter: bigint }
  /** A session is open. */
  | { readonly type: "opened"; readonly relay: string; readonly pricePerGiB: bigint; readonly channelId: Hex }
  /** A resource arrived and is what the manifest says. */
  | {
      readonly type: "verified";
      readonly relay: string;
      readonly name: string;
      readonly bytes: number;
      readonly milliseconds: number;
    }
  /**
   * A resource arrived and is something else; it is not paid for. If the agent that the relay names signed anything but what
   * the manifest lists, `proof` is what a dispute needs.
   */
  | {
      readonly type: "corrupt";
      readonly relay: string;
      readonly name: string;
      readonly bytes: number;
      readonly proof?: SignedDelivery;
    }
  /** A resource was late; another relay was asked too. */
  | { readonly type: "hedged"; readonly name: string; readonly from: string; readonly to: string }
  /** Something that was asked of a relay did not work; another will be asked, or it will be tried again. */
  | { readonly type: "failed"; readonly relay: string; readonly what: string; readonly error: WeirError }
  /** The relay acknowledged a receipt over so many bytes since the channel began. */
  | { readonly type: "paid"; readonly relay: string; readonly deliveredBytes: bigint; readonly amount: bigint }
  /** A `Fund` was signed and sent. */
  | { readonly type: "funded"; readonly relay: string; readonly total: bigint }
  /** The relay will not be asked again, for a while or for good. */
  | { readonly type: "dropped"; readonly relay: string; readonly code: WeirErrorCode }
  /** Everything that was verified is acknowledged, and the session has ended. */
  | { readonly type: "ended"; readonly relay: string };

/** Hears everything. What it throws is reported as uncaught and disturbs nothing. */
export type ViewerListener = (event: ViewerEvent) => void;

/** Listeners, and the way to tell them. */
export type ViewerEvents = Listeners<ViewerEvent>;
