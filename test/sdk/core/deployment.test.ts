import { expect } from "chai";
import fc from "fast-check";
import { operatorRegistryDomain, parseDeployment, paymentChannelsDomain } from "../../../sdk/core/deployment.ts";
import { domainSeparator } from "../../../sdk/core/domain.ts";
import { hostile } from "../../helpers/arbitraries.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import domains from "../../vectors/domains.json" with { type: "json" };

const contract = ({
  verifyingContract,
  salt,
}: {
  readonly verifyingContract: string;
  readonly salt: string;
}): object => ({
  address: verifyingContract,
  salt,
  deployedAt: 12,
});

const good = {
  network: "localhost",
  chainId: Number(domains.paymentChannels.chainId),
  token: {
    address: "0x5FbDB2315678afecb367f032d93F642f64180aa3",
    symbol: "USDX",
    decimals: 6,
    name: "US Dollar X",
    version: "1",
    permit: true,
    authorization: false,
  },
  paymentChannels: contract(domains.paymentChannels),
  operatorRegistry: contract(domains.operatorRegistry),
  stakeManager: { address: "0x5FbDB2315678afecb367f032d93F642f64180aa3", deployedAt: 13 },
  rewardsDistributor: { address: "0x5FbDB2315678afecb367f032d93F642f64180aa3", deployedAt: 14 },
  deliveryDisputes: { address: "0x5FbDB2315678afecb367f032d93F642f64180aa3", deployedAt: 15 },
  feeBps: 100,
};

describe("parseDeployment", () => {
  it("reads a deployment as it is", () => {
    expect(parseDeployment(good)).to.deep.equal(good);
    const { version, ...token } = good.token;
    expect(version).to.equal("1");
    expect(parseDeployment({ ...good, token })).to.deep.equal({ ...good, token });
  });

  it("gives the domains of its contracts", () => {
    const deployment = parseDeployment(good);
    expect(domainSeparator(paymentChannelsDomain(deployment))).to.equal(domains.paymentChannels.separator);
    const elsewhere = { ...deployment, chainId: Number(domains.operatorRegistry.chainId) };
    expect(domainSeparator(operatorRegistryDomain(elsewhere))).to.equal(domains.operatorRegistry.separator);
  });

  for (const [reason, file] of [
    ["a number", 5],
    ["null", null],
    ["a list", []],
    ["an unknown member", { ...good, chainID: 5 }],
    ["an unknown member of the token", { ...good, token: { ...good.token, authorisation: true } }],
    ["an unknown member of a contract", { ...good, paymentChannels: { ...good.paymentChannels, proxy: true } }],
    ["a network without a name", { ...good, network: "" }],
    ["a chain id of zero", { ...good, chainId: 0 }],
    ["a chain id as a string", { ...good, chainId: "1" }],
    ["a fee above ten percent", { ...good, feeBps: 1_001 }],
    ["a fractional fee", { ...good, feeBps: 0.5 }],
    ["no token", { ...good, token: undefined }],
    ["too many decimals", { ...good, token: { ...good.token, decimals: 78 } }],
    ["a permit that is not a flag", { ...good, token: { ...good.token, permit: 1 } }],
    ["a wrong checksum", { ...good, token: { ...good.token, address: "0x5fbDB2315678afecb367f032d93F642f64180aa3" } }],
    ["a short address", { ...good, paymentChannels: { ...good.paymentChannels, address: "0x11" } }],
    ["a short salt", { ...good, operatorRegistry: { ...good.operatorRegistry, salt: "0x11" } }],
    ["no stake manager", { ...good, stakeManager: undefined }],
    ["a salt where there is no domain", { ...good, stakeManager: good.operatorRegistry }],
    ["a negative block", { ...good, operatorRegistry: { ...good.operatorRegistry, deployedAt: -1 } }],
  ] as const) {
    it(`refuses ${reason}`, async () => {
      expect(await errorCode(() => parseDeployment(file))).to.equal("malformed-message");
    });
  }

  it("takes an address in one letter case without a checksum", async () => {
    const address = good.token.address.toLowerCase();
    for (const spelled of [address, `0x${address.slice(2).toUpperCase()}`]) {
      const file = { ...good, token: { ...good.token, address: spelled } };
      expect(await errorCode(() => parseDeployment(file))).to.equal("none");
    }
  });

  it("answers anything with a code", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(good)), hostile, async (member, junk) => {
        expect(await errorCode(() => parseDeployment(junk))).to.equal("malformed-message");
        expect(await errorCode(() => parseDeployment({ ...good, [member]: junk }))).to.be.oneOf([
          "malformed-message",
          "none",
        ]);
      }),
    );
  });
});
