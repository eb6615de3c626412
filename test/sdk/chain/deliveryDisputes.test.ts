import { expect } from "chai";
import { getAddress, toHex } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { readContract } from "viem/actions";
import { deliveryDisputesAbi } from "../../../sdk/abis/deliveryDisputes.ts";
import {
  claimRewardsSync,
  commitDispute,
  commitDisputeCall,
  commitDisputeSync,
  readBurned,
  readCommittedAt,
  readDisputeParameters,
  readIsActive,
  readIsRetired,
  readOperatorStake,
  readTokenBalance,
  reportManifestContradiction,
  reportManifestContradictionCall,
  reportManifestContradictionSync,
  reportSelfContradiction,
  reportSelfContradictionCall,
  reportSelfContradictionSync,
} from "../../../sdk/chain/index.ts";
import type { WriteClient } from "../../../sdk/chain/index.ts";
import {
  deliveryCommitment,
  findContradiction,
  leafEntry,
  manifestRoot,
  paymentChannelsDomain,
  splitSignature,
} from "../../../sdk/core/index.ts";
import type { Deployment, Hex, ManifestLeaf, SegmentEntry, SignedDelivery } from "../../../sdk/core/index.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment, LocalWallet } from "../../../scripts/local/localDeployment.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { signDelivery } from "../../helpers/signDelivery.ts";
import { newDelegator, newWallet, SMALL_STAKES, stakedOperator } from "../../helpers/stakedOperator.ts";
import type { StagedOperator } from "../../helpers/stakedOperator.ts";
import { itHasThreeForms } from "./threeForms.ts";

/** A second more than a report has to wait. */
const COMMIT_AGE = 61;

const leaves: readonly ManifestLeaf[] = Array.from({ length: 5 }, (_, i) => ({
  path: `segment-${i}.m4s`,
  contentHash: toHex(i + 1, { size: 32 }),
  size: 1_000n + BigInt(i),
}));
const manifest = { root: manifestRoot(leaves), leaves };
const listed = leafEntry(leaves[2]!);
const other: Hex = `0x${"ee".repeat(32)}`;

