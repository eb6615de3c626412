import { expect } from "chai";
import { id, sha256, toUtf8Bytes } from "ethers";
import { manifestProof, manifestRoot, resourceId } from "../../sdk/core/index.ts";
import type { Hex } from "../../sdk/core/index.ts";
import { ethers, FEE_BPS, GIB, networkHelpers, openChannel, registerPayee, rowOf, sign, tokens } from "./fixture.ts";
import {
  EPOCH,
  loadStakedWeir,
  MIN_SELF_STAKE,
  REPORTER_BPS,
  RHO_BPS,
  SLASH_AMOUNT,
  UNBONDING,
} from "./stakingFixture.ts";
import type { StakedWeir } from "./stakingFixture.ts";

const COMMISSION_BPS = 1_000n;
const DELEGATED = tokens("3000");
const LEAVES = ["init.mp4", "segment-0.m4s", "segment-1.m4s"].map((path, index) => ({
  path,
  contentHash: sha256(toUtf8Bytes(path)) as Hex,
  size: BigInt(1_000 + index),
}));

describe("the life of a stake", () => {
  let weir: StakedWeir;
  beforeEach(async () => {
    weir = await loadStakedWeir();
    await registerPayee(weir);
  });

  /** The payee stakes the least and a stranger delegates three times as much. */
  async function stakeAndDelegate(): Promise<void> {
    const { payee, stakes, stranger, token } = weir;
    for (const [wallet, amount] of [
      [payee, MIN_SELF_STAKE],
      [stranger, DELEGATED],
    ] as const) {
      await token.mint(wallet, amount);
      await token.connect(wallet).approve(stakes, amount);
    }
    await stakes.connect(payee).setCommission(COMMISSION_BPS);
    await stakes.connect(payee).stake(MIN_SELF_STAKE);
    await expect(stakes.connect(stranger).delegate(payee, DELEGATED, COMMISSION_BPS - 1n))
      .to.be.revertedWithCustomError(stakes, "CommissionTooHigh")
      .withArgs(COMMISSION_BPS - 1n, COMMISSION_BPS);
    await stakes.connect(stranger).delegate(payee, DELEGATED, COMMISSION_BPS);
  }

  /** A viewer pays for so many GiB at a token each. */
  async function sell(gibs: bigint): Promise<bigint> {
    const { escrow, payee, session } = weir;
    const channel = await openChannel(weir, gibs * tokens("1"));
    await escrow.settle(payee, [await rowOf(weir, session, channel, gibs * GIB)]);
    return (gibs * tokens("1") * FEE_BPS) / 10_000n;
  }

  /** What anyone can get out, and what nobody can: together the stake manager's tokens. */
  async function expectConserved(accounts: readonly string[]): Promise<void> {
    const { payee, stakes, token } = weir;
    const { own, ownUnbonding, delegated, delegatedUnbonding } = await stakes.operatorStake(payee);
    let sum = own + ownUnbonding + delegated + delegatedUnbonding + (await stakes.burned());
    for (const account of accounts) sum += await stakes.rewardsOf(account);
    expect(await token.balanceOf(stakes)).to.equal(sum);
  }

  it("earns what its operator's own fees allow, and comes back to the wei", async () => {
    const { cold, collector, distributor, escrow, payee, stakes, stranger, token } = weir;
    await stakeAndDelegate();
    const fees = await sell(100n);

    // In the epoch in which it came, stake counts for nothing, and only the operator may waste its fees.
    await expect(distributor.connect(collector).distribute(payee))
      .to.be.revertedWithCustomError(distributor, "NoStake")
      .withArgs(payee.address);
    await networkHelpers.time.increase(EPOCH);
    const [, rewards] = await distributor.pendingRewards(payee);
    expect(rewards)
      .to.be.greaterThan(0n)
      .and.at.most((fees * RHO_BPS) / 10_000n);
    const distribute = distributor.connect(collector).distribute(payee);
    await expect(distribute).to.changeTokenBalances(
      ethers,
      token,
      [escrow, distributor, stakes],
      [-fees, fees - rewards, rewards],
    );
    await expect(distributor.distribute(payee)).to.be.revertedWithCustomError(distributor, "DistributedAlready");

    const gross = (rewards * DELEGATED) / (MIN_SELF_STAKE + DELEGATED);
    const commission = (gross * COMMISSION_BPS) / 10_000n;
    expect(await stakes.rewardsOf(payee)).to.equal(commission);
    await expect(stakes.connect(collector).claimRewards(payee)).to.changeTokenBalance(ethers, token, cold, commission);

    await networkHelpers.time.increase(EPOCH);
    await expectConserved([]);
    const [shares, worth] = await stakes.stakeOf(payee, stranger);
    // The virtual shares and rounding keep less than a millionth of a millionth.
    expect(worth).to.be.within(DELEGATED + gross - commission - 1_000_000n, DELEGATED + gross - commission);
    await stakes.connect(stranger).unbond(payee, shares);
    await expect(stakes.connect(stranger).withdraw(0)).to.be.revertedWithCustomError(stakes, "StillUnbonding");
    await networkHelpers.time.increase(UNBONDING);
    await expect(stakes.connect(stranger).withdraw(0)).to.changeTokenBalances(
      ethers,
      token,
      [stakes, stranger],
      [-worth, worth],
    );
    await expectConserved([]);
  });

  it("is lost by proof, the operator's own first, and the reporter is paid of that alone", async () => {
    const { agent, collector: reporter, disputes, domain, payee, stakes, token } = weir;
    await stakeAndDelegate();
    const resource = resourceId("segment-1.m4s");
    const said = {
      channelId: id("some channel") as Hex,
      manifestRoot: manifestRoot(LEAVES),
      resource,
      contentHash: id("other bytes") as Hex,
      size: 1_002n,
    };
    const delivery = { ...said, ...(await sign(agent, domain, "Delivery", said)) };
    const { entry, proof } = manifestProof(LEAVES, resource);
    const salt = id("salt");
    const report = async (from = reporter): Promise<unknown> =>
      disputes.connect(from).reportManifestContradiction(delivery, entry.contentHash, entry.size, [...proof], salt);

    await disputes.connect(reporter).commit(await disputes.commitmentOf(reporter, salt, [delivery]));
    await expect(report()).to.be.revertedWithCustomError(disputes, "CommitmentNotInForce");
    await networkHelpers.time.increase(60);
    // Whoever copies the report from the pool never committed to it.
    await expect(report(weir.stranger)).to.be.revertedWithCustomError(disputes, "NotCommitted");
    // Leaving now is too late.
    const [shares] = await stakes.stakeOf(payee, payee);
    await stakes.connect(payee).unbond(payee, shares);
    const cut = (SLASH_AMOUNT * REPORTER_BPS) / 10_000n;
    await expect(report())
      .to.emit(stakes, "Slashed")
      .withArgs(payee.address, agent.address, reporter.address, SLASH_AMOUNT, 0n, cut);
    await expectConserved([reporter.address]);
    expect((await stakes.operatorStake(payee)).delegated).to.equal(DELEGATED);
    expect(await stakes.isActive(payee)).to.equal(false);
    await expect(report()).to.be.revertedWithCustomError(disputes, "AgentRetired").withArgs(agent.address);

    await expect(stakes.claimRewards(reporter)).to.changeTokenBalance(ethers, token, reporter, cut);
    expect(await stakes.burned()).to.equal(SLASH_AMOUNT - cut);
    await expectConserved([]);
  });
});
