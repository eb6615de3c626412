// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeManagerTest} from "./StakeManagerTest.sol";

/*
 * addRewards
 * ├── when the caller is not the distributor: NotAuthorized
 * └── else: RewardsAdded, and the tokens come in
 *     ├── given nobody delegates: all for the own stake
 *     ├── else: pro rata, and the commission of the delegators' part can be claimed
 *     ├── given stake came or left since the epoch began: the smaller counts (trap: taking others' part)
 *     ├── given nobody holds own stake any more: it waits for whoever stakes next
 *     └── given rewards are on their way: both arrive over a new epoch
 * rewards on their way
 * ├── arrive evenly, all by the end of an epoch, however often the operator is touched
 * ├── belong to those who are in the pool when they arrive (trap: buying in for a moment)
 * └── wait while the pool is empty
 * claimRewards
 * ├── given nothing: zero, and nothing happens
 * └── else: RewardsClaimed, whoever calls, to the account's beneficiary or itself
 */
contract RewardsTest is StakeManagerTest {
    function testFuzz_addRewards_itSplitsProRata(uint256 own, uint256 delegated, uint256 amount, uint256 bps) public {
        own = _boundOwn(own);
        delegated = _boundDelegated(delegated, own);
        amount = _bound(amount, 1, MAX_STAKE);
        bps = _bound(bps, 0, 5_000);
        _setCommission(bps);
        _stakeAndDelegate(own, delegated);
        _skipToEpoch(1);
        uint256 delegators = (amount * delegated) / (own + delegated);
        uint256 commission = (delegators * bps) / BPS;

        token.mint(address(weir.distributor), amount);
        vm.startPrank(address(weir.distributor));
        token.approve(address(stakes), amount);
        vm.expectEmit(address(stakes));
        emit IStakeManager.RewardsAdded(
            operator,
            uint96(amount - delegators),
            uint96(delegators - commission),
            uint96(commission)
        );
        stakes.addRewards(operator, uint96(amount));
        vm.stopPrank();
        assertEq(token.balanceOf(address(stakes)), own + delegated + amount, "tokens held");
        assertEq(stakes.rewardsOf(operator), commission, "commission");
        _assertPools(own, 0, delegated, 0);

        skip(EPOCH);
        _assertPools(own + amount - delegators, 0, delegated + delegators - commission, 0);
    }

    function testFuzz_addRewards_givenNobodyDelegates_allIsOwn(uint256 own, uint256 amount, uint256 bps) public {
        own = _boundOwn(own);
        amount = _bound(amount, 1, MAX_STAKE);
        _setCommission(_bound(bps, 0, 5_000));
        _stake(own);
        _addRewards(amount);
        skip(EPOCH);
        _assertPools(own + amount, 0, 0, 0);
        assertEq(stakes.rewardsOf(operator), 0, "commission of nothing");
    }

    /// Whoever adds to one side just before a distribution takes nothing from the other; whoever leaves leaves his part.
    function testFuzz_attack_moveStakeJustBefore_takesNothingFromOthers(
        uint256 seed,
        uint256 amount,
        bool isOwn
    ) public {
        amount = _bound(amount, 1, MAX_STAKE);
        _stakeAndDelegate(2 * OWN, 2 * OWN);
        _skipToEpoch(1);
        uint256 moved = _bound(seed >> 1, 1, OWN);
        uint256[2] memory sides = [2 * OWN, 2 * OWN];
        if (seed % 2 == 0) {
            if (isOwn) _stake(moved);
            else _delegate(other, moved);
            sides[isOwn ? 0 : 1] += moved;
        } else {
            _unbond(isOwn ? operator : delegator, moved * 1e6);
            sides[isOwn ? 0 : 1] -= moved;
        }
        uint256 own = sides[0] < 2 * OWN ? sides[0] : 2 * OWN;
        uint256 delegated = sides[1] < 2 * OWN ? sides[1] : 2 * OWN;
        _addRewardsNow(amount);
        skip(EPOCH);
        uint256 delegators = (amount * delegated) / (own + delegated);
        assertEq(_state().own, sides[0] + amount - delegators, "own");
        assertEq(_state().delegated, sides[1] + delegators, "delegated");
    }

    /// Unbonding stake has no part in rewards.
    function testFuzz_addRewards_countsBondedStakeAlone(uint256 amount, bool isOwn) public {
        amount = _bound(amount, 3 * TOKENS, MAX_STAKE);
        _stakeAndDelegate(OWN, OWN);
        _unbond(isOwn ? operator : delegator, (OWN / 2) * 1e6);
        _addRewards(amount);
        skip(EPOCH);
        uint256 delegators = isOwn ? (amount * 2) / 3 : amount / 3;
        uint256 half = OWN / 2;
        if (isOwn) _assertPools(half + amount - delegators, half, OWN + delegators, 0);
        else _assertPools(OWN + amount - delegators, 0, half + delegators, half);
    }

    function testFuzz_addRewards_whenNotTheDistributor_itReverts(address caller, uint96 amount) public {
        vm.assume(caller != address(weir.distributor));
        vm.expectRevert(
            abi.encodeWithSelector(IStakeManager.NotAuthorized.selector, address(weir.distributor), caller)
        );
        vm.prank(caller);
        stakes.addRewards(operator, amount);
    }

    function testFuzz_addRewards_whenItWouldHoldTooMuch_itReverts(uint96 amount) public {
        amount = uint96(_bound(amount, 1, type(uint96).max));
        _stake(MIN_STAKE);
        token.mint(address(stakes), type(uint96).max - MIN_STAKE);
        token.mint(address(weir.distributor), amount);
        vm.startPrank(address(weir.distributor));
        token.approve(address(stakes), amount);
        vm.expectRevert(
            abi.encodeWithSelector(
                IStakeManager.StakeFull.selector,
                type(uint96).max,
                uint256(type(uint96).max) + amount
            )
        );
        stakes.addRewards(operator, amount);
    }

    /// They were earned; nobody else gets them.
    function testFuzz_addRewards_givenNoOwnStake_theyWait(uint256 amount, uint256 waited, uint256 stake) public {
        amount = _bound(amount, 1, MAX_STAKE);
        waited = _bound(waited, 0, 1000 days);
        stake = _bound(stake, TOKENS, MAX_STAKE);
        _stake(OWN);
        _unbondAll(operator);
        _addRewards(amount);
        skip(waited);
        _assertPools(0, OWN, 0, 0);
        _stake(stake);
        _assertPools(stake, OWN, 0, 0);
        skip(EPOCH / 2);
        _assertPools(stake + amount / 2, OWN, 0, 0);
        skip(EPOCH / 2);
        _assertPools(stake + amount, OWN, 0, 0);
    }

    function testFuzz_addRewards_givenSomeOnTheirWay_bothTakeANewEpoch(
        uint256 first,
        uint256 more,
        uint256 elapsed
    ) public {
        first = _bound(first, 1, MAX_STAKE);
        more = _bound(more, 1, MAX_STAKE);
        elapsed = _bound(elapsed, 0, EPOCH);
        _stake(OWN);
        _addRewards(first);
        skip(elapsed);
        uint256 arrived = (first * elapsed) / EPOCH;
        _addRewardsNow(more);
        assertEq(_state().own, OWN + arrived, "arrived before");
        skip(EPOCH - 1);
        assertEq(_state().own, OWN + arrived + ((first - arrived + more) * (EPOCH - 1)) / EPOCH, "a second before");
        skip(1);
        assertEq(_state().own, OWN + first + more, "all");
    }

    function testFuzz_rewards_arriveEvenly(uint256 own, uint256 amount, uint256 elapsed) public {
        own = _boundOwn(own);
        amount = _bound(amount, 1, MAX_STAKE);
        elapsed = _bound(elapsed, 0, 2 * EPOCH);
        _stake(own);
        _addRewards(amount);
        skip(elapsed);
        uint256 arrived = elapsed < EPOCH ? (amount * elapsed) / EPOCH : amount;
        _assertPools(own + arrived, 0, 0, 0);
        _assertAtMostBelow(_valueOf(operator), own + arrived, amount / own + 1, "worth");
    }

    /// Touching an operator all the time neither loses what is rounded nor delays it.
    function testFuzz_attack_touchItAllTheTime_losesNothing(uint256 amount, uint256 steps) public {
        amount = _bound(amount, 1, 1e6);
        steps = _bound(steps, 1, 40);
        _stakeAndDelegate(OWN, OWN);
        _addRewards(amount);
        uint256 start = vm.getBlockTimestamp();
        for (uint256 i = 1; i <= steps; ++i) {
            uint256 elapsed = (EPOCH * i) / steps;
            vm.warp(start + elapsed);
            _delegate(other, 1);
            uint256 arrived = _state().own - OWN + _state().delegated - OWN - i;
            // Two streams, rounded down at every touch.
            _assertAtMostBelow(arrived, (amount * elapsed) / EPOCH, 2 * i, "on the way");
        }
        _assertPools(OWN + amount - amount / 2, 0, OWN + amount / 2 + steps, 0);
    }

    /// In just before, out right after: what was on its way is for those who stay.
    function testFuzz_attack_buyInAroundADistribution_earnsNothing(uint256 amount, uint256 rewards) public {
        amount = _bound(amount, TOKENS, 9 * OWN);
        rewards = _bound(rewards, TOKENS, MAX_STAKE);
        _stakeAndDelegate(OWN, OWN);
        _delegate(other, amount);
        _addRewards(rewards);
        _unbondAll(other);
        assertLe(stakes.unbonding(other, 0).amount, amount, "it earned");
        skip(EPOCH);
        assertLe(stakes.unbonding(other, 0).amount, amount, "it earned later");
        // And loses nobody anything: those who stay get what was meant for all delegators.
        uint256 delegators = (rewards * (OWN + amount)) / (2 * OWN + amount);
        _assertAtMostBelow(_valueOf(delegator), OWN + delegators, rewards / OWN + 2, "those who stay");
    }

    /// Whoever comes in the middle earns for the time that is left.
    function testFuzz_rewards_arriveToThoseWhoAreThere(uint256 rewards, uint256 elapsed) public {
        rewards = _bound(rewards, TOKENS, MAX_STAKE);
        elapsed = _bound(elapsed, 1, EPOCH - 1);
        _stakeAndDelegate(OWN, OWN);
        _addRewards(rewards);
        skip(elapsed);
        uint256 before = _valueOf(delegator);
        _delegate(other, before);
        skip(EPOCH - elapsed);
        uint256 rest = OWN + rewards / 2 - before;
        _assertAtMostBelow(_valueOf(other), before + rest / 2, (rewards / OWN + 2) * 2, "newcomer");
        _assertAtMostBelow(_valueOf(delegator), before + rest / 2 + 1, (rewards / OWN + 2) * 2, "earlier");
    }

    function testFuzz_claimRewards_itPaysTheCommission(uint256 rewards, address caller) public {
        rewards = _bound(rewards, 1e6, MAX_STAKE);
        _setCommission(5_000);
        _stakeAndDelegate(OWN, OWN);
        _addRewards(rewards);
        uint256 commission = rewards / 4;
        vm.expectEmit(address(stakes));
        emit IStakeManager.RewardsClaimed(operator, operator, uint96(commission));
        vm.prank(caller);
        assertEq(stakes.claimRewards(operator), commission, "returned");
        assertEq(token.balanceOf(operator), commission, "paid");
        assertEq(stakes.rewardsOf(operator), 0, "left");
        vm.prank(caller);
        assertEq(stakes.claimRewards(operator), 0, "again");
    }

    function testFuzz_claimRewards_itPaysTheBeneficiary(bool ofReporter) public {
        address account = ofReporter ? reporter : operator;
        _setBeneficiary(account, cold);
        _setCommission(5_000);
        _stakeAndDelegate(OWN, OWN);
        _addRewards(100 * TOKENS);
        _slash(agent);
        uint256 amount = ofReporter ? (SLASH * 3) / 10 : 25 * TOKENS;
        vm.expectEmit(address(stakes));
        emit IStakeManager.RewardsClaimed(account, cold, uint96(amount));
        assertEq(stakes.claimRewards(account), amount, "returned");
        assertEq(token.balanceOf(cold), amount, "paid");
        assertEq(token.balanceOf(account), 0, "the account itself");
    }

    function testFuzz_claimRewards_givenNothing_nothingHappens(address account) public {
        vm.recordLogs();
        assertEq(stakes.claimRewards(account), 0, "returned");
        assertEq(vm.getRecordedLogs().length, 0, "logs");
    }

    /// Rewards of several epochs and cuts of several reports are one sum.
    function testFuzz_claimRewards_addsUp(uint256 first, uint256 second) public {
        first = _bound(first, 1e6, MAX_STAKE);
        second = _bound(second, 1e6, MAX_STAKE);
        _setCommission(1_000);
        _stakeAndDelegate(OWN, OWN);
        _addRewards(first);
        uint256 sum = stakes.rewardsOf(operator);
        assertEq(sum, (first / 2) / 10, "first");
        skip(EPOCH);
        _addRewards(second);
        assertGt(stakes.rewardsOf(operator), sum, "second");
        sum = stakes.rewardsOf(operator);
        _slash(operator, agent, operator);
        assertEq(stakes.claimRewards(operator), sum + (SLASH * 3) / 10, "all");
    }
}
