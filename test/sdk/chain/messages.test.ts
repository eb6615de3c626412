import { expect } from "chai";
import fc from "fast-check";
import { getAddress } from "viem";
import { readContract } from "viem/actions";
import { privateKeyToAccount } from "viem/accounts";
import { operatorRegistryAbi } from "../../../sdk/abis/operatorRegistry.ts";
import { paymentChannelsAbi } from "../../../sdk/abis/paymentChannels.ts";
import {
  fundWithSignatureSync,
  settleSync,
  signAgent,
  signClose,
  signFund,
  signSession,
} from "../../../sdk/chain/index.ts";
import {
  authorizationNonce,
  channelId,
  coveredBytes,
  domainSeparator,
  hashMessage,
  operatorRegistryDomain,
  owed,
  paymentChannelsDomain,
  privateKeySigner,
  recoverSigner,
} from "../../../sdk/core/index.ts";
import type { Channel, Deployment, Hex } from "../../../sdk/core/index.ts";
import { address, bytes32, privateKey, uint } from "../../helpers/arbitraries.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../../scripts/local/localDeployment.ts";
import { openPayer } from "../../helpers/openPayer.ts";

/** Each run asks a node; a few dozen find what a type or an order of fields gets wrong. */
const RUNS = { numRuns: 40 };

const channels: fc.Arbitrary<Channel> = fc.record({
  signer: address,
  payee: address,
  pricePerGiB: uint(96).filter((price) => price > 0n),
  gracePeriod: fc.integer({ min: 3_600, max: 2_592_000 }),
  nonce: uint(64),
});

describe("what the core computes", () => {
  let local: LocalDeployment;
  let deployment: Deployment;

  before(async () => {
    local = await startLocalDeployment();
    deployment = local.deployment;
  });
  after(async () => local.stop());

  const escrow = () => ({ address: deployment.paymentChannels.address, abi: paymentChannelsAbi }) as const;

  it("is the contract's domain separator", async () => {
    const separator = await readContract(local.publicClient, { ...escrow(), functionName: "domainSeparator" });
    expect(domainSeparator(paymentChannelsDomain(deployment))).to.equal(separator);
  });

  it("is the contract's channel id", async () => {
    await fc.assert(
      fc.asyncProperty(channels, async (channel) => {
        const call = { ...escrow(), functionName: "channelId", args: [channel] } as const;
        expect(channelId(channel)).to.equal(await readContract(local.publicClient, call));
      }),
      RUNS,
    );
  });

  it("is the contract's price of bytes, and bytes of a deposit", async () => {
    const price = uint(96).filter((value) => value > 0n);
    await fc.assert(
      fc.asyncProperty(uint(64), uint(96), price, async (bytes, deposit, pricePerGiB) => {
        const [amount, covered] = await Promise.all([
          readContract(local.publicClient, { ...escrow(), functionName: "owed", args: [bytes, pricePerGiB] }),
          readContract(local.publicClient, { ...escrow(), functionName: "coveredBytes", args: [deposit, pricePerGiB] }),
        ]);
        expect(owed(bytes, pricePerGiB)).to.equal(amount);
        expect(coveredBytes(deposit, pricePerGiB)).to.equal(covered);
      }),
      RUNS,
    );
  });

  it("is the contract's nonce of an authorization", async () => {
    const separator = domainSeparator(paymentChannelsDomain(deployment));
    await fc.assert(
      fc.asyncProperty(address, address, bytes32, async (signer, owner, salt) => {
        const args = [signer, owner, salt] as const;
        const nonce = await readContract(local.publicClient, { ...escrow(), functionName: "authorizationNonce", args });
        expect(authorizationNonce(separator, { signer, owner, salt })).to.equal(nonce);
      }),
      RUNS,
    );
  });

  it("is the registry's digest of a consent", async () => {
    await fc.assert(
      fc.asyncProperty(address, async (operator) => {
        const digest = await readContract(local.publicClient, {
          address: deployment.operatorRegistry.address,
          abi: operatorRegistryAbi,
          functionName: "agentDigest",
          args: [operator],
        });
        expect(hashMessage(operatorRegistryDomain(deployment), "Agent", { operator })).to.equal(digest);
      }),
      RUNS,
    );
  });

  it("is what the escrow takes as a funding and as a receipt, whatever the terms", async () => {
    const payer = await openPayer(local, 10n ** 20n);
    const anyone = local.wallet(2);
    await fc.assert(
      fc.asyncProperty(channels, uint(64), async (drawn, bytes) => {
        const { payee, pricePerGiB, gracePeriod, nonce } = drawn;
        const channel = payer.channel(payee, { pricePerGiB, gracePeriod, nonce });
        const funding = { deployment, channel, total: 10n ** 15n, validUntil: 2 ** 40 - 1 };
        const signature = await signFund(payer.signer, funding);
        const funded = await fundWithSignatureSync(anyone, { ...funding, signature });
        expect(funded.events.map(({ args }) => args)).to.deep.equal([
          {
            channelId: channelId(channel),
            signer: getAddress(payer.signer.address),
            payee: getAddress(payee),
            pricePerGiB,
            gracePeriod,
            nonce,
            deposit: 10n ** 15n,
          },
        ]);
        const covered = coveredBytes(10n ** 15n, pricePerGiB);
        const delivered = bytes === 0n ? 1n : bytes;
        const settled = delivered < covered ? delivered : covered;
        const rows = [await payer.row(channel, delivered)];
        const { events } = await settleSync(anyone, { deployment, payee, rows });
        const settlements = [
          { channelId: channelId(channel), amount: owed(settled, pricePerGiB), settledBytes: settled },
        ];
        const [event] = events;
        if (settled === 0n) expect(event?.args).to.include({ reason: "deposit-spent" });
        else expect(event?.args).to.deep.include({ settlements });
      }),
      { numRuns: 25 },
    );
  });
});

