import { expect } from "chai";
import {
  distribute,
  distributeCall,
  distributeSync,
  readDistributedIn,
  readEpoch,
  readOperatorStake,
  readPendingRewards,
  readRewards,
  readRewardsParameters,
  readStake,
  readTokenBalance,
  setCommissionSync,
  settleSync,
} from "../../../sdk/chain/index.ts";
import type { Address, Deployment } from "../../../sdk/core/index.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment, LocalWallet } from "../../../scripts/local/localDeployment.ts";
import { openPayer } from "../../helpers/openPayer.ts";
import { enterNextEpoch, newDelegator, SMALL_STAKES, stakedOperator } from "../../helpers/stakedOperator.ts";
import type { StagedOperator } from "../../helpers/stakedOperator.ts";
import { itHasThreeForms } from "./threeForms.ts";

/** With the defaults and the stake below, a good part of so much in fees comes back. */
const FEES = 5_000n;
const OWN = 100_000n;
const DELEGATED = 300_000n;

describe("rewards distributor", () => {
  let local: LocalDeployment;
  let deployment: Deployment;
  let reader: LocalWallet;

  before(async () => {
    local = await startLocalDeployment({ ...SMALL_STAKES, feeBps: 100, rhoBps: 8_000, lambda: 10n ** 16n });
    deployment = local.deployment;
    reader = local.wallet(9);
  });
  after(async () => local.stop());

  /** Settles what leaves `FEES` behind. */
  async function earnFees(operator: Address): Promise<void> {
    const amount = FEES * 100n;
    const payer = await openPayer(local, amount);
    const channel = await payer.fundedChannel(operator, amount);
    await settleSync(reader, { deployment, payee: operator, rows: [await payer.row(channel, amount)] });
  }

  /** An operator with a delegator, whose stake counts and whose fees wait. */
  async function earningOperator(): Promise<StagedOperator & { readonly delegator: LocalWallet }> {
    const staged = await stakedOperator(local, OWN);
    const { operator, wallet } = staged;
    await setCommissionSync(wallet, { deployment, commissionBps: 1_000 });
    const delegator = await newDelegator(local, operator, DELEGATED);
    await enterNextEpoch(local);
    await earnFees(operator);
    return { ...staged, delegator };
  }

  describe("distribute", () => {
    itHasThreeForms(
      { call: distributeCall, send: distribute, sync: distributeSync },
      async () => {
        const { operator } = await earningOperator();
        const { rewards } = await readPendingRewards(reader, { deployment, operator });
        const epoch = await readEpoch(reader, { deployment });
        const { rewardable: stake } = await readOperatorStake(reader, { deployment, operator });
        return { client: reader, options: { deployment, operator, rewards, epoch, stake } };
      },
      ({ epoch, operator, rewards, stake }) => {
        const delegated = (rewards * DELEGATED) / (OWN + DELEGATED);
        const commission = delegated / 10n;
        const split = { own: rewards - delegated, delegated: delegated - commission, commission };
        return [
          { eventName: "RewardsDistributed", args: { operator, epoch, fees: FEES, rewards, stake } },
          { eventName: "FeesCollected", args: { payee: operator, amount: FEES } },
          { eventName: "RewardsAdded", args: { operator, ...split } },
        ];
      },
      async ({ events }, { epoch, operator, stake }) => {
        expect(stake).to.equal(OWN + DELEGATED);
        expect(await readDistributedIn(reader, { deployment, operator })).to.equal(epoch);
        expect(await readPendingRewards(reader, { deployment, operator })).to.deep.equal({ fees: 0n, rewards: 0n });
        const commission = await readRewards(reader, { deployment, account: operator });
        expect(events.find(({ eventName }) => eventName === "RewardsAdded")?.args).to.deep.include({ commission });
      },
    );

    it("makes shares worth more over the epoch that follows", async () => {
      const { delegator, operator } = await earningOperator();
      const of = { deployment, operator, holder: delegator.account.address };
      await distributeSync(reader, { deployment, operator });
      const { amount: before } = await readStake(reader, of);
      expect(before <= DELEGATED).to.equal(true);
      await enterNextEpoch(local);
      const { amount: between } = await readStake(reader, of);
      expect(between > before).to.equal(true);
      await enterNextEpoch(local);
      const { amount: after } = await readStake(reader, of);
      expect(after >= between).to.equal(true);
      await enterNextEpoch(local);
      expect((await readStake(reader, of)).amount).to.equal(after);
    });

    it("does nothing without fees, and leaves the epoch unused", async () => {
      const { operator } = await stakedOperator(local, OWN);
      await enterNextEpoch(local);
      expect((await distributeSync(reader, { deployment, operator })).events).to.deep.equal([]);
      expect(await readDistributedIn(reader, { deployment, operator })).to.equal(undefined);
    });
  });

  describe("reads", () => {
    it("tell what comes back, which is always less than the fees", async () => {
      const { operator } = await earningOperator();
      const { fees, rewards } = await readPendingRewards(reader, { deployment, operator });
      expect(fees).to.equal(FEES);
      expect(rewards > 0n && rewards < (FEES * 8n) / 10n).to.equal(true);
      const nobody = reader.account.address;
      expect(await readPendingRewards(reader, { deployment, operator: nobody })).to.deep.equal({
        fees: 0n,
        rewards: 0n,
      });
    });

    it("see what stays behind for ever", async () => {
      const owner = deployment.rewardsDistributor.address;
      const before = await readTokenBalance(reader, { deployment, owner });
      const { operator } = await earningOperator();
      const { fees, rewards } = await readPendingRewards(reader, { deployment, operator });
      await distributeSync(reader, { deployment, operator });
      expect((await readTokenBalance(reader, { deployment, owner })) - before).to.equal(fees - rewards);
    });

    it("state the parameters", async () => {
      expect(await readRewardsParameters(reader, { deployment })).to.deep.equal({
        paymentChannels: deployment.paymentChannels.address,
        stakeManager: deployment.stakeManager.address,
        rhoBps: 8_000,
        lambda: 10n ** 16n,
      });
    });
  });
});
