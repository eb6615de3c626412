import { expect } from "chai";
import fc from "fast-check";
import {
  decodeRelayChannel,
  decodeViewerChannel,
  encodeRelayChannel,
  encodeViewerChannel,
  newRelayChannel,
  newViewerChannel,
  verifiedTotals,
} from "../../../sdk/exchange/index.ts";
import type { RelayChannel, ViewerChannel } from "../../../sdk/exchange/index.ts";
import { channelId, errorCatalogue } from "../../../sdk/core/index.ts";
import type { Channel, WeirErrorCode } from "../../../sdk/core/index.ts";
import { address, bytes32, hexOf, hostile, uint } from "../../helpers/arbitraries.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { channel, SEED } from "./fixtures.ts";
import { appendEntries } from "../../../sdk/exchange/adoptClaim.ts";

const time = fc.nat({ max: 2 ** 40 });
const descriptor: fc.Arbitrary<Channel> = fc.record({
  signer: address,
  payee: address,
  pricePerGiB: uint(96),
  gracePeriod: fc.nat({ max: 2_592_000 }),
  nonce: uint(64),
});
const totals = fc.record({ deliveredBytes: uint(64), segmentsRoot: bytes32 });
const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });

const relayChannel: fc.Arbitrary<RelayChannel> = fc
  .record({
    channel: descriptor,
    released: fc.boolean(),
    seed: bytes32,
    session: optional(fc.string()),
    endedAt: time,
    startingCredit: uint(96),
    acknowledged: fc.oneof(
      totals,
      fc.tuple(totals, hexOf(64)).map(([sum, signature]) => ({ ...sum, signature })),
    ),
    fund: optional(fc.record({ total: uint(96), validUntil: time, signature: hexOf(64) })),
    served: uint(96),
    forgiven: uint(96),
    recoveredAt: time,
    transfers: fc.array(fc.record({ id: fc.string(), size: uint(64) }), { maxLength: 16 }),
    chain: fc.record(
      {
        block: fc.integer({ min: -1, max: 2 ** 40 }),
        era: fc.nat(),
        time,
        deposit: uint(96),
        settledBytes: uint(64),
        closeRequestedAt: time,
        closed: fc.boolean(),
        balance: uint(96),
      },
      { requiredKeys: ["block", "deposit", "settledBytes", "closeRequestedAt", "closed", "balance"] },
    ),
    finished: fc.boolean(),
    settling: uint(64),
    closing: fc.boolean(),
    funding: uint(96),
    unsettledSince: time,
  })
  .map(({ released, ...fields }) => ({
    ...{ id: channelId(fields.channel), ...fields },
    ...(released ? { released } : {}),
  }));

const codes = Object.keys(errorCatalogue) as WeirErrorCode[];
const viewerChannel: fc.Arbitrary<ViewerChannel> = fc
  .record({
    channel: descriptor,
    seed: bytes32,
    acknowledged: fc.record({ deliveredBytes: uint(48), segmentsRoot: bytes32 }),
    entries: fc.array(fc.record({ resource: bytes32, contentHash: bytes32, size: uint(48) }), { maxLength: 5 }),
    fund: optional(fc.record({ total: uint(96), validUntil: time })),
    standing: fc.oneof(
      fc.constant({}),
      fc.record({
        phase: fc.constantFrom("over" as const, "dropped" as const),
        reason: fc.constantFrom(undefined, ...codes),
        retryAt: time,
      }),
    ),
  })
  .map(({ entries, standing, ...fields }) => ({
    ...newViewerChannel(fields.channel, fields.seed),
    ...fields,
    pending: appendEntries(fields.acknowledged, entries),
    ...standing,
  }));

describe("the codec of a relay's channel", () => {
  it("writes every state as one line and reads it back", () => {
    fc.assert(
      fc.property(relayChannel, (state) => {
        const encoded = encodeRelayChannel(state);
        expect(encoded).to.not.include("\n");
        expect(decodeRelayChannel(encoded)).to.deep.equal(state);
        expect(encodeRelayChannel(decodeRelayChannel(encoded))).to.equal(encoded);
      }),
    );
  });

  it("takes about 600 characters for a fresh channel", () => {
    expect(encodeRelayChannel(newRelayChannel(channel, SEED)).length).to.be.below(600);
  });

  refusesEverythingElse(decodeRelayChannel, encodeRelayChannel(newRelayChannel(channel, SEED)));
});

describe("the codec of a viewer's channel", () => {
  it("keeps what was verified and funded, and forgets what the relay said", () => {
    fc.assert(
      fc.property(viewerChannel, (state) => {
        const decoded = decodeViewerChannel(encodeViewerChannel(state));
        const { id, acknowledged, pending, fund, phase, reason, retryAt, seed } = state;
        expect(decoded).to.deep.include({ id, acknowledged, pending, fund, phase, reason, retryAt, seed });
        expect(decoded).to.include({ exposed: pending.length, posts: 0, underWay: 0, fundHeld: false, credit: 0n });
        expect(decoded.requested).to.equal(verifiedTotals(state).deliveredBytes);
        expect(encodeViewerChannel(decoded)).to.equal(encodeViewerChannel(state));
      }),
    );
  });

  refusesEverythingElse(decodeViewerChannel, encodeViewerChannel(newViewerChannel(channel, SEED)));

  it("refuses phases and codes that it does not know", async () => {
    const state: ViewerChannel = { ...newViewerChannel(channel, SEED), phase: "over", reason: "channel-closed" };
    const encoded = encodeViewerChannel(state);
    for (const wrong of [encoded.replace('"over"', '"open"'), encoded.replace("channel-closed", "no-such-code")]) {
      expect(await errorCode(() => decodeViewerChannel(wrong))).to.equal("malformed-message");
    }
  });
});

function refusesEverythingElse(decode: (encoded: string) => unknown, encoded: string): void {
  it("refuses another version, and fields that are missing, left over or of another form", async () => {
    const fields = JSON.parse(encoded) as unknown[];
    const wrong = [
      [2, ...fields.slice(1)],
      ["1", ...fields.slice(1)],
      fields.slice(0, -1),
      [...fields, null],
      ...fields.slice(1).map((field, i) => fields.with(i + 1, field === null ? false : { field })),
      {},
    ];
    for (const state of wrong) {
      expect(await errorCode(() => decode(JSON.stringify(state))), JSON.stringify(state)).to.equal("malformed-message");
    }
  });

  it("refuses anything else with a typed error", async () => {
    const text = fc.oneof(
      fc.string(),
      hostile.map(writeDown),
      fc.tuple(fc.nat(), fc.string({ maxLength: 3 })).map(([at, cut]) => {
        const position = at % encoded.length;
        return encoded.slice(0, position) + cut + encoded.slice(position + 1);
      }),
    );
    await fc.assert(
      fc.asyncProperty(text, async (candidate) => {
        expect(await errorCode(() => decode(candidate))).to.be.oneOf(["malformed-message", "none"]);
      }),
      { numRuns: 300 },
    );
  });
}

/** JSON of whatever it is; nothing, where JSON has no form for it. */
function writeDown(value: unknown): string {
  const json = JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? String(item) : item)) as
    string | undefined;
  return json ?? "";
}