describe("signing", () => {
  const deployment: Deployment = {
    network: "local",
    chainId: 31_337,
    token: {
      address: `0x${"01".repeat(20)}`,
      symbol: "T",
      decimals: 18,
      name: "T",
      permit: false,
      authorization: false,
    },
    paymentChannels: { address: `0x${"02".repeat(20)}`, salt: `0x${"03".repeat(32)}`, deployedAt: 0 },
    operatorRegistry: { address: `0x${"04".repeat(20)}`, salt: `0x${"05".repeat(32)}`, deployedAt: 0 },
    stakeManager: { address: `0x${"5e".repeat(20)}`, deployedAt: 0 },
    rewardsDistributor: { address: `0x${"6e".repeat(20)}`, deployedAt: 0 },
    deliveryDisputes: { address: `0x${"7e".repeat(20)}`, deployedAt: 0 },
    feeBps: 0,
  };

  it("is the same with a raw key and with a viem account", async () => {
    await fc.assert(
      fc.asyncProperty(privateKey, channels, uint(96), uint(64), address, async (key, drawn, total, bytes, owner) => {
        const raw = privateKeySigner(key);
        const account = privateKeyToAccount(key);
        const channel = { ...drawn, signer: raw.address };
        const sign = async (signer: typeof raw | typeof account): Promise<readonly Hex[]> =>
          Promise.all([
            signSession(signer, { deployment, owner }),
            signFund(signer, { deployment, channel, total, validUntil: 1_900_000_000 }),
            signClose(signer, { deployment, channel, minSettledBytes: bytes }),
            signAgent(signer, { deployment, operator: owner }),
          ]);
        const signatures = await sign(raw);
        expect(await sign(account)).to.deep.equal(signatures);
        const digest = hashMessage(paymentChannelsDomain(deployment), "Session", { owner });
        expect(recoverSigner(digest, signatures[0])).to.equal(raw.address);
      }),
      RUNS,
    );
  });

  it("refuses values that do not fit, with either key", async () => {
    const key: Hex = `0x${"11".repeat(32)}`;
    for (const signer of [privateKeySigner(key), privateKeyToAccount(key)]) {
      const channel = { signer: signer.address, payee: signer.address, pricePerGiB: 1n, gracePeriod: 3_600, nonce: 0n };
      const funding = { deployment, channel, validUntil: 1 };
      expect(await errorCode(signFund(signer, { ...funding, total: 2n ** 96n }))).to.equal("malformed-message");
      expect(await errorCode(signFund(signer, { ...funding, total: 1n, validUntil: 2 ** 40 }))).to.equal(
        "malformed-message",
      );
      expect(await errorCode(signSession(signer, { deployment, owner: "0x12" }))).to.equal("malformed-message");
    }
  });
});
