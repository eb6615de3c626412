import type { Channel, Hex } from "../../sdk/core/index.ts";
import { channelId } from "../../sdk/core/index.ts";
import { parseAuthorization, parseReceiptAnswer, parseReceiptPost, parseSessionAnswer } from "../../sdk/http/index.ts";
import type { ViewerOptions } from "../../sdk/viewer/index.ts";
import { sentCredential } from "../helpers/sentCredential.ts";

/** What a viewer is in the middle of. */
export type ViewerMoment =
  /** A receipt has left. */
  | "posting"
  /** A receipt was acknowledged, this very moment. */
  | "acknowledged"
  /** The first bytes of a resource have come. */
  | "receiving";

/** A relay's promise that what a viewer signed is safe. */
export interface Acknowledgement {
  readonly channel: Hex;
  readonly deliveredBytes: bigint;
  /** Whether the receipt came in a post: then the relay's log must have it, with what it was for. */
  readonly posted: boolean;
}

/**
 * What relays told viewers, read from the wire: neither a relay nor the books of a viewer have a say in it.
 */
export interface Witness {
  /** For viewers to ask relays with. */
  readonly fetch: NonNullable<ViewerOptions["fetch"]>;
  readonly acknowledgements: readonly Acknowledgement[];
  /** The highest receipt that ever left a viewer, by channel; whether it arrived is not known. */
  readonly signed: ReadonlyMap<Hex, bigint>;
  /** Every channel that a session was asked for. */
  readonly channels: ReadonlyMap<Hex, Channel>;
  /** Calls once, the next time that a viewer is in the middle of this. */
  readonly once: (moment: ViewerMoment, listener: () => void) => void;
}

/** Digits of a channel's id, with which every session token begins. */
const ID_DIGITS = 64;

/** A witness that has seen nothing yet. */
export function openWitness(): Witness {
  const acknowledgements: Acknowledgement[] = [];
  const signed = new Map<Hex, bigint>();
  const channels = new Map<Hex, Channel>();
  const listeners = new Map<ViewerMoment, readonly (() => void)[]>();

  const happened = (moment: ViewerMoment): void => {
    const waiting = listeners.get(moment);
    listeners.delete(moment);
    for (const listener of waiting ?? []) listener();
  };
  const noteSigned = (channel: Hex, bytes: bigint): void => {
    if (bytes > (signed.get(channel) ?? 0n)) signed.set(channel, bytes);
  };
  const noteAcknowledged = (noted: Acknowledgement): void => {
    if (noted.deliveredBytes === 0n) return;
    acknowledgements.push(noted);
    happened("acknowledged");
  };

  const post: Witness["fetch"] = async (url, init) => {
    const { step, token } = parseReceiptPost(bodyText(init));
    const channel: Hex = `0x${token.slice(0, ID_DIGITS)}`;
    const bytes = step?.receipt.deliveredBytes;
    if (bytes !== undefined) noteSigned(channel, bytes);
    const asked = fetch(url, init);
    if (bytes !== undefined) happened("posting");
    const { answer, text } = await readAnswer(await asked);
    if (answer.status === 200) {
      const { deliveredBytes } = parseReceiptAnswer(text).acknowledged;
      noteAcknowledged({ channel, deliveredBytes, posted: deliveredBytes === bytes });
    }
    return answer;
  };

  const open: Witness["fetch"] = async (url, init) => {
    const authorization = sentCredential(init);
    const payload = authorization === undefined ? undefined : parseAuthorization(authorization)?.payload;
    if (payload === undefined) return fetch(url, init);
    const id = channelId(payload.channel);
    channels.set(id, payload.channel);
    if (payload.receipt !== undefined) noteSigned(id, payload.receipt.deliveredBytes);
    const { answer, text } = await readAnswer(await fetch(url, init));
    if (answer.status === 201) {
      const { deliveredBytes } = parseSessionAnswer(text).acknowledged;
      noteAcknowledged({ channel: id, deliveredBytes, posted: false });
    }
    return answer;
  };

  return {
    acknowledgements,
    signed,
    channels,
    async fetch(url, init) {
      const { pathname } = new URL(url);
      if (pathname === "/weir/receipts") return post(url, init);
      if (pathname === "/weir/sessions") return open(url, init);
      const answer = await fetch(url, init);
      if (answer.status === 200) happened("receiving");
      return answer;
    },
    once(moment, listener) {
      listeners.set(moment, [...(listeners.get(moment) ?? []), listener]);
    },
  };
}

function bodyText(init: RequestInit | undefined): string {
  if (typeof init?.body !== "string") throw new TypeError("the body of a post is no text");
  return init.body;
}

/** An acknowledgement counts from when its last byte was read, so it is read here, and handed on as it was. */
async function readAnswer(response: Response): Promise<{ readonly answer: Response; readonly text: string }> {
  const text = await response.text();
  const { headers, status, statusText } = response;
  return { text, answer: new Response(text, { headers, status, statusText }) };
}
