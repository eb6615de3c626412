import { AbiCoder, keccak256 } from "ethers";
import { expect } from "chai";
import fc from "fast-check";
import { deliveryCommitment, signDigest, splitSignature } from "../../../sdk/core/index.ts";
import type { SignedDelivery } from "../../../sdk/core/index.ts";
import { address, bytes32, privateKey, uint } from "../../helpers/arbitraries.ts";
import { errorCode } from "../../helpers/errorCode.ts";

const signedDelivery: fc.Arbitrary<SignedDelivery> = fc.record({
  delivery: fc.record({
    channelId: bytes32,
    manifestRoot: bytes32,
    resource: bytes32,
    contentHash: bytes32,
    size: uint(64),
  }),
  signature: fc.tuple(bytes32, privateKey).map(([digest, key]) => signDigest(digest, key)),
});

describe("deliveryCommitment", () => {
  it("is the hash of what Solidity encodes", () => {
    const types = ["address", "bytes32", "tuple(bytes32,bytes32,bytes32,bytes32,uint64,bytes32,bytes32)[]"];
    fc.assert(
      fc.property(address, bytes32, fc.array(signedDelivery, { maxLength: 3 }), (reporter, salt, deliveries) => {
        const tuples = deliveries.map(({ delivery, signature }) => {
          const { channelId, manifestRoot, resource, contentHash, size } = delivery;
          const { r, vs } = splitSignature(signature);
          return [channelId, manifestRoot, resource, contentHash, size, r, vs];
        });
        const expected = keccak256(AbiCoder.defaultAbiCoder().encode(types, [reporter, salt, tuples]));
        expect(deliveryCommitment({ reporter, salt, deliveries })).to.equal(expected);
      }),
    );
  });

  it("refuses what no contract could take", async () => {
    const [signed] = fc.sample(signedDelivery, 1);
    const good = { reporter: `0x${"01".repeat(20)}`, salt: `0x${"02".repeat(32)}`, deliveries: [signed!] } as const;
    const code = async (changed: Partial<Parameters<typeof deliveryCommitment>[0]>): Promise<string> =>
      errorCode(() => deliveryCommitment({ ...good, ...changed }));
    expect(await code({})).to.equal("none");
    expect(await code({ reporter: "0x01" })).to.equal("malformed-message");
    expect(await code({ salt: "0x02" })).to.equal("malformed-message");
    const oversized = { ...signed!, delivery: { ...signed!.delivery, size: 1n << 64n } };
    expect(await code({ deliveries: [oversized] })).to.equal("malformed-message");
    expect(await code({ deliveries: [{ ...signed!, signature: "0x00" }] })).to.equal("bad-signature");
  });
});
