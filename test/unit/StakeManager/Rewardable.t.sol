// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StakeManagerTest} from "./StakeManagerTest.sol";

/*
 * isActive
 * ├── given too little own stake, no agent, or a retired one: false
 * └── else: true
 * rewardableStake
 * ├── given the operator is not active: zero
 * ├── given nothing changed in this epoch: what there is, delegated stake as far as the ratio lets it count
 * ├── given it rose in this epoch: what there was when the epoch began
 * ├── given it fell: what there is
 * └── given both: the smaller
 * traps
 * ├── stake moved in for one block counts for nothing
 * ├── stake moved in at the boundary counts, and is locked
 * └── epochs end to the second
 */
contract RewardableTest is StakeManagerTest {
    function testFuzz_isActive_fromTheLeastOwnStakeOn(uint256 own, uint256 delegated) public {
        own = _bound(own, 1, 2 * MIN_STAKE);
        _stake(own);
        assertEq(stakes.isActive(operator), own >= MIN_STAKE, "by own stake");
        if (own < MIN_STAKE) return;
        _delegate(delegator, _boundDelegated(delegated, own));
        _unbond(operator, (own - MIN_STAKE) * 1e6 + 1e6);
        assertFalse(stakes.isActive(operator), "delegated stake does not stand in");
    }

    /// The least stake is reached and lost by what arrives and what is slashed, too.
    function test_isActive_countsWhatHasArrived() public {
        _stake(MIN_STAKE - 1);
        _addRewards(EPOCH);
        assertFalse(stakes.isActive(operator), "before");
        skip(1);
        assertTrue(stakes.isActive(operator), "a second later");
        _slash(vm.addr(1));
        assertFalse(stakes.isActive(operator), "after a slash");
    }

    function test_isActive_needsAnAgentInOffice() public {
        _stake(OWN);
        assertTrue(stakes.isActive(operator), "with an agent");
        vm.prank(operator);
        registry.clearAgent();
        assertFalse(stakes.isActive(operator), "without");
        _setAgent(operator, 2);
        assertTrue(stakes.isActive(operator), "with another");
        _slash(vm.addr(2));
        assertFalse(stakes.isActive(operator), "with a retired one");
        _setAgent(operator, 3);
        assertTrue(stakes.isActive(operator), "with a third");
        vm.prank(operator);
        registry.deregister();
        assertFalse(stakes.isActive(operator), "off the list");
    }

    /// A slash for a key of former days does not jail: the one in office signed nothing wrong.
    function test_isActive_givenAFormerAgentIsRetired_itStays() public {
        _stake(OWN);
        _setAgent(operator, 2);
        _slash(agent);
        assertTrue(stakes.isActive(operator), "active");
    }

    function testFuzz_rewardableStake_givenNothingChanged_itIsWhatThereIs(
        uint256 own,
        uint256 delegated,
        uint256 epochs
    ) public {
        own = _boundOwn(own);
        delegated = _boundDelegated(delegated, own);
        _stakeAndDelegate(own, delegated);
        assertEq(stakes.rewardableStake(operator), 0, "nothing when the first epoch began");
        _skipToEpoch(_bound(epochs, 1, 100));
        assertEq(stakes.rewardableStake(operator), own + delegated, "later");
        assertEq(_state().rewardable, own + delegated, "the other view");
    }

    function testFuzz_rewardableStake_countsDelegatedStakeUpToTheRatio(uint256 delegated, uint256 part) public {
        delegated = _bound(delegated, 1, OWN * RATIO);
        part = _bound(part, 0, OWN - MIN_STAKE);
        _stakeAndDelegate(OWN, delegated);
        if (part != 0) _unbond(operator, part * 1e6);
        _skipToEpoch(1);
        uint256 own = OWN - part;
        uint256 counted = delegated < own * RATIO ? delegated : own * RATIO;
        assertEq(stakes.rewardableStake(operator), own + counted, "rewardable");
    }

    function testFuzz_rewardableStake_givenNotActive_itIsZero(uint256 own, uint256 how) public {
        own = _bound(own, MIN_STAKE + SLASH, MAX_STAKE);
        _stakeAndDelegate(own, own);
        _skipToEpoch(1);
        assertGt(stakes.rewardableStake(operator), 0, "active");
        if (how % 3 == 0) _slash(agent);
        if (how % 3 == 1) _unbond(operator, (own - MIN_STAKE + 1) * 1e6);
        if (how % 3 == 2) {
            vm.prank(operator);
            registry.clearAgent();
        }
        assertEq(stakes.rewardableStake(operator), 0, "not active");
        assertEq(_state().rewardable, 0, "the other view");
        // Back in the same epoch with another agent, it has what the slash left.
        if (how % 3 != 0) return;
        _setAgent(operator, 2);
        assertEq(stakes.rewardableStake(operator), 2 * own - SLASH, "active again");
    }

    /// The least of what there was at the start and what there is, after any changes in between.
    function testFuzz_rewardableStake_isTheSmaller(uint256 before, uint256 seed) public {
        before = _bound(before, OWN, MAX_STAKE);
        _stakeAndDelegate(before, OWN);
        _skipToEpoch(1);
        uint256 own = before;
        uint256 delegated = OWN;
        for (uint256 i; i < 8; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 amount = ((seed >> 8) % (own / 2)) + 1;
            if (seed % 4 == 0 && own - amount >= MIN_STAKE) {
                _unbond(operator, amount * 1e6);
                own -= amount;
            }
            if (seed % 4 == 1) {
                _stake(amount);
                own += amount;
            }
            if (seed % 4 == 2 && amount < delegated) {
                _unbond(delegator, amount * 1e6);
                delegated -= amount;
            }
            if (seed % 4 == 3 && delegated + amount <= own * RATIO) {
                _delegate(delegator, amount);
                delegated += amount;
            }
            skip(EPOCH / 10);
            uint256 counted = delegated < own * RATIO ? delegated : own * RATIO;
            uint256 atStart = before + OWN;
            assertEq(stakes.rewardableStake(operator), own + counted < atStart ? own + counted : atStart, "smaller");
        }
        _skipToEpoch(1);
        uint256 counts = delegated < own * RATIO ? delegated : own * RATIO;
        assertEq(stakes.rewardableStake(operator), own + counts, "a new epoch");
    }

    /// Rewards that arrive make more of it when the operator is looked at later, never less.
    function testFuzz_rewardableStake_growsWithWhatArrives(uint256 rewards, uint256 first, uint256 second) public {
        rewards = _bound(rewards, 1, MAX_STAKE);
        first = _bound(first, 0, EPOCH);
        second = _bound(second, first, EPOCH);
        _skipToEpoch(1);
        uint256 start = vm.getBlockTimestamp();
        vm.warp(start - 1);
        _stake(OWN);
        _addRewards(rewards);
        vm.warp(start + first);
        uint256 before = stakes.rewardableStake(operator);
        vm.warp(start + second);
        assertGe(stakes.rewardableStake(operator), before, "grows");
        assertLe(stakes.rewardableStake(operator), OWN + rewards, "no more than there is");
    }

    function testFuzz_attack_stakeForOneBlock_countsForNothing(uint256 amount, bool isOwn, uint256 elapsed) public {
        amount = _bound(amount, 1, OWN * 5);
        _stakeAndDelegate(OWN, OWN);
        _skipToEpoch(1);
        skip(_bound(elapsed, 0, EPOCH - 1));
        if (isOwn) _stake(amount);
        else _delegate(other, amount);
        assertEq(stakes.rewardableStake(operator), 2 * OWN, "moved in");
        _unbond(isOwn ? operator : other, amount * 1e6);
        assertEq(stakes.rewardableStake(operator), 2 * OWN, "moved out");
    }

    /// Out before the epoch began is out, and what leaves after it counts no more.
    function testFuzz_attack_stakeAcrossTheBoundary_isLocked(uint256 amount, uint256 unbondsAfter) public {
        amount = _bound(amount, 1, OWN * 5);
        _stakeAndDelegate(OWN, OWN);
        _skipToEpoch(1);
        uint256 boundary = vm.getBlockTimestamp();
        vm.warp(boundary - 1);
        _delegate(other, amount);
        skip(1);
        assertEq(stakes.rewardableStake(operator), 2 * OWN + amount, "counts from the boundary on");
        skip(_bound(unbondsAfter, 0, EPOCH - 1));
        _unbondAll(other);
        uint256 unbondedAt = vm.getBlockTimestamp();
        assertEq(stakes.rewardableStake(operator), 2 * OWN, "counts as long as it stays");
        vm.warp(unbondedAt + UNBONDING - 1);
        vm.expectPartialRevert(bytes4(keccak256("StillUnbonding(uint256,uint256)")));
        _withdraw(other, 0);
        // All this time it answers for the operator, and earns nothing.
        assertEq(stakes.unbonding(other, 0).amount, amount, "locked");
        assertEq(_state().rewardable, 2 * OWN, "counts for nothing meanwhile");
    }

    function testFuzz_epoch_endsToTheSecond(uint256 number) public {
        number = _bound(number, 3_000, 1_000_000);
        vm.warp(number * EPOCH - 1);
        assertEq(stakes.epoch(), number - 1, "a second before");
        vm.warp(number * EPOCH);
        assertEq(stakes.epoch(), number, "first second");
        vm.warp((number + 1) * EPOCH - 1);
        assertEq(stakes.epoch(), number, "last second");
    }

    /// What is staked in an epoch's last second counts in the next one's first, and what comes a second later does not.
    function test_rewardableStake_theBoundaryIsToTheSecond() public {
        _stake(OWN);
        _skipToEpoch(1);
        uint256 boundary = vm.getBlockTimestamp() + EPOCH;
        vm.warp(boundary - 1);
        _stake(1);
        assertEq(stakes.rewardableStake(operator), OWN, "last second");
        vm.warp(boundary);
        assertEq(stakes.rewardableStake(operator), OWN + 1, "first second");
        _stake(1);
        assertEq(stakes.rewardableStake(operator), OWN + 1, "a deposit in it");
    }
}
