import { channelId } from "../core/index.ts";
import type { Acknowledged, SignedFund } from "../core/index.ts";
import type { ChainView, RelayChannel } from "./relayChannel.ts";
import { channelFields, readChannel, readState } from "./stateReader.ts";
import type { StateReader } from "./stateReader.ts";

const VERSION = 1;

/** A relay's state of a channel as one line of text. The same state always gives the same text. */
export function encodeRelayChannel(state: RelayChannel): string {
  const { acknowledged, fund, chain } = state;
  return JSON.stringify([
    VERSION,
    ...channelFields(state.channel),
    state.seed,
    state.session ?? null,
    state.endedAt,
    state.startingCredit.toString(),
    acknowledged.deliveredBytes.toString(),
    acknowledged.segmentsRoot,
    acknowledged.signature ?? null,
    ...(fund ? [fund.total.toString(), fund.validUntil, fund.signature] : [null]),
    state.served.toString(),
    state.forgiven.toString(),
    state.recoveredAt,
    state.transfers.map(({ id, size }) => [id, size.toString()]),
    chain.block,
    chain.deposit.toString(),
    chain.settledBytes.toString(),
    chain.closeRequestedAt,
    chain.closed,
    chain.balance.toString(),
    state.finished,
    state.settling.toString(),
    state.closing,
    state.funding.toString(),
    state.unsettledSince,
    // Last, and left out where there is none: states that were written before there were eras and times read the same.
    ...(chain.era === undefined && chain.time === undefined && !state.released ? [] : [chain.era ?? null]),
    ...(chain.time === undefined && !state.released ? [] : [chain.time ?? null]),
    ...(state.released ? [true] : []),
  ]);
}

/**
 * The state that `encodeRelayChannel` wrote. After a crash, step it with `recover` first.
 *
 * @throws WeirError `malformed-message` for anything else, another version included
 */
export function decodeRelayChannel(encoded: string): RelayChannel {
  const reader = readState(encoded, VERSION);
  const channel = readChannel(reader);
  const beforeEra: RelayChannel = {
    id: channelId(channel),
    channel,
    seed: reader.hex(32),
    session: reader.absent() ? undefined : reader.text(),
    endedAt: reader.integer(),
    startingCredit: reader.uint(96),
    acknowledged: readAcknowledged(reader),
    fund: reader.absent() ? undefined : readFund(reader),
    served: reader.uint(96),
    forgiven: reader.uint(96),
    recoveredAt: reader.integer(),
    transfers: reader.list((transfer) => ({ id: transfer.text(), size: transfer.uint(64) })),
    chain: readChainView(reader),
    finished: reader.flag(),
    settling: reader.uint(64),
    closing: reader.flag(),
    funding: reader.uint(96),
    unsettledSince: reader.integer(),
  };
  if (reader.isAtEnd()) return beforeEra;
  const era = reader.absent() ? {} : { era: reader.integer() };
  const hasTime = !("era" in era && reader.isAtEnd()) && !reader.absent();
  const time = hasTime ? { time: reader.integer() } : {};
  // Without a time there must be a reason to say so.
  const isReleased = "time" in time || "era" in era ? !reader.isAtEnd() && reader.flag() : reader.flag();
  reader.end();
  const released = isReleased ? ({ released: true } as const) : {};
  return { ...beforeEra, ...released, chain: { ...beforeEra.chain, ...era, ...time } };
}

function readAcknowledged(reader: StateReader): Acknowledged {
  const totals = { deliveredBytes: reader.uint(64), segmentsRoot: reader.hex(32) };
  return reader.absent() ? totals : { ...totals, signature: reader.hex(64) };
}

function readFund(reader: StateReader): SignedFund {
  return { total: reader.uint(96), validUntil: reader.integer(), signature: reader.hex(64) };
}

function readChainView(reader: StateReader): ChainView {
  return {
    block: reader.integer(),
    deposit: reader.uint(96),
    settledBytes: reader.uint(64),
    closeRequestedAt: reader.integer(),
    closed: reader.flag(),
    balance: reader.uint(96),
  };
}
