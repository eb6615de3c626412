import type {
  Acknowledged,
  Channel,
  Hex,
  ReceiptStep,
  SignedFund,
  SignedTotals,
  WeirErrorCode,
} from "../../../../sdk/core/index.ts";
import type { RelayStatement } from "../../../../sdk/exchange/index.ts";

/** A request of the HTTP protocol, reduced to what the exchange needs. */
export type Request =
  | {
      readonly type: "open";
      readonly channel: Channel;
      readonly seed: Hex;
      readonly receipt?: SignedTotals;
      readonly fund?: SignedFund;
    }
  | { readonly type: "get"; readonly channel: Channel; readonly session: string; readonly resource: number }
  | {
      readonly type: "post";
      readonly channel: Channel;
      readonly session: string;
      readonly step?: ReceiptStep;
      readonly fund?: SignedFund;
      readonly end?: true;
    };

/** The answer to a request. A `body` that is not whole was cut off by the network or by the relay. */
export type Response =
  | { readonly type: "opened"; readonly session: string; readonly statement: RelayStatement }
  | { readonly type: "body"; readonly bytes: Uint8Array; readonly whole: boolean }
  | { readonly type: "posted"; readonly statement: RelayStatement }
  | { readonly type: "refused"; readonly code: WeirErrorCode; readonly acknowledged?: Acknowledged };

/** A message on its way. `request` pairs an answer with its request. */
export type Message =
  | {
      readonly to: "relay";
      readonly relay: number;
      readonly viewer: number;
      readonly request: number;
      readonly content: Request;
    }
  | {
      readonly to: "viewer";
      readonly relay: number;
      readonly viewer: number;
      readonly request: number;
      readonly content: Response;
    };

/** Messages under way: every one may be delayed, overtaken, doubled or lost. */
export class Network {
  readonly #messages: Message[] = [];

  get size(): number {
    return this.#messages.length;
  }

  send(message: Message): void {
    this.#messages.push(message);
  }

  take(position: number): Message | undefined {
    if (this.#messages.length === 0) return undefined;
    return this.#messages.splice(position % this.#messages.length, 1)[0];
  }

  peek(position: number): Message | undefined {
    return this.#messages[position % Math.max(1, this.#messages.length)];
  }
}
