import { expect } from "chai";
import fc from "fast-check";
import { formatUnits, parseUnits } from "viem";
import { coveredBytes, formatAmount, GIB, owed, parseAmount } from "../../../sdk/core/amounts.ts";
import { uint } from "../../helpers/arbitraries.ts";
import { errorCode } from "../../helpers/errorCode.ts";

const price = uint(96).filter((value) => value > 0n);
const decimals = fc.nat(77);

describe("owed", () => {
  it("is the exact product over 2^30, rounded down", () => {
    fc.assert(
      fc.property(uint(64), price, (bytes, pricePerGiB) => {
        const product = bytes * pricePerGiB;
        const amount = owed(bytes, pricePerGiB);
        expect(amount * GIB <= product && product < (amount + 1n) * GIB).to.equal(true);
      }),
    );
  });

  it("never falls as bytes are added", () => {
    fc.assert(
      fc.property(uint(64), uint(64), price, (a, b, pricePerGiB) => {
        expect(owed(a, pricePerGiB) <= owed(a + b, pricePerGiB)).to.equal(true);
      }),
    );
  });
});

describe("coveredBytes", () => {
  it("is the largest total whose price is within the deposit", () => {
    fc.assert(
      fc.property(uint(96), price, (deposit, pricePerGiB) => {
        const bytes = coveredBytes(deposit, pricePerGiB);
        expect(owed(bytes, pricePerGiB) <= deposit).to.equal(true);
        expect(owed(bytes + 1n, pricePerGiB) > deposit).to.equal(true);
      }),
    );
  });

  it("covers what a deposit of exactly the price was made for", () => {
    fc.assert(
      fc.property(uint(64), price, (bytes, pricePerGiB) => {
        expect(coveredBytes(owed(bytes, pricePerGiB), pricePerGiB) >= bytes).to.equal(true);
      }),
    );
  });

  it("refuses a price of zero", async () => {
    for (const none of [0n, -1n]) {
      expect(await errorCode(() => coveredBytes(1n, none))).to.equal("malformed-message");
    }
  });
});

describe("formatAmount and parseAmount", () => {
  it("undo each other and agree with viem", () => {
    fc.assert(
      fc.property(uint(256), decimals, (amount, places) => {
        const text = formatAmount(amount, places);
        expect(text).to.equal(formatUnits(amount, places));
        expect(parseAmount(text, places)).to.equal(amount);
        expect(parseUnits(text, places)).to.equal(amount);
        expect(formatAmount(-amount, places)).to.equal(amount === 0n ? "0" : `-${text}`);
      }),
    );
  });

  it("write whole numbers and fractions plainly", () => {
    expect(formatAmount(1_500_000n, 6)).to.equal("1.5");
    expect(formatAmount(1n, 18)).to.equal("0.000000000000000001");
    expect(formatAmount(10n ** 18n, 18)).to.equal("1");
    expect(parseAmount("0.10", 2)).to.equal(10n);
    expect(parseAmount("007", 0)).to.equal(7n);
  });

  it("refuse to round, to guess and to read anything but digits", async () => {
    for (const text of [
      "",
      ".",
      "1.",
      ".5",
      "-1",
      "+1",
      "1e3",
      "1,5",
      " 1",
      "1 ",
      "0x1",
      "1.001",
      "1.000",
      "1\n",
      "9".repeat(157),
    ]) {
      expect(await errorCode(() => parseAmount(text, 2)), text).to.equal("malformed-message");
    }
  });

  it("refuse an impossible number of decimals", async () => {
    for (const places of [-1, 78, 1.5, NaN]) {
      expect(await errorCode(() => formatAmount(1n, places))).to.equal("malformed-message");
      expect(await errorCode(() => parseAmount("1", places))).to.equal("malformed-message");
    }
  });
});
