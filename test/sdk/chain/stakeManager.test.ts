import { expect } from "chai";
import {
  approveSync,
  claimRewards,
  claimRewardsCall,
  claimRewardsSync,
  clearAgentSync,
  delegate,
  delegateCall,
  delegateSync,
  distributeSync,
  readBurned,
  readEpoch,
  readIsActive,
  readIsRetired,
  readOperatorStake,
  readOperatorStakes,
  readRewards,
  readStake,
  readStakeParameters,
  readTokenAllowance,
  readTokenBalance,
  readUnbondings,
  setBeneficiarySync,
  setCommission,
  setCommissionCall,
  setCommissionSync,
  settleSync,
  stake,
  stakeCall,
  stakeSync,
  unbond,
  unbondCall,
  unbondSync,
  withdrawStake,
  withdrawStakeCall,
  withdrawStakeSync,
} from "../../../sdk/chain/index.ts";
import type { Address, Deployment } from "../../../sdk/core/index.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment, LocalWallet } from "../../../scripts/local/localDeployment.ts";
import { openPayer } from "../../helpers/openPayer.ts";
import {
  enterNextEpoch,
  giveStake,
  newDelegator,
  newWallet,
  registeredOperator,
  SMALL_STAKES,
  stakedOperator,
} from "../../helpers/stakedOperator.ts";
import { itHasThreeForms } from "./threeForms.ts";

/** What the first unit of a pool buys. */
const SHARES_PER_UNIT = 1_000_000n;

const NOTHING = {
  own: 0n,
  ownUnbonding: 0n,
  delegated: 0n,
  delegatedUnbonding: 0n,
  delegationRoom: 0n,
  rewardable: 0n,
  commissionBps: 0,
  active: false,
};

