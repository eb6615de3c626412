import { expect } from "chai";
import { getAddress } from "viem";
import { generatePrivateKey } from "viem/accounts";
import {
  approveSync,
  clearAgentSync,
  commitDispute,
  commitDisputeSync,
  delegate,
  distribute,
  distributeSync,
  isContractError,
  readCommittedAt,
  readEpoch,
  readUnbondings,
  reportManifestContradiction,
  reportManifestContradictionSync,
  reportSelfContradiction,
  setCommission,
  setCommissionSync,
  settleSync,
  stake,
  unbond,
  unbondSync,
  withdrawStake,
  withdrawStakeSync,
} from "../../../sdk/chain/index.ts";
import {
  deliveryCommitment,
  leafEntry,
  leafHash,
  manifestProof,
  manifestRoot,
  paymentChannelsDomain,
  privateKeySigner,
} from "../../../sdk/core/index.ts";
import type {
  Deployment,
  Hex,
  ManifestLeaf,
  SegmentEntry,
  SessionSigner,
  SignedDelivery,
} from "../../../sdk/core/index.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment, LocalWallet } from "../../../scripts/local/localDeployment.ts";
import { openPayer } from "../../helpers/openPayer.ts";
import { signDelivery } from "../../helpers/signDelivery.ts";
import {
  enterNextEpoch,
  giveStake,
  newDelegator,
  newWallet,
  registeredOperator,
  SMALL_STAKES,
  stakedOperator,
} from "../../helpers/stakedOperator.ts";
import { expectRefusal, refusal } from "./refusal.ts";

const SHARES_PER_UNIT = 1_000_000n;