describe("delivery disputes", () => {
  let local: LocalDeployment;
  let deployment: Deployment;
  let reader: LocalWallet;

  before(async () => {
    local = await startLocalDeployment(SMALL_STAKES);
    deployment = local.deployment;
    reader = local.wallet(9);
  });
  after(async () => local.stop());

  async function delivered({ agent }: StagedOperator, changed: Partial<SegmentEntry> = {}): Promise<SignedDelivery> {
    return signDelivery(paymentChannelsDomain(deployment), agent, {
      channelId: `0x${"cc".repeat(32)}`,
      manifestRoot: manifest.root,
      ...listed,
      ...changed,
    });
  }

  /** What an operator and its agent come to when `deliveries` are found out, and a reporter who committed to them. */
  async function caught(staged: StagedOperator, deliveries: readonly SignedDelivery[]) {
    const client = await newWallet(local);
    const salt = generatePrivateKey();
    const contradiction = findContradiction(deliveries, { domain: paymentChannelsDomain(deployment), manifest });
    if (contradiction === undefined) throw new Error("nothing contradicts");
    const reporter = client.account.address;
    const commitment = deliveryCommitment({ reporter, salt, deliveries: contradiction.deliveries });
    await commitDisputeSync(client, { deployment, commitment });
    await local.sleep(COMMIT_AGE);
    const agent = getAddress(staged.agent.address);
    expect(contradiction.agent).to.equal(staged.agent.address);
    return { client, contradiction, options: { deployment, salt, operator: staged.operator, agent } };
  }

  /** What both kinds of report do to an operator with its own stake alone. */
  const slashedFor = ({ operator, agent }: { operator: Hex; agent: Hex }, { account }: WriteClient) =>
    [
      {
        eventName: "DeliveryDisputed",
        args: { operator, agent, reporter: account.address, manifestRoot: manifest.root, resource: listed.resource },
      },
      {
        eventName: "Slashed",
        args: { operator, agent, reporter: account.address, own: 500n, delegated: 0n, reporterCut: 150n },
      },
    ] as const;

  describe("commitDispute", () => {
    itHasThreeForms(
      { call: commitDisputeCall, send: commitDispute, sync: commitDisputeSync },
      async () => {
        const client = await newWallet(local);
        return { client, options: { deployment, commitment: generatePrivateKey() } };
      },
      ({ commitment }, { account: { address: sender } }) => [{ eventName: "Committed", args: { sender, commitment } }],
      async ({ receipt }, { commitment }) => {
        const { timestamp } = await local.publicClient.getBlock({ blockNumber: receipt.blockNumber });
        expect(await readCommittedAt(reader, { deployment, commitment })).to.equal(timestamp);
      },
    );

    it("does nothing the second time, whoever sends it", async () => {
      const commitment = generatePrivateKey();
      await commitDisputeSync(reader, { deployment, commitment });
      const since = await readCommittedAt(reader, { deployment, commitment });
      await local.sleep(10);
      expect((await commitDisputeSync(local.wallet(8), { deployment, commitment })).events).to.deep.equal([]);
      expect(await readCommittedAt(reader, { deployment, commitment })).to.equal(since);
    });
  });

  describe("reportManifestContradiction", () => {
    itHasThreeForms(
      {
        call: reportManifestContradictionCall,
        send: reportManifestContradiction,
        sync: reportManifestContradictionSync,
      },
      async () => {
        const staged = await stakedOperator(local, 1_000n);
        const honest = await delivered(staged, leafEntry(leaves[0]!));
        const { client, contradiction, options } = await caught(staged, [
          honest,
          await delivered(staged, { contentHash: other }),
        ]);
        if (contradiction.type !== "manifest") throw new Error("the wrong kind");
        const [delivery] = contradiction.deliveries;
        return { client, options: { ...options, delivery, listed: contradiction.listed } };
      },
      slashedFor,
      async (_, { agent, operator }) => {
        expect(await readIsRetired(reader, { deployment, agent })).to.equal(true);
        expect(await readIsActive(reader, { deployment, operator })).to.equal(false);
        expect((await readOperatorStake(reader, { deployment, operator })).own).to.equal(500n);
      },
    );

    it("is for another size as well", async () => {
      const staged = await stakedOperator(local, 1_000n);
      const { client, contradiction, options } = await caught(staged, [await delivered(staged, { size: 1n })]);
      if (contradiction.type !== "manifest") throw new Error("the wrong kind");
      const report = { ...options, delivery: contradiction.deliveries[0], listed: contradiction.listed };
      const { events } = await reportManifestContradictionSync(client, report);
      expect(events.map(({ eventName }) => eventName)).to.deep.equal(["DeliveryDisputed", "Slashed"]);
    });
  });

  describe("reportSelfContradiction", () => {
    itHasThreeForms(
      { call: reportSelfContradictionCall, send: reportSelfContradiction, sync: reportSelfContradictionSync },
      async () => {
        const staged = await stakedOperator(local, 1_000n);
        const truth = await delivered(staged);
        const lie = await delivered(staged, { contentHash: other });
        const domain = paymentChannelsDomain(deployment);
        const contradiction = findContradiction([truth, lie], { domain });
        if (contradiction?.type !== "self") throw new Error("the wrong kind");
        const { deliveries } = contradiction;
        const client = await newWallet(local);
        const salt = generatePrivateKey();
        const commitment = deliveryCommitment({ reporter: client.account.address, salt, deliveries });
        await commitDisputeSync(client, { deployment, commitment });
        await local.sleep(COMMIT_AGE);
        const agent = getAddress(staged.agent.address);
        return { client, options: { deployment, salt, operator: staged.operator, agent, deliveries } };
      },
      slashedFor,
      async (_, { agent }) => {
        expect(await readIsRetired(reader, { deployment, agent })).to.equal(true);
      },
    );
  });

  it("pays the reporter its part of what the operator itself lost, and burns the rest", async () => {
    const staged = await stakedOperator(local, 1_000n);
    await newDelegator(local, staged.operator, 2_000n);
    const { client, contradiction, options } = await caught(staged, [await delivered(staged, { contentHash: other })]);
    if (contradiction.type !== "manifest") throw new Error("the wrong kind");
    const burned = await readBurned(reader, { deployment });
    const report = { ...options, delivery: contradiction.deliveries[0], listed: contradiction.listed };
    await reportManifestContradictionSync(client, report);
    expect((await readBurned(reader, { deployment })) - burned).to.equal(350n);
    const reporter = client.account.address;
    await claimRewardsSync(reader, { deployment, account: reporter });
    expect(await readTokenBalance(reader, { deployment, owner: reporter })).to.equal(150n);
    const { delegated, own } = await readOperatorStake(reader, { deployment, operator: staged.operator });
    expect({ delegated, own }).to.deep.equal({ delegated: 2_000n, own: 500n });
  });

  it("cannot be reported by whoever copied the proof from the pool", async () => {
    const staged = await stakedOperator(local, 1_000n);
    const { contradiction, options } = await caught(staged, [await delivered(staged, { contentHash: other })]);
    if (contradiction.type !== "manifest") throw new Error("the wrong kind");
    const report = { ...options, delivery: contradiction.deliveries[0], listed: contradiction.listed };
    expect(await errorCode(reportManifestContradiction(reader, report))).to.equal("contract-reverted");
  });

  describe("reads", () => {
    it("agree with the contract on what is committed to", async () => {
      const staged = await stakedOperator(local, 1_000n);
      const one = await delivered(staged);
      const two = await delivered(staged, { contentHash: other });
      const reporter = reader.account.address;
      for (const deliveries of [[], [one], [two], [one, two], [two, one]]) {
        const salt = generatePrivateKey();
        const flat = deliveries.map(({ delivery, signature }) => ({ ...delivery, ...splitSignature(signature) }));
        const { address } = deployment.deliveryDisputes;
        const call = { address, abi: deliveryDisputesAbi, functionName: "commitmentOf" } as const;
        const expected = await readContract(reader, { ...call, args: [reporter, salt, flat] });
        expect(deliveryCommitment({ reporter, salt, deliveries })).to.equal(expected);
      }
    });

    it("know nothing of what was never committed to", async () => {
      expect(await readCommittedAt(reader, { deployment, commitment: generatePrivateKey() })).to.equal(undefined);
    });

    it("state the parameters", async () => {
      expect(await readDisputeParameters(reader, { deployment })).to.deep.equal({
        paymentChannels: deployment.paymentChannels.address,
        operatorRegistry: deployment.operatorRegistry.address,
        stakeManager: deployment.stakeManager.address,
        minCommitAge: 60n,
        maxCommitAge: 86_400n,
      });
    });
  });
});