describe("stake manager", () => {
  let local: LocalDeployment;
  let deployment: Deployment;
  let reader: LocalWallet;

  before(async () => {
    local = await startLocalDeployment({ ...SMALL_STAKES, feeBps: 100 });
    deployment = local.deployment;
    reader = local.wallet(9);
  });
  after(async () => local.stop());

  const nextBlockAt = async (): Promise<number> => {
    const { timestamp } = await local.publicClient.getBlock();
    await local.testClient.setNextBlockTimestamp({ timestamp: timestamp + 60n });
    return Number(timestamp) + 60;
  };

  /** An operator whose commission of 10% of what its delegator earned can be claimed. */
  async function operatorWithCommission(): Promise<Address> {
    const { operator, wallet } = await registeredOperator(local);
    await setCommissionSync(wallet, { deployment, commissionBps: 1_000 });
    await giveStake(local, wallet, 1_000n);
    await stakeSync(wallet, { deployment, amount: 1_000n });
    await newDelegator(local, operator, 9_000n);
    await enterNextEpoch(local);
    const payer = await openPayer(local, 1_000_000n);
    const channel = await payer.fundedChannel(operator, 1_000_000n);
    const rows = [await payer.row(channel, 1_000_000n)];
    await settleSync(reader, { deployment, payee: operator, rows });
    await distributeSync(reader, { deployment, operator });
    return operator;
  }

  describe("stake", () => {
    itHasThreeForms(
      { call: stakeCall, send: stake, sync: stakeSync },
      async () => {
        const { wallet } = await registeredOperator(local);
        await giveStake(local, wallet, 1_500n);
        return { client: wallet, options: { deployment, amount: 1_500n } };
      },
      (_, { account: { address: operator } }) => [
        { eventName: "Staked", args: { operator, amount: 1_500n, shares: 1_500n * SHARES_PER_UNIT } },
      ],
      async ({ events }) => {
        const { operator } = events[0]!.args;
        const shares = 1_500n * SHARES_PER_UNIT;
        expect(await readStake(reader, { deployment, operator, holder: operator })).to.deep.equal({
          shares,
          amount: 1_500n,
        });
        expect(await readIsActive(reader, { deployment, operator })).to.equal(true);
      },
    );

    it("takes what was approved for it, and the escrow's allowance is another one", async () => {
      const wallet = await newWallet(local);
      const of = { deployment, owner: wallet.account.address };
      await approveSync(wallet, { deployment, spender: "stakeManager", amount: 5n });
      expect(await readTokenAllowance(reader, { ...of, spender: "stakeManager" })).to.equal(5n);
      expect(await readTokenAllowance(reader, of)).to.equal(0n);
      await approveSync(wallet, { deployment, amount: 7n });
      expect(await readTokenAllowance(reader, { ...of, spender: "paymentChannels" })).to.equal(7n);
      expect(await readTokenAllowance(reader, { ...of, spender: "stakeManager" })).to.equal(5n);
    });
  });

  describe("delegate", () => {
    itHasThreeForms(
      { call: delegateCall, send: delegate, sync: delegateSync },
      async () => {
        const { operator } = await stakedOperator(local, 1_000n);
        const client = await newWallet(local);
        await giveStake(local, client, 400n);
        return { client, options: { deployment, operator, amount: 400n, maxCommissionBps: 0 } };
      },
      ({ operator }, { account: { address: delegator } }) => [
        { eventName: "Delegated", args: { operator, delegator, amount: 400n, shares: 400n * SHARES_PER_UNIT } },
      ],
      async ({ events }, { operator }) => {
        const { delegator: holder } = events[0]!.args;
        const shares = 400n * SHARES_PER_UNIT;
        expect(await readStake(reader, { deployment, operator, holder })).to.deep.equal({ shares, amount: 400n });
      },
    );
  });

  describe("unbond", () => {
    itHasThreeForms(
      { call: unbondCall, send: unbond, sync: unbondSync },
      async () => {
        const { operator } = await stakedOperator(local, 1_000n);
        const client = await newDelegator(local, operator, 400n);
        const endsAt = (await nextBlockAt()) + SMALL_STAKES.unbondingPeriod;
        return { client, options: { deployment, operator, shares: 100n * SHARES_PER_UNIT, endsAt } };
      },
      ({ endsAt, operator, shares }, { account: { address: holder } }) => [
        { eventName: "UnbondingStarted", args: { operator, holder, index: 0n, amount: 100n, shares, endsAt } },
      ],
      async ({ events, receipt }, { endsAt, operator }) => {
        const { holder } = events[0]!.args;
        expect(await readUnbondings(reader, { deployment, holder })).to.deep.equal({
          unbondings: [{ index: 0n, operator, amount: 100n, endsAt }],
          total: 1n,
          blockNumber: receipt.blockNumber,
        });
      },
    );
  });

  describe("withdrawStake", () => {
    itHasThreeForms(
      { call: withdrawStakeCall, send: withdrawStake, sync: withdrawStakeSync },
      async () => {
        const { operator, wallet: client } = await stakedOperator(local, 1_000n);
        const to = (await newWallet(local)).account.address;
        await setBeneficiarySync(client, { deployment, operator, beneficiary: to });
        await unbondSync(client, { deployment, operator, shares: 600n * SHARES_PER_UNIT });
        await local.sleep(SMALL_STAKES.unbondingPeriod);
        return { client, options: { deployment, index: 0n, to } };
      },
      ({ index, to }, { account: { address: operator } }) => [
        { eventName: "StakeWithdrawn", args: { operator, holder: operator, index, to, amount: 600n } },
      ],
      async (_, { to }) => {
        expect(await readTokenBalance(reader, { deployment, owner: to })).to.equal(600n);
      },
    );
  });

  describe("setCommission", () => {
    itHasThreeForms(
      { call: setCommissionCall, send: setCommission, sync: setCommissionSync },
      async () => {
        const { wallet: client } = await registeredOperator(local);
        return { client, options: { deployment, commissionBps: 1_234 } };
      },
      ({ commissionBps }, { account: { address: operator } }) => [
        { eventName: "CommissionSet", args: { operator, commissionBps } },
      ],
      async ({ events }) => {
        const { operator } = events[0]!.args;
        expect((await readOperatorStake(reader, { deployment, operator })).commissionBps).to.equal(1_234);
      },
    );
  });

  describe("claimRewards", () => {
    itHasThreeForms(
      { call: claimRewardsCall, send: claimRewards, sync: claimRewardsSync },
      async () => {
        const account = await operatorWithCommission();
        const amount = await readRewards(reader, { deployment, account });
        expect(amount > 0n).to.equal(true);
        return { client: reader, options: { deployment, account, amount } };
      },
      ({ account, amount }) => [{ eventName: "RewardsClaimed", args: { account, to: account, amount } }],
      async (_, { account, amount }) => {
        expect(await readRewards(reader, { deployment, account })).to.equal(0n);
        expect(await readTokenBalance(reader, { deployment, owner: account })).to.equal(amount);
      },
    );

    it("does nothing without rewards", async () => {
      const { operator: account } = await registeredOperator(local);
      const { events, receipt } = await claimRewardsSync(reader, { deployment, account });
      expect(events).to.deep.equal([]);
      expect(receipt.status).to.equal("success");
    });
  });

  describe("reads", () => {
    it("follow an operator's stake and its delegators'", async () => {
      // Far from the end of an epoch, so that all of it happens in one.
      await enterNextEpoch(local);
      const { operator, wallet } = await stakedOperator(local, 1_000n);
      const of = { deployment, operator };
      const delegator = await newDelegator(local, operator, 4_000n);
      const fresh = { ...NOTHING, own: 1_000n, delegated: 4_000n, delegationRoom: 6_000n, active: true };
      expect(await readOperatorStake(reader, of)).to.deep.equal(fresh);
      await enterNextEpoch(local);
      expect(await readOperatorStake(reader, of)).to.deep.equal({ ...fresh, rewardable: 5_000n });

      await unbondSync(delegator, { ...of, shares: 1_000n * SHARES_PER_UNIT });
      await unbondSync(wallet, { ...of, shares: 1n * SHARES_PER_UNIT });
      expect(await readOperatorStake(reader, of)).to.deep.equal({
        own: 999n,
        ownUnbonding: 1n,
        delegated: 3_000n,
        delegatedUnbonding: 1_000n,
        delegationRoom: 6_990n,
        rewardable: 0n,
        commissionBps: 0,
        active: false,
      });
      expect(await readIsActive(reader, of)).to.equal(false);
    });

    it("tell an operator without an agent from an active one", async () => {
      const { agent, operator, wallet } = await stakedOperator(local, 1_000n);
      expect(await readIsActive(reader, { deployment, operator })).to.equal(true);
      expect(await readIsRetired(reader, { deployment, agent: agent.address })).to.equal(false);
      await clearAgentSync(wallet, { deployment });
      expect(await readIsActive(reader, { deployment, operator })).to.equal(false);
    });

    it("page through the stakes of many, in their order and at one block", async () => {
      const staged = [await stakedOperator(local, 1_001n), await stakedOperator(local, 1_002n)];
      const [one, two] = staged.map(({ operator }) => operator) as [Address, Address];
      const stranger = reader.account.address;
      const operators = [two, stranger, one];
      const { wallet } = staged[0]!;
      const blockNumber = await local.publicClient.getBlockNumber();
      const before = await readOperatorStakes(reader, { deployment, operators });
      expect(before.map(({ own }) => own)).to.deep.equal([1_002n, 0n, 1_001n]);
      expect(before[1]).to.deep.equal(NOTHING);
      await unbondSync(wallet, { deployment, operator: one, shares: 1_001n * SHARES_PER_UNIT });
      for (const pageSize of [1, 2, 3]) {
        expect(await readOperatorStakes(reader, { deployment, operators, pageSize, blockNumber })).to.deep.equal(
          before,
        );
      }
      expect((await readOperatorStakes(reader, { deployment, operators, pageSize: 1 }))[2]!.own).to.equal(0n);
      expect(await readOperatorStakes(reader, { deployment, operators: [] })).to.deep.equal([]);
    });

    it("page through a holder's unbondings, without those that were withdrawn", async () => {
      const { operator, wallet } = await stakedOperator(local, 1_000n);
      const holder = operator;
      for (let i = 1n; i <= 5n; i++) await unbondSync(wallet, { deployment, operator, shares: i * SHARES_PER_UNIT });
      const all = await readUnbondings(reader, { deployment, holder, pageSize: 2n });
      expect(all.total).to.equal(5n);
      expect(all.unbondings.map(({ index, amount }) => [index, amount])).to.deep.equal([
        [0n, 1n],
        [1n, 2n],
        [2n, 3n],
        [3n, 4n],
        [4n, 5n],
      ]);
      await local.sleep(SMALL_STAKES.unbondingPeriod);
      await withdrawStakeSync(wallet, { deployment, index: 2n });
      const { blockNumber } = all;
      expect(await readUnbondings(reader, { deployment, holder, pageSize: 4n, blockNumber })).to.deep.equal(all);
      const middle = await readUnbondings(reader, { deployment, holder, offset: 1n, limit: 3n, pageSize: 2n });
      expect(middle.unbondings).to.deep.equal([all.unbondings[1], all.unbondings[3]]);
      expect(middle.total).to.equal(5n);
      const { unbondings } = await readUnbondings(reader, { deployment, holder, offset: 5n });
      expect(unbondings).to.deep.equal([]);
    });

    it("state the parameters, the epoch and what was burned", async () => {
      expect(await readStakeParameters(reader, { deployment })).to.deep.equal({
        token: deployment.token.address,
        operatorRegistry: deployment.operatorRegistry.address,
        rewardsDistributor: deployment.rewardsDistributor.address,
        deliveryDisputes: deployment.deliveryDisputes.address,
        minSelfStake: 1_000n,
        slashAmount: 500n,
        reporterBps: 3_000,
        delegationRatio: 10,
        epochLength: 3_600,
        unbondingPeriod: 90_000,
        maxCommissionBps: 5_000,
        maxCommissionStepBps: 100,
      });
      const { number: blockNumber, timestamp } = await local.publicClient.getBlock();
      expect(await readEpoch(reader, { deployment, blockNumber })).to.equal(timestamp / 3_600n);
      expect(await readBurned(reader, { deployment })).to.equal(0n);
    });
  });
});