describe("contract errors above the escrow", () => {
  let local: LocalDeployment;
  let deployment: Deployment;
  let reader: LocalWallet;

  before(async () => {
    local = await startLocalDeployment({ ...SMALL_STAKES, feeBps: 100 });
    deployment = local.deployment;
    reader = local.wallet(9);
  });
  after(async () => local.stop());

  describe("of the stake manager", () => {
    it("tell who cannot stake, and what is missing", async () => {
      const stranger = await newWallet(local);
      await expectRefusal(stake(stranger, { deployment, amount: 1n }), "contract-reverted", "NotRegistered", {
        operator: stranger.account.address,
      });
      const { wallet } = await registeredOperator(local);
      await expectRefusal(stake(wallet, { deployment, amount: 0n }), "malformed-message", "ZeroAmount", {});
      const spender = deployment.stakeManager.address;
      await expectRefusal(
        stake(wallet, { deployment, amount: 5n }),
        "contract-reverted",
        "ERC20InsufficientAllowance",
        {
          spender,
          allowance: 0n,
          needed: 5n,
        },
      );
      await local.mint(wallet.account.address, 2n ** 96n - 1n);
      await approveSync(wallet, { deployment, spender: "stakeManager", amount: 2n ** 97n });
      await stakedOperator(local, 1n);
      const full = await refusal(stake(wallet, { deployment, amount: 2n ** 96n - 1n }));
      if (!isContractError(full, "StakeFull")) throw full;
      expect(full.args.actual > full.args.max).to.equal(true);
    });

    it("tell to whom one cannot delegate, and how much", async () => {
      const { operator, wallet } = await stakedOperator(local, 1_000n);
      await setCommissionSync(wallet, { deployment, commissionBps: 200 });
      const delegator = await newWallet(local);
      await giveStake(local, delegator, 100_000n);
      const options = { deployment, operator, amount: 100n, maxCommissionBps: 200 };
      await expectRefusal(delegate(wallet, options), "contract-reverted", "CannotDelegateToSelf", { operator });
      await expectRefusal(
        delegate(delegator, { ...options, maxCommissionBps: 199 }),
        "contract-reverted",
        "CommissionTooHigh",
        { max: 199n, actual: 200n },
      );
      await expectRefusal(
        delegate(delegator, { ...options, amount: 10_001n }),
        "contract-reverted",
        "DelegationTooHigh",
        { max: 10_000n, actual: 10_001n },
      );
      await clearAgentSync(wallet, { deployment });
      await expectRefusal(delegate(delegator, options), "contract-reverted", "OperatorNotActive", { operator });
    });

    it("tell what a commission may be, and when it may rise", async () => {
      const { operator, wallet } = await stakedOperator(local, 1_000n);
      await expectRefusal(
        setCommission(wallet, { deployment, commissionBps: 5_001 }),
        "contract-reverted",
        "CommissionTooHigh",
        { max: 5_000n, actual: 5_001n },
      );
      await newDelegator(local, operator, 1n);
      // Far from the end of an epoch, so that all of it happens in one.
      await enterNextEpoch(local);
      await expectRefusal(
        setCommission(wallet, { deployment, commissionBps: 101 }),
        "contract-reverted",
        "CommissionTooHigh",
        { max: 100n, actual: 101n },
      );
      await setCommissionSync(wallet, { deployment, commissionBps: 100 });
      const epoch = await readEpoch(reader, { deployment });
      await expectRefusal(
        setCommission(wallet, { deployment, commissionBps: 101 }),
        "contract-reverted",
        "CommissionRaisedAlready",
        { epoch },
      );
    });

    it("tell what cannot be taken out, and from when it can", async () => {
      const { operator, wallet } = await stakedOperator(local, 1_000n);
      const held = 1_000n * SHARES_PER_UNIT;
      const take = { deployment, operator };
      await expectRefusal(unbond(wallet, { ...take, shares: held + 1n }), "contract-reverted", "InsufficientShares", {
        available: held,
        actual: held + 1n,
      });
      await expectRefusal(unbond(wallet, { ...take, shares: 0n }), "malformed-message", "ZeroAmount", {});
      const unknown = { holder: operator, index: 0n };
      const leave = { deployment, index: 0n };
      await expectRefusal(withdrawStake(wallet, leave), "contract-reverted", "UnbondingUnknown", unknown);
      await unbondSync(wallet, { ...take, shares: held });
      const { unbondings } = await readUnbondings(reader, { deployment, holder: operator });
      const early = await refusal(withdrawStake(wallet, leave));
      if (!isContractError(early, "StillUnbonding")) throw early;
      expect(early.args.endsAt).to.equal(BigInt(unbondings[0]!.endsAt));
      expect(early.args.endsAt > early.args.now_).to.equal(true);
      await local.sleep(SMALL_STAKES.unbondingPeriod);
      await withdrawStakeSync(wallet, leave);
      await expectRefusal(withdrawStake(wallet, leave), "contract-reverted", "UnbondingUnknown", unknown);
    });
  });

  describe("of the rewards distributor", () => {
    it("tell who may not distribute, and when", async () => {
      const { operator } = await stakedOperator(local, 1_000n);
      const { operator: unstaked } = await registeredOperator(local);
      await expectRefusal(distribute(reader, { deployment, operator: unstaked }), "contract-reverted", "NoStake", {
        operator: unstaked,
      });
      await enterNextEpoch(local);
      const payer = await openPayer(local, 1_000n);
      const rows = [await payer.row(await payer.fundedChannel(operator, 1_000n), 1_000n)];
      await settleSync(reader, { deployment, payee: operator, rows });
      await distributeSync(reader, { deployment, operator });
      const epoch = await readEpoch(reader, { deployment });
      await expectRefusal(distribute(reader, { deployment, operator }), "contract-reverted", "DistributedAlready", {
        operator,
        epoch,
      });
    });
  });

  describe("of the disputes", () => {
    const leaves: readonly ManifestLeaf[] = ["a.ts", "b.ts"].map((path, i) => ({
      path,
      contentHash: `0x${`${i + 1}${i + 1}`.repeat(32)}`,
      size: 10n,
    }));
    const root = manifestRoot(leaves);
    const [entry, sibling] = leaves.map(leafEntry) as [SegmentEntry, SegmentEntry];
    const listed = manifestProof(leaves, entry.resource);
    const wrong: Hex = `0x${"ee".repeat(32)}`;

    async function delivered(agent: SessionSigner, changed: Partial<SegmentEntry> = {}): Promise<SignedDelivery> {
      const domain = paymentChannelsDomain(deployment);
      return signDelivery(domain, agent, { channelId: wrong, manifestRoot: root, ...entry, ...changed });
    }

    /** A salt under which the reader's commitment to `deliveries` is in force. */
    async function committed(...deliveries: readonly SignedDelivery[]): Promise<Hex> {
      const salt = generatePrivateKey();
      const commitment = deliveryCommitment({ reporter: reader.account.address, salt, deliveries });
      await commitDisputeSync(reader, { deployment, commitment });
      await local.sleep(61);
      return salt;
    }

    it("tell a report that was not announced, or too late, or too early", async () => {
      const { agent } = await stakedOperator(local, 1_000n);
      const delivery = await delivered(agent, { contentHash: wrong });
      const salt = generatePrivateKey();
      const commitment = deliveryCommitment({ reporter: reader.account.address, salt, deliveries: [delivery] });
      const report = { deployment, delivery, listed, salt };
      await expectRefusal(reportManifestContradiction(reader, report), "contract-reverted", "NotCommitted", {
        commitment,
      });
      const hash = await commitDispute(reader, { deployment, commitment });
      await local.publicClient.waitForTransactionReceipt({ hash });
      const since = (await readCommittedAt(reader, { deployment, commitment }))!;
      for (const seconds of [0, 86_400]) {
        await local.sleep(seconds);
        const error = await refusal(reportManifestContradiction(reader, report));
        if (!isContractError(error, "CommitmentNotInForce")) throw error;
        const { from, now_, until } = error.args;
        expect({ from, until }).to.deep.equal({ from: since + 60n, until: since + 86_400n });
        expect(now_ < from || now_ >= until).to.equal(true);
      }
    });

    it("tell a proof of nothing", async () => {
      const { agent } = await stakedOperator(local, 1_000n);
      const truth = await delivered(agent);
      const report = { deployment, delivery: truth, listed, salt: await committed(truth) };
      await expectRefusal(reportManifestContradiction(reader, report), "contract-reverted", "NoContradiction", {});
      const unproven = { ...listed, entry: { ...entry, size: 11n } };
      await expectRefusal(
        reportManifestContradiction(reader, { ...report, listed: unproven }),
        "contract-reverted",
        "NotInManifest",
        { manifestRoot: root, leaf: leafHash(unproven.entry) },
      );
      const twice = { deployment, deliveries: [truth, truth] as const, salt: await committed(truth, truth) };
      await expectRefusal(reportSelfContradiction(reader, twice), "contract-reverted", "NoContradiction", {});
      const elsewhere = await delivered(agent, sibling);
      const apart = { deployment, deliveries: [truth, elsewhere] as const, salt: await committed(truth, elsewhere) };
      await expectRefusal(reportSelfContradiction(reader, apart), "contract-reverted", "DifferentSubject", {});
    });

    it("tell an agent that nobody answers for, and one that was slashed for", async () => {
      const stranger = privateKeySigner(generatePrivateKey());
      const forged = await delivered(stranger, { contentHash: wrong });
      await expectRefusal(
        reportManifestContradiction(reader, { deployment, delivery: forged, listed, salt: await committed(forged) }),
        "contract-reverted",
        "NotAccountable",
        { signer: getAddress(stranger.address) },
      );
      const { agent } = await stakedOperator(local, 1_000n);
      const lie = await delivered(agent, { contentHash: wrong });
      const report = { deployment, delivery: lie, listed, salt: await committed(lie) };
      await reportManifestContradictionSync(reader, report);
      await expectRefusal(reportManifestContradiction(reader, report), "contract-reverted", "AgentRetired", {
        agent: getAddress(agent.address),
      });
    });
  });
});
