// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRewardsDistributor} from "../../../contracts/interfaces/IRewardsDistributor.sol";
import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {RewardsDistributorTest} from "./RewardsDistributorTest.sol";

/*
 * an attacker who is payer, operator and all delegators, and wants more out than went in
 * ├── pays itself over several epochs, with any stake, commission and delegation: loses what rho leaves of the fees
 * ├── as several operators: loses as much
 * ├── moves stake in for the block of the distribution: the rewards are the same
 * ├── moves stake in at the boundary: has it locked for longer than an epoch
 * └── takes the fees of others: cannot
 * an operator who wants more of its delegators' rewards
 * ├── raises its commission in the block of the distribution: gets a step
 * └── a delegator who comes for the block of the distribution gets nothing
 */
contract SelfPayingTest is RewardsDistributorTest {
    function testFuzz_attack_payOneself_loses(
        uint256 fees,
        uint256 own,
        uint256 delegated,
        uint256 commission,
        uint256 epochs
    ) public {
        fees = _bound(fees, 1e6, MAX_FEES / 10);
        own = _bound(own, MIN_STAKE, MAX_STAKE / 20);
        delegated = _bound(delegated, 1e6, own * RATIO);
        epochs = _bound(epochs, 1, 4);
        _setCommission(_bound(commission, 0, 5_000));
        _stake(own);
        _delegate(delegator, delegated);
        for (uint256 i; i < epochs; ++i) {
            _earn(operator, fees);
            _skipToEpoch(1);
            assertLt(_distribute(operator), fees, "more rewards than fees");
        }
        _leave(operator, operator);
        _leave(operator, delegator);
        uint256 out = token.balanceOf(operator) + token.balanceOf(delegator) + token.balanceOf(payer);
        assertGe(token.totalSupply() - out, (fees * epochs * (BPS - RHO_BPS)) / BPS, "lost less than the rest of rho");
    }

    function testFuzz_attack_payOneselfAsSeveralOperators_loses(uint256 fees, uint256 own, uint256 part) public {
        fees = _bound(fees, 1e6, MAX_FEES / 10);
        own = _bound(own, MIN_STAKE, MAX_STAKE / 20);
        part = _bound(part, 0, fees);
        _register(other, 2);
        _stake(own);
        _stake(other, own);
        // Each delegates to the other.
        _delegate(operator, other, own);
        _delegate(other, operator, own);
        if (part != 0) _earn(operator, part);
        if (part != fees) _earn(other, fees - part);
        _skipToEpoch(1);
        uint256 rewards = _distribute(operator);
        rewards += _distribute(other);
        assertLe(rewards, _expected(fees, 4 * own) + 1 + fees / 1e17, "more than as one");
        _leave(operator, operator);
        _leave(operator, other);
        _leave(other, operator);
        _leave(other, other);
        uint256 out = token.balanceOf(operator) + token.balanceOf(other) + token.balanceOf(payer);
        assertGe(token.totalSupply() - out, (fees * (BPS - RHO_BPS)) / BPS, "lost less than the rest of rho");
    }

    /// As much as can be, in and out around the distribution, own or delegated: not a unit more, and it is locked.
    function testFuzz_attack_stakeForTheBlockOfTheDistribution_gainsNothing(
        uint256 fees,
        uint256 amount,
        bool isOwn
    ) public {
        fees = _bound(fees, TOKENS, MAX_FEES);
        amount = _bound(amount, 1, 9 * OWN);
        _stake(OWN);
        _earn(operator, fees);
        _skipToEpoch(1);
        address holder = isOwn ? operator : delegator;
        if (isOwn) _stake(amount);
        else _delegate(delegator, amount);
        assertEq(_distribute(operator), _expected(fees, OWN), "the rewards");
        _unbond(holder, amount * 1e6);
        vm.expectPartialRevert(IStakeManager.StillUnbonding.selector);
        _withdraw(holder, 0);
    }

    function testFuzz_attack_unbondBeforeTheDistribution_losesItsPart(uint256 fees, uint256 part) public {
        fees = _bound(fees, TOKENS, MAX_FEES);
        part = _bound(part, 1, OWN - MIN_STAKE);
        _stake(OWN);
        _earn(operator, fees);
        _skipToEpoch(1);
        _unbond(operator, part * 1e6);
        assertEq(_distribute(operator), _expected(fees, OWN - part), "the rewards");
    }

    /// In at an epoch's last second and out at the next one's first: it counts, and then is locked without earning while the
    /// rewards of more than an epoch pass it by.
    function testFuzz_attack_stakeAcrossTheBoundary_isLocked(uint256 fees, uint256 amount) public {
        fees = _bound(fees, TOKENS, MAX_FEES);
        amount = _bound(amount, MIN_STAKE, 9 * OWN);
        _stake(OWN);
        _earn(operator, fees);
        _skipToEpoch(1);
        uint256 boundary = vm.getBlockTimestamp();
        vm.warp(boundary - 1);
        _delegate(delegator, amount);
        skip(1);
        assertEq(_distribute(operator), _expected(fees, OWN + amount), "it counts");
        _unbond(delegator, amount * 1e6);
        _earn(operator, fees);
        vm.warp(boundary + EPOCH);
        uint256 own = stakes.rewardableStake(operator);
        assertLe(own, OWN + _expected(fees, OWN + amount), "counts in the next epoch");
        assertEq(_distribute(operator), _expected(fees, own), "the next rewards");
        vm.warp(boundary + UNBONDING - 1);
        vm.expectPartialRevert(IStakeManager.StillUnbonding.selector);
        _withdraw(delegator, 0);
        skip(1);
        assertEq(_withdraw(delegator, 0), amount, "it earned nothing");
    }

    function testFuzz_attack_takeAnothersFees_cannot(uint256 fees, address thief) public {
        vm.assume(thief != stranger && thief != operator);
        fees = _bound(fees, TOKENS, MAX_FEES);
        _stake(OWN);
        _earn(stranger, fees);
        _earn(operator, fees);
        _skipToEpoch(1);
        uint256 before = token.balanceOf(thief);
        vm.startPrank(thief);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.NoStake.selector, stranger));
        weir.distributor.distribute(stranger);
        weir.distributor.distribute(operator);
        vm.stopPrank();
        assertEq(token.balanceOf(thief), before, "the thief's");
        assertEq(_feesOf(stranger), fees, "fees of whoever has no stake");
    }

    function testFuzz_attack_raiseCommissionInTheBlockOfTheDistribution_getsAStep(uint256 fees) public {
        fees = _bound(fees, TOKENS, MAX_FEES);
        _stake(OWN);
        _delegate(delegator, OWN);
        _earn(operator, fees);
        _skipToEpoch(1);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.CommissionTooHigh.selector, 100, 5_000));
        _setCommission(5_000);
        _setCommission(100);
        uint256 rewards = _distribute(operator);
        assertEq(stakes.rewardsOf(operator), (rewards / 2) / 100, "a hundredth of the delegators' half");
    }

    function testFuzz_attack_delegateForTheBlockOfTheDistribution_earnsNothing(uint256 fees, uint256 amount) public {
        fees = _bound(fees, TOKENS, MAX_FEES);
        amount = _bound(amount, 1, 9 * OWN);
        _stake(OWN);
        _delegate(delegator, OWN);
        _earn(operator, fees);
        _skipToEpoch(1);
        _delegate(other, amount);
        _distribute(operator);
        uint256 index = _unbondAll(other);
        skip(UNBONDING);
        assertLe(_withdraw(other, index), amount, "it earned");
        assertGe(_valueOf(delegator), OWN, "those who stay");
    }

    /// @dev Takes out everything that `who` has behind `from`, after all has arrived.
    function _leave(address from, address who) private {
        skip(EPOCH);
        (uint160 shares, ) = stakes.stakeOf(from, who);
        uint256 index = _unbond(who, from, shares);
        skip(UNBONDING);
        _withdraw(who, index);
        stakes.claimRewards(who);
        weir.escrow.withdrawEarnings(who);
    }
}
