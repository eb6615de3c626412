import { expect } from "chai";
import fc from "fast-check";
import { bytesToHex as viemBytesToHex, getAddress } from "viem";
import {
  assertUint,
  bytesToHex,
  checksumAddress,
  hexToBytes,
  isHex,
  isSameAddress,
  parseUint,
} from "../../../sdk/core/hex.ts";
import type { Hex } from "../../../sdk/core/hex.ts";
import { address, hostile, uint } from "../../helpers/arbitraries.ts";
import { errorCode } from "../../helpers/errorCode.ts";

describe("bytesToHex and hexToBytes", () => {
  it("undo each other, as viem does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const hex = bytesToHex(bytes);
        expect(hex).to.equal(viemBytesToHex(bytes));
        expect(hexToBytes(hex)).to.deep.equal(bytes);
        expect(hexToBytes(hex.toUpperCase().replace("0X", "0x") as Hex)).to.deep.equal(bytes);
      }),
    );
  });

  it("refuse what is not hex", async () => {
    for (const text of ["", "0", "0x0", "0xgg", "11", "0X11", " 0x11", "0x11 ", "0x11\n"]) {
      expect(await errorCode(() => hexToBytes(text as Hex)), JSON.stringify(text)).to.equal("malformed-message");
    }
  });
});

describe("isHex", () => {
  it("wants 0x, an even number of digits, and the size if one is given", () => {
    fc.assert(
      fc.property(hostile, fc.option(fc.nat(70), { nil: undefined }), (value, size) => {
        const expected =
          typeof value === "string" &&
          /^0x[0-9a-fA-F]*$/.test(value) &&
          !value.endsWith("\n") &&
          value.length % 2 === 0 &&
          (size === undefined || value.length === 2 + 2 * size);
        expect(isHex(value, size)).to.equal(expected);
      }),
    );
  });
});

describe("checksumAddress", () => {
  it("gives the letter case of viem", () => {
    fc.assert(
      fc.property(address, (value) => {
        expect(checksumAddress(value)).to.equal(getAddress(value));
        expect(checksumAddress(getAddress(value))).to.equal(getAddress(value));
        expect(isSameAddress(value, getAddress(value))).to.equal(true);
      }),
    );
  });

  it("refuses what is not an address", async () => {
    for (const value of ["0x", `0x${"11".repeat(19)}`, `0x${"11".repeat(21)}`, `0x${"zz".repeat(20)}`]) {
      expect(await errorCode(() => checksumAddress(value as Hex))).to.equal("malformed-message");
    }
  });
});

describe("assertUint", () => {
  it("wants a bigint from 0 to 2^bits - 1", async () => {
    for (const bits of [1, 32, 64, 96, 256]) {
      const max = (1n << BigInt(bits)) - 1n;
      for (const good of [0n, 1n, max]) {
        assertUint(good, bits, "value");
      }
      for (const bad of [-1n, max + 1n, 0, 1, "1", null, undefined, NaN, -(1n << 300n)]) {
        const check = (): void => {
          assertUint(bad, bits, "value");
        };
        expect(await errorCode(check)).to.equal("malformed-message");
      }
    }
  });
});

describe("parseUint", () => {
  it("reads what a bigint writes, within its bits", async () => {
    await fc.assert(
      fc.asyncProperty(uint(256), fc.constantFrom(32, 64, 96, 256), async (value, bits) => {
        const fits = value >> BigInt(bits) === 0n;
        expect(await errorCode(() => parseUint(String(value), bits, "value"))).to.equal(
          fits ? "none" : "malformed-message",
        );
        if (fits) expect(parseUint(String(value), bits, "value")).to.equal(value);
      }),
    );
  });

  it("refuses every other spelling", async () => {
    for (const text of [
      "",
      "00",
      "01",
      "+1",
      "-1",
      "1.0",
      "1e3",
      "0x1",
      " 1",
      "1 ",
      "1\n",
      "١",
      "1n",
      1,
      1n,
      null,
      ["1"],
    ]) {
      expect(await errorCode(() => parseUint(text, 64, "value")), String(text)).to.equal("malformed-message");
    }
    expect(await errorCode(() => parseUint("9".repeat(10_000_000), 256, "value"))).to.equal("malformed-message");
  });

  it("answers anything with a value or a code", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (junk) => {
        expect(await errorCode(() => parseUint(junk, 256, "value"))).to.be.oneOf(["none", "malformed-message"]);
      }),
    );
  });
});
