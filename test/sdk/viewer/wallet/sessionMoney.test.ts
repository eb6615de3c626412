import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { claimsOn, costSoFar, promisedFunding } from "../../../../sdk/viewer/wallet/sessionMoney.ts";
import type { SessionMoney } from "../../../../sdk/viewer/wallet/sessionMoney.ts";
import { openSessionStore } from "../../../../sdk/cli/watch/sessionStore.ts";
import type { Channel } from "../../../../sdk/core/index.ts";
import { newViewerChannel } from "../../../../sdk/exchange/index.ts";
import type { ViewerChannel } from "../../../../sdk/exchange/index.ts";
import type { StoredBook } from "../../../../sdk/viewer/channelBook.ts";

const NOW = 1_000;
const ROOT = `0x${"00".repeat(32)}` as const;
/** One token base unit a byte. */
const TERMS = { signer: `0x${"11".repeat(20)}`, pricePerGiB: 1n << 30n, gracePeriod: 3_600 } as const;
const channel = (nonce: bigint): Channel => ({ ...TERMS, payee: `0x${"22".repeat(20)}`, nonce });

/** A channel with so much verified, and funding signed up to a total. */
function used(nonce: bigint, verified: bigint, total: bigint, validUntil: number): ViewerChannel {
  const fresh = newViewerChannel(channel(nonce), ROOT);
  return { ...fresh, acknowledged: { deliveredBytes: verified, segmentsRoot: ROOT }, fund: { total, validUntil } };
}
const book = (...states: ViewerChannel[]): StoredBook => ({
  spent: 7n,
  pages: states.map((state) => ({ origin: "http://127.0.0.1:1", state })),
});
const chain = (balance: bigint, states: readonly (readonly [ViewerChannel, deposit: bigint, settled: bigint])[] = []) =>
  ({
    owner: TERMS.signer,
    balance,
    open: states.map(([{ channel: each, id }, deposit, settled]) => ({
      id,
      channel: each,
      deposit,
      settled,
      closableAt: 0,
    })),
    closed: [],
    settled: 0n,
  }) satisfies SessionMoney;

describe("the money of a session", () => {
  it("is held for what was verified, as far as funding covers it that a relay can still post", () => {
    const state = used(1n, 300n, 500n, NOW + 10);
    expect(claimsOn(book(state), chain(1_000n), NOW)).to.deep.equal({ owed: 300n, held: 300n, heldUntil: NOW + 10 });
    expect(claimsOn(book(state), chain(900n, [[state, 100n, 40n]]), NOW)).to.deep.equal({
      ...{ owed: 260n, held: 200n, heldUntil: NOW + 10 },
    });
  });
  it("is free once that funding has run out, but for what is in the channel", () => {
    const state = used(1n, 300n, 500n, NOW);
    expect(claimsOn(book(state), chain(1_000n), NOW)).to.deep.equal({ owed: 0n, held: 0n, heldUntil: 0 });
    expect(claimsOn(book(state), chain(900n, [[state, 100n, 40n]]), NOW)).to.include({ owed: 60n, held: 0n });
  });
  it("is not held for a channel that is closed", () => {
    const state = used(1n, 300n, 500n, NOW + 10);
    const closed = { ...chain(1_000n), closed: [state.id] };
    expect(claimsOn(book(state), closed, NOW)).to.include({ owed: 0n, held: 0n });
    expect(promisedFunding(book(state), closed, NOW)).to.equal(0n);
  });
  it("counts what was promised and not posted, and what everything cost so far", () => {
    const states = [used(1n, 300n, 500n, NOW + 10), used(2n, 20n, 50n, NOW - 1)] as const;
    expect(promisedFunding(book(...states), chain(0n, [[states[0], 100n, 0n]]), NOW)).to.equal(400n);
    expect(costSoFar(book(...states))).to.equal(327n);
  });
});

describe("the store of a session", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "weir-session-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("keeps what was set, by prefix, and belongs to one at a time", async () => {
    const file = join(folder, "session.sqlite");
    const store = openSessionStore(file);
    expect(openSessionStore(file)).to.equal(undefined);
    await store?.set("a/1", "one");
    await store?.set("a/2", "two");
    await store?.set("b/%", "three");
    await store?.set("a/1", "uno");
    await store?.delete("a/2");
    store?.close();
    const again = openSessionStore(file);
    expect(await again?.entries("a/")).to.deep.equal([["a/1", "uno"]]);
    expect(await again?.entries("b/%")).to.deep.equal([["b/%", "three"]]);
    again?.close();
  });
});
