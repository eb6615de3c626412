import { channelId, errorCatalogue, WeirError } from "../core/index.ts";
import type { WeirErrorCode } from "../core/index.ts";
import { appendEntries } from "./adoptClaim.ts";
import { channelFields, readChannel, readState } from "./stateReader.ts";
import type { StateReader } from "./stateReader.ts";
import { newViewerChannel, verifiedTotals } from "./viewerChannel.ts";
import type { UnsignedFund, ViewerChannel } from "./viewerChannel.ts";

const VERSION = 1;

/**
 * A viewer's state of a channel as one line of text: what outlives the page. The session, what is under way and what the
 * relay said are left out; they are found out again. It holds no key and no signature.
 */
export function encodeViewerChannel(state: ViewerChannel): string {
  const { acknowledged, fund, phase, reason } = state;
  return JSON.stringify([
    VERSION,
    ...channelFields(state.channel),
    state.seed,
    acknowledged.deliveredBytes.toString(),
    acknowledged.segmentsRoot,
    state.pending.map(({ entry }) => [entry.resource, entry.contentHash, entry.size.toString()]),
    ...(fund ? [fund.total.toString(), fund.validUntil] : [null]),
    ...(phase === "over" || phase === "dropped" ? [phase, reason ?? null, state.retryAt] : [null]),
  ]);
}

/**
 * The state to go on from. Any text that `encodeViewerChannel` ever wrote for the channel is safe, however old: what may
 * have been signed since is taken into account when the relay states its claim. Only the budget needs the newest text
 * that a `persist` effect asked for.
 *
 * @throws WeirError `malformed-message` for anything else, another version included
 */
export function decodeViewerChannel(encoded: string): ViewerChannel {
  const reader = readState(encoded, VERSION);
  const channel = readChannel(reader);
  const seed = reader.hex(32);
  const acknowledged = { deliveredBytes: reader.uint(64), segmentsRoot: reader.hex(32) };
  const entries = reader.list((entry) => ({
    resource: entry.hex(32),
    contentHash: entry.hex(32),
    size: entry.uint(64),
  }));
  const pending = appendEntries(acknowledged, entries);
  const fund = reader.absent() ? undefined : readFund(reader);
  const standing = reader.absent() ? undefined : readStanding(reader);
  reader.end();
  const state = {
    ...newViewerChannel(channel, seed),
    id: channelId(channel),
    acknowledged,
    pending,
    fund,
    ...standing,
  };
  // Every entry may be in a receipt that left after this was written.
  return { ...state, exposed: pending.length, requested: verifiedTotals(state).deliveredBytes };
}

function readFund(reader: StateReader): UnsignedFund {
  return { total: reader.uint(96), validUntil: reader.integer() };
}

function readStanding(reader: StateReader): Pick<ViewerChannel, "phase" | "reason" | "retryAt"> {
  const phase = reader.text();
  if (phase !== "over" && phase !== "dropped") throw new WeirError("malformed-message", `no phase ${phase}`);
  const reason = reader.absent() ? undefined : reader.text();
  if (reason !== undefined && !isCode(reason)) throw new WeirError("malformed-message", `no code ${reason}`);
  return { phase, reason, retryAt: reader.integer() };
}

function isCode(text: string): text is WeirErrorCode {
  return Object.hasOwn(errorCatalogue, text);
}
