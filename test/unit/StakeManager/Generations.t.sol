// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeManagerTest} from "./StakeManagerTest.sol";

/*
 * a pool that is slashed to nothing, or next to nothing
 * ├── given nothing is left: its shares are gone, now and later
 * ├── given little is left: a billion shares are one, worth what is left
 * │   └── and whoever bought in just before loses no more than was taken (trap)
 * ├── unbondings out of it can be withdrawn
 * ├── whoever comes next pays the first price, or near it, and is not diluted
 * ├── whoever comes back has what is left and the new shares
 * ├── rewards on their way reach the next holders
 * └── and all of that again and again
 */
contract GenerationsTest is StakeManagerTest {
    function testFuzz_generation_givenNothingIsLeft_sharesAreGone(uint256 delegated, uint256 next) public {
        _slashDown(_bound(delegated, 1, 3), 0);
        next = _bound(next, 1, MIN_STAKE);
        assertEq(_sharesOf(delegator), 0, "old shares");
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.InsufficientShares.selector, 0, 1));
        _unbond(delegator, 1);

        _revive();
        assertEq(_delegate(other, next), next * 1e6, "the first price");
        assertEq(_valueOf(other), next, "the next");
        assertEq(_sharesOf(delegator), 0, "old shares later");
        assertEq(_valueOf(delegator), 0, "old worth later");
        _addRewards(TOKENS);
        skip(EPOCH);
        assertEq(_valueOf(delegator), 0, "old worth after rewards");
    }

    function testFuzz_generation_givenLittleIsLeft_aBillionAreOne(
        uint256 delegated,
        uint256 left,
        uint256 next
    ) public {
        left = _bound(left, 1, SLASH / 1e9 - 1);
        delegated = _slashDown(_bound(delegated, 1, 3), left);
        next = _bound(next, MIN_STAKE / 2, MIN_STAKE);
        uint256 shares = (delegated + left) * 1e6;
        while (shares > left * 1e15) shares /= 1e9;
        assertEq(_sharesOf(delegator), shares, "old shares");
        _assertAtMostBelow(_valueOf(delegator), left, 1, "old worth");

        _revive();
        _delegate(other, next);
        _assertAtMostBelow(_valueOf(other), next, 1, "the next");
        _assertAtMostBelow(_valueOf(delegator), left, 1, "old worth later");
        if (left == 1) return;
        uint256 index = _unbondAll(delegator);
        skip(UNBONDING);
        _assertAtMostBelow(_withdraw(delegator, index), left, 1, "old paid");
        assertEq(_sharesOf(delegator), 0, "none left");
    }

    function testFuzz_generation_whoComesBackHasBoth(uint256 delegated, uint256 left, uint256 next) public {
        left = _bound(left, 0, SLASH / 1e9 - 1);
        _slashDown(_bound(delegated, 1, 3), left);
        next = _bound(next, MIN_STAKE / 2, MIN_STAKE);
        _revive();
        uint160 held = _sharesOf(delegator);
        uint160 shares = _delegate(delegator, next);
        assertEq(_sharesOf(delegator), held + shares, "shares");
        _assertAtMostBelow(_valueOf(delegator), next + left, 1, "worth");
        uint256 index = _unbondAll(delegator);
        skip(UNBONDING);
        _assertAtMostBelow(_withdraw(delegator, index), next + left, 1, "paid");
    }

    /// The pool was left just above the floor, somebody bought many shares, and the next slash takes a small part of it.
    function testFuzz_attack_buyersNearTheFloor_loseNoMoreThanIsTaken(uint256 left, uint256 amount) public {
        left = _bound(left, (2 * SLASH) / 1e9, SLASH / 1e8);
        amount = _bound(amount, 2 * SLASH, 9 * MIN_STAKE);
        _slashDown(1, left);
        assertGt(_sharesOf(delegator), SLASH * 1e6, "no new generation yet");
        _revive();
        _delegate(other, amount);
        _slash(vm.addr(31));
        _slash(vm.addr(32));
        uint256 worth = _valueOf(other);
        _slash(vm.addr(33));
        _assertPools(0, 0, left + amount - SLASH, 0);
        assertApproxEqAbs(_valueOf(other), worth - (SLASH * amount) / (left + amount), 2, "the buyer");
    }

    function testFuzz_generation_unbondingsAreNotTrapped(uint256 part, uint256 later) public {
        part = _bound(part, 1, MIN_STAKE);
        later = _bound(later, 0, UNBONDING);
        _stake(MIN_STAKE);
        _unbond(operator, part * 1e6);
        skip(later);
        _slash(vm.addr(1));
        _slash(vm.addr(2));
        _assertPools(0, 0, 0, 0);
        assertEq(stakes.unbonding(operator, 0).amount, 0, "worth");

        // A later unbonding is whole, and the old one takes nothing from it.
        _stake(OWN);
        _unbondAll(operator);
        skip(UNBONDING);
        assertEq(_withdraw(operator, 0), 0, "the old one");
        assertEq(_withdraw(operator, 1), OWN, "the new one");
    }

    /// One slash wipes out the bonded and the unbonding pool, and both begin anew.
    function testFuzz_generation_delegatorsPoolsBeginAnew(uint256 bonded, uint256 leaving, uint256 next) public {
        bonded = _bound(bonded, 1, SLASH / 2);
        leaving = _bound(leaving, 1, SLASH / 2);
        next = _bound(next, 1, MIN_STAKE);
        _stakeAndDelegate(MIN_STAKE, bonded + leaving);
        _unbond(delegator, leaving * 1e6);
        for (uint256 i = 1; i <= 3; ++i) _slash(vm.addr(i));
        _assertPools(0, 0, 0, 0);
        _revive();
        assertEq(_delegate(other, next), next * 1e6, "the first price again");
        _unbondAll(other);
        assertEq(stakes.unbonding(delegator, 0).amount, 0, "old unbonding");
        assertEq(stakes.unbonding(other, 0).amount, next, "new unbonding");
        skip(UNBONDING);
        assertEq(_withdraw(delegator, 0), 0, "old pays");
        assertEq(_withdraw(other, 0), next, "new pays");
    }

    function testFuzz_generation_rewardsOnTheirWayReachTheNext(uint256 rewards, uint256 waited) public {
        rewards = _bound(rewards, 10, MAX_STAKE);
        _stakeAndDelegate(MIN_STAKE, SLASH);
        _addRewards(rewards);
        for (uint256 i = 1; i <= 3; ++i) _slash(vm.addr(i));
        _assertPools(0, 0, 0, 0);
        skip(_bound(waited, 0, 100 days));
        _assertPools(0, 0, 0, 0);
        _revive();
        _delegate(other, MIN_STAKE);
        skip(EPOCH);
        uint256 delegators = (rewards * SLASH) / (MIN_STAKE + SLASH);
        assertEq(_state().delegated, MIN_STAKE + delegators, "delegated");
        assertEq(_state().own, MIN_STAKE + rewards - delegators, "own");
    }

    function testFuzz_generation_againAndAgain(uint256 amount, uint256 times) public {
        amount = _bound(amount, 1, SLASH);
        times = _bound(times, 1, 20);
        _stake(amount);
        for (uint256 i = 1; i <= times; ++i) {
            assertEq(_sharesOf(operator), amount * 1e6, "the first price");
            assertEq(_valueOf(operator), amount, "worth");
            _slash(vm.addr(i));
            assertEq(_sharesOf(operator), 0, "wiped out");
            _stake(amount);
        }
        assertEq(stakes.burned() + stakes.rewardsOf(reporter), amount * times, "burned and cut");
    }

    /// Shares of a pool that many slashes left with little never outgrow their type, and a deposit after them is whole.
    function testFuzz_generation_depositsAfterDeepSlashesAreWhole(uint256 delegated, uint256 next) public {
        delegated = _bound(delegated, 2, 8 * SLASH - 1);
        next = _bound(next, MIN_STAKE, 2 * MIN_STAKE);
        _stakeAndDelegate(MIN_STAKE, delegated);
        for (uint256 i = 1; i <= 2 + delegated / SLASH; ++i) _slash(vm.addr(i));
        uint256 left = delegated % SLASH;
        _assertPools(0, 0, left, 0);
        _revive();
        assertGe(_delegate(other, next), next * 1e5, "about as many as at first, or more");
        _assertAtMostBelow(_valueOf(other), next, 1, "the next");
        assertApproxEqAbs(_valueOf(delegator), left, 1, "those before");
    }

    /// @dev Slashes the usual delegator's pool that many times, down to `left`.
    /// @return What was taken from it
    function _slashDown(uint256 times, uint256 left) private returns (uint256) {
        uint256 delegated = times * SLASH;
        _stakeAndDelegate(MIN_STAKE, delegated + left);
        for (uint256 i = 1; i <= 2 + delegated / SLASH; ++i) _slash(vm.addr(i));
        _assertPools(0, 0, left, 0);
        return delegated;
    }

    /// @dev The operator is active again.
    function _revive() private {
        _stake(MIN_STAKE);
        _setAgent(operator, 99);
    }
}
