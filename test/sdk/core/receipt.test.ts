import { expect } from "chai";
import fc from "fast-check";
import { solidityPacked } from "ethers";
import { assertTerms, MAX_GRACE_PERIOD, MIN_GRACE_PERIOD } from "../../../sdk/core/channel.ts";
import type { ChannelTerms } from "../../../sdk/core/channel.ts";
import type { Hex } from "../../../sdk/core/hex.ts";
import { fromSettleRow, nextSegmentsRoot, packTerms, toSettleRow, unpackTerms } from "../../../sdk/core/receipt.ts";
import type { PackedTerms } from "../../../sdk/core/receipt.ts";
import { signDigest } from "../../../sdk/core/signature.ts";
import { extendTotals } from "../../../sdk/core/totals.ts";
import { address, bytes32, privateKey, uint } from "../../helpers/arbitraries.ts";
import { errorCode } from "../../helpers/errorCode.ts";

const packedTerms = fc.record({
  pricePerGiB: uint(96),
  gracePeriod: uint(32).map(Number),
  nonce: uint(64),
  deliveredBytes: uint(64),
});

describe("packTerms and unpackTerms", () => {
  it("undo each other and pack as Solidity does", () => {
    fc.assert(
      fc.property(packedTerms, (terms) => {
        const { pricePerGiB, gracePeriod, nonce, deliveredBytes } = terms;
        const packed = packTerms(terms);
        const expected = solidityPacked(
          ["uint96", "uint32", "uint64", "uint64"],
          [pricePerGiB, gracePeriod, nonce, deliveredBytes],
        );
        expect(packed).to.equal(expected);
        expect(unpackTerms(packed)).to.deep.equal(terms);
      }),
    );
  });

  it("refuse a field that would spill into its neighbour", async () => {
    const terms: PackedTerms = { pricePerGiB: 1n, gracePeriod: 3_600, nonce: 1n, deliveredBytes: 1n };
    for (const change of [
      { pricePerGiB: 2n ** 96n },
      { pricePerGiB: -1n },
      { gracePeriod: 2 ** 32 },
      { gracePeriod: -1 },
      { gracePeriod: 0.5 },
      { nonce: 2n ** 64n },
      { deliveredBytes: 2n ** 64n },
    ]) {
      expect(await errorCode(() => packTerms({ ...terms, ...change }))).to.equal("malformed-message");
    }
    for (const packed of ["0x", `0x${"00".repeat(31)}`, `0x${"00".repeat(33)}`, "11".repeat(32)]) {
      expect(await errorCode(() => unpackTerms(packed as Hex))).to.equal("malformed-message");
    }
  });
});

describe("toSettleRow and fromSettleRow", () => {
  it("undo each other", () => {
    fc.assert(
      fc.property(packedTerms, address, bytes32, bytes32, privateKey, (terms, payee, segmentsRoot, digest, key) => {
        const receipt = { ...terms, payee, segmentsRoot };
        const signature = signDigest(digest, key);
        expect(fromSettleRow(payee, toSettleRow(receipt, signature))).to.deep.equal({ receipt, signature });
      }),
      { numRuns: 25 },
    );
  });

  it("refuse what the escrow would skip", async () => {
    const receipt = {
      payee: `0x${"11".repeat(20)}`,
      pricePerGiB: 1n,
      gracePeriod: 3_600,
      nonce: 1n,
      deliveredBytes: 1n,
      segmentsRoot: `0x${"22".repeat(32)}`,
    } as const;
    const row = toSettleRow(receipt, signDigest(`0x${"33".repeat(32)}`, `0x${"07".repeat(32)}`));
    expect(await errorCode(() => toSettleRow(receipt, "0x11"))).to.equal("bad-signature");
    expect(await errorCode(() => toSettleRow({ ...receipt, segmentsRoot: "0x" }, `0x${"11".repeat(64)}`))).to.equal(
      "malformed-message",
    );
    expect(await errorCode(() => fromSettleRow("0x", row))).to.equal("malformed-message");
    expect(await errorCode(() => fromSettleRow(receipt.payee, { ...row, vs: `0x${"ff".repeat(32)}` }))).to.equal(
      "high-s",
    );
    expect(await errorCode(() => fromSettleRow(receipt.payee, { ...row, r: `0x${"00".repeat(32)}` }))).to.equal(
      "bad-signature",
    );
    expect(await errorCode(() => fromSettleRow(receipt.payee, { ...row, terms: "0x" }))).to.equal("malformed-message");
  });
});

describe("the running hash", () => {
  const entry = fc.record({ resource: bytes32, contentHash: bytes32, size: uint(63) });

  it("depends on the seed, every entry and their order", () => {
    fc.assert(
      fc.property(bytes32, bytes32, entry, entry, (seed, otherSeed, first, second) => {
        fc.pre(
          seed !== otherSeed &&
            JSON.stringify(Object.values(first).map(String)) !== JSON.stringify(Object.values(second).map(String)),
        );
        const chain = (root: Hex, ...entries: readonly (typeof first)[]): Hex => entries.reduce(nextSegmentsRoot, root);
        const roots = [
          chain(seed, first),
          chain(seed, second),
          chain(otherSeed, first),
          chain(seed, first, second),
          chain(seed, second, first),
          chain(seed, first, first),
        ];
        expect(new Set(roots).size).to.equal(roots.length);
      }),
    );
  });

  it("extendTotals adds the bytes beside it", () => {
    fc.assert(
      fc.property(bytes32, uint(63), entry, (segmentsRoot, deliveredBytes, added) => {
        expect(extendTotals({ deliveredBytes, segmentsRoot }, added)).to.deep.equal({
          deliveredBytes: deliveredBytes + added.size,
          segmentsRoot: nextSegmentsRoot(segmentsRoot, added),
        });
      }),
    );
  });
});

describe("assertTerms", () => {
  const terms: ChannelTerms = { payee: `0x${"11".repeat(20)}`, pricePerGiB: 1n, gracePeriod: 86_400, nonce: 0n };
  const check = async (change: object): Promise<string> =>
    errorCode(() => {
      assertTerms({ ...terms, ...change });
    });

  it("accepts what the escrow accepts, up to its limits", async () => {
    for (const change of [
      {},
      { gracePeriod: MIN_GRACE_PERIOD },
      { gracePeriod: MAX_GRACE_PERIOD },
      { pricePerGiB: 2n ** 96n - 1n },
      { nonce: 2n ** 64n - 1n },
    ]) {
      expect(await check(change)).to.equal("none");
    }
  });

  it("refuses a price of zero and fields of the wrong form", async () => {
    for (const change of [
      { pricePerGiB: 0n },
      { pricePerGiB: 2n ** 96n },
      { pricePerGiB: 1 },
      { nonce: -1n },
      { nonce: 2n ** 64n },
      { payee: "0x11" },
      { gracePeriod: 3_600.5 },
      { gracePeriod: NaN },
      { gracePeriod: "86400" },
    ]) {
      expect(await check(change)).to.equal("malformed-message");
    }
  });

  it("refuses a grace period outside one hour to 30 days", async () => {
    for (const gracePeriod of [0, -1, MIN_GRACE_PERIOD - 1, MAX_GRACE_PERIOD + 1, 2 ** 32]) {
      expect(await check({ gracePeriod })).to.equal("grace-period-out-of-range");
    }
  });
});
