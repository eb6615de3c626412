import { expect } from "chai";
import fc from "fast-check";
import { TypedDataEncoder, AbiCoder, keccak256 as ethersKeccak256 } from "ethers";
import { hashTypedData } from "viem";
import { authorizationNonce } from "../../../sdk/core/authorization.ts";
import { channelId } from "../../../sdk/core/channel.ts";
import { domainSeparator, manifestDomain, weirDomain } from "../../../sdk/core/domain.ts";
import { streamId } from "../../../sdk/core/manifest.ts";
import { leafHash } from "../../../sdk/core/merkleTree.ts";
import { nextSegmentsRoot } from "../../../sdk/core/receipt.ts";
import { hashMessage, hashStruct, typeHash, typeString, weirTypes } from "../../../sdk/core/typedData.ts";
import type { WeirMessage, WeirTypeName } from "../../../sdk/core/typedData.ts";
import { address, bytes32, hostile, uint } from "../../helpers/arbitraries.ts";
import { errorCode } from "../../helpers/errorCode.ts";

const typeNames = Object.keys(weirTypes) as WeirTypeName[];

const domain = fc
  .record({ chainId: uint(256), verifyingContract: address, salt: bytes32 })
  .map((contract) => weirDomain(contract));

function fieldOf(type: string): fc.Arbitrary<unknown> {
  if (type === "address") return address;
  if (type === "bytes32") return bytes32;
  const bits = Number(type.slice("uint".length));
  return bits <= 48 ? uint(bits).map(Number) : uint(bits);
}

function messageOf(name: WeirTypeName): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(weirTypes[name].map((field) => [field.name, fieldOf(field.type)])));
}

const abi = AbiCoder.defaultAbiCoder();
const hashAbi = (types: readonly string[], values: readonly unknown[]): string =>
  ethersKeccak256(abi.encode(types, values));

describe("hashMessage", () => {
  for (const name of typeNames) {
    const types = { [name]: [...weirTypes[name]] };

    it(`gives the digest of viem and ethers for any ${name} in any domain`, () => {
      fc.assert(
        fc.property(domain, messageOf(name), (contractDomain, message) => {
          const signedIn = name === "Manifest" ? manifestDomain : contractDomain;
          const typed = message as WeirMessage<typeof name>;
          const digest = hashMessage(signedIn, name, typed);
          expect(digest).to.equal(hashTypedData({ domain: signedIn, types, primaryType: name, message }));
          expect(digest).to.equal(TypedDataEncoder.hash(signedIn, types, message));
          expect(hashMessage(domainSeparator(signedIn), name, typed)).to.equal(digest);
        }),
      );
    });

    it(`refuses a ${name} with any field missing, of another type or out of range`, async () => {
      await fc.assert(
        fc.asyncProperty(
          messageOf(name),
          fc.constantFrom(...weirTypes[name]),
          hostile,
          async (message, field, junk) => {
            for (const value of [
              undefined,
              null,
              "",
              -1n,
              -1,
              1.5,
              NaN,
              Infinity,
              2n ** 256n,
              2 ** 48,
              `0x${"0".repeat(63)}`,
            ]) {
              const broken = { ...message, [field.name]: value } as unknown as WeirMessage<typeof name>;
              expect(await errorCode(() => hashStruct(name, broken))).to.equal("malformed-message");
            }
            const stranger = { ...message, [field.name]: junk } as unknown as WeirMessage<typeof name>;
            expect(await errorCode(() => hashStruct(name, stranger))).to.be.oneOf(["malformed-message", "none"]);
          },
        ),
        { numRuns: 30 },
      );
    });
  }

  it("refuses a separator that is not 32 bytes", async () => {
    const message = { owner: `0x${"11".repeat(20)}` } as const;
    for (const separator of ["0x", `0x${"11".repeat(31)}`, `0x${"11".repeat(33)}`] as const) {
      expect(await errorCode(() => hashMessage(separator, "Session", message))).to.equal("malformed-message");
    }
  });

  it("gives every message in every domain a digest of its own", () => {
    const digests = new Set<string>();
    const domains = [1, 2].flatMap((chainId) =>
      ["11", "22"].flatMap((contract) =>
        ["33", "44"].map((salt) =>
          weirDomain({ chainId, verifyingContract: `0x${contract.repeat(20)}`, salt: `0x${salt.repeat(32)}` }),
        ),
      ),
    );
    for (const contractDomain of domains) {
      digests.add(hashMessage(contractDomain, "Session", { owner: `0x${"55".repeat(20)}` }));
      digests.add(hashMessage(contractDomain, "Agent", { operator: `0x${"55".repeat(20)}` }));
    }
    expect(digests.size).to.equal(16);
  });
});

describe("weirTypes", () => {
  it("have distinct type hashes", () => {
    expect(new Set(typeNames.map((name) => typeHash(name))).size).to.equal(typeNames.length);
  });

  it("have encoded types without a stray space", () => {
    for (const name of typeNames) expect(typeString(name)).to.match(/^[A-Z][A-Za-z]+\(([a-z]+\d* [A-Za-z]+,?)+\)$/);
  });
});

describe("hashed structures", () => {
  const types = ["address", "address", "uint96", "uint32", "uint64"];
  const channel = fc.record({
    signer: address,
    payee: address,
    pricePerGiB: uint(96),
    gracePeriod: uint(32).map(Number),
    nonce: uint(64),
  });

  it("channelId is what abi.encode and keccak-256 give", () => {
    fc.assert(
      fc.property(channel, (value) => {
        const { signer, payee, pricePerGiB, gracePeriod, nonce } = value;
        expect(channelId(value)).to.equal(hashAbi(types, [signer, payee, pricePerGiB, gracePeriod, nonce]));
      }),
    );
  });

  it("nextSegmentsRoot and leafHash are, too", () => {
    fc.assert(
      fc.property(bytes32, bytes32, bytes32, uint(64), (root, resource, contentHash, size) => {
        const entry = { resource, contentHash, size };
        const entryTypes = ["bytes32", "bytes32", "uint64"];
        expect(nextSegmentsRoot(root, entry)).to.equal(
          hashAbi(["bytes32", ...entryTypes], [root, resource, contentHash, size]),
        );
        expect(leafHash(entry)).to.equal(ethersKeccak256(hashAbi(entryTypes, [resource, contentHash, size])));
      }),
    );
  });

  it("authorizationNonce is, too", () => {
    fc.assert(
      fc.property(bytes32, address, address, bytes32, (separator, signer, owner, salt) => {
        const expected = hashAbi(["bytes32", "address", "address", "bytes32"], [separator, signer, owner, salt]);
        expect(authorizationNonce(separator, { signer, owner, salt })).to.equal(expected);
      }),
    );
  });

  it("streamId is, too, for names of any length", () => {
    fc.assert(
      fc.property(address, fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" }), (publisher, name) => {
        fc.pre(new TextEncoder().encode(name).length <= 256);
        expect(streamId(publisher, name)).to.equal(hashAbi(["address", "string"], [publisher, name]));
      }),
    );
  });

  it("streamId refuses names that are empty, too long or not Unicode", async () => {
    for (const name of ["", "a".repeat(257), "ü".repeat(129), "\ud800"]) {
      expect(await errorCode(() => streamId(`0x${"11".repeat(20)}`, name))).to.equal("malformed-message");
    }
    expect(await errorCode(() => streamId(`0x${"11".repeat(20)}`, "ü".repeat(128)))).to.equal("none");
  });
});
