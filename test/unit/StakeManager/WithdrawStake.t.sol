// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeManagerTest} from "./StakeManagerTest.sol";

/*
 * withdraw
 * ├── when there is no such unbonding, or it was withdrawn: UnbondingUnknown
 * ├── when it is too early, to the second: StillUnbonding
 * └── else: StakeWithdrawn, and pays what is left
 *     ├── given own stake of an operator: to its beneficiary, else to itself, registered or not
 *     ├── given delegated stake: to the delegator, whatever its beneficiary
 *     ├── given it was slashed meanwhile: less
 *     └── given all was slashed: nothing, without reverting
 */
contract WithdrawStakeTest is StakeManagerTest {
    function testFuzz_withdraw_itPaysTheHolder(uint256 amount, uint256 later, bool isOwn) public {
        amount = _bound(amount, 1, OWN);
        later = _bound(later, UNBONDING, 365 days);
        _stakeAndDelegate(OWN, OWN);
        address holder = isOwn ? operator : delegator;
        _unbond(holder, amount * 1e6);
        skip(later);
        vm.expectEmit(address(stakes));
        emit IStakeManager.StakeWithdrawn(operator, holder, 0, holder, uint96(amount));
        assertEq(_withdraw(holder, 0), amount, "returned");
        assertEq(token.balanceOf(holder), amount, "paid");
        _assertPools(isOwn ? OWN - amount : OWN, 0, isOwn ? OWN : OWN - amount, 0);

        IStakeManager.Unbonding memory entry = stakes.unbonding(holder, 0);
        assertEq(entry.operator, address(0), "operator is forgotten");
        assertEq(entry.amount, 0, "amount is gone");
        assertEq(entry.endsAt, 0, "endsAt is zero");
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.UnbondingUnknown.selector, holder, 0));
        _withdraw(holder, 0);
    }

    function testFuzz_withdraw_whenUnknown_itReverts(uint256 index, address who) public {
        _stakeAndDelegate(OWN, OWN);
        _unbondAll(delegator);
        skip(UNBONDING);
        vm.assume(who != delegator || index != 0);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.UnbondingUnknown.selector, who, index));
        _withdraw(who, index);
    }

    function testFuzz_withdraw_whenTooEarly_itReverts(uint256 waited) public {
        waited = _bound(waited, 0, UNBONDING - 1);
        _stakeAndDelegate(OWN, OWN);
        _unbondAll(delegator);
        uint256 endsAt = vm.getBlockTimestamp() + UNBONDING;
        skip(waited);
        vm.expectRevert(
            abi.encodeWithSelector(IStakeManager.StillUnbonding.selector, endsAt, endsAt - UNBONDING + waited)
        );
        _withdraw(delegator, 0);
    }

    function test_withdraw_endsExactlyWithThePeriod() public {
        _stakeAndDelegate(OWN, OWN);
        _unbondAll(delegator);
        skip(UNBONDING - 1);
        vm.expectPartialRevert(IStakeManager.StillUnbonding.selector);
        _withdraw(delegator, 0);
        skip(1);
        assertEq(_withdraw(delegator, 0), OWN, "paid");
    }

    function testFuzz_withdraw_ofOwnStake_goesToTheBeneficiary(bool deregistered) public {
        _stake(OWN);
        _setBeneficiary(operator, cold);
        _unbondAll(operator);
        if (deregistered) {
            vm.prank(operator);
            registry.deregister();
        }
        skip(UNBONDING);
        vm.expectEmit(address(stakes));
        emit IStakeManager.StakeWithdrawn(operator, operator, 0, cold, uint96(OWN));
        _withdraw(operator, 0);
        assertEq(token.balanceOf(cold), OWN, "beneficiary");
        assertEq(token.balanceOf(operator), 0, "operator");
    }

    /// A beneficiary is for what its operator earns and staked; what it delegates to others is a delegator's.
    function test_withdraw_ofDelegatedStake_goesToTheDelegator() public {
        _stakeAndDelegate(OWN, OWN);
        _setBeneficiary(delegator, cold);
        _unbondAll(delegator);
        skip(UNBONDING);
        _withdraw(delegator, 0);
        assertEq(token.balanceOf(delegator), OWN, "delegator");
        assertEq(token.balanceOf(cold), 0, "beneficiary");
    }

    function testFuzz_withdraw_givenSlashed_itPaysWhatIsLeft(uint256 own, uint256 slashes) public {
        own = _boundOwn(own);
        slashes = _bound(slashes, 1, 4);
        _stake(own);
        _unbondAll(operator);
        for (uint256 i = 1; i <= slashes; ++i) _slash(vm.addr(i));
        uint256 left = own > slashes * SLASH ? own - slashes * SLASH : 0;
        assertEq(stakes.unbonding(operator, 0).amount, left, "view");
        skip(UNBONDING);
        vm.expectEmit(address(stakes));
        emit IStakeManager.StakeWithdrawn(operator, operator, 0, operator, uint96(left));
        assertEq(_withdraw(operator, 0), left, "paid");
        assertEq(token.balanceOf(operator), left, "received");
    }

    function test_withdraw_givenAllWasSlashed_itPaysNothing() public {
        _stake(MIN_STAKE);
        _unbondAll(operator);
        _slash(vm.addr(1));
        _slash(vm.addr(2));
        skip(UNBONDING);
        assertEq(_withdraw(operator, 0), 0, "paid");
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.UnbondingUnknown.selector, operator, 0));
        _withdraw(operator, 0);
    }

    /// What one is paid is never out of another's pocket: all can leave, in any order.
    function testFuzz_withdraw_everybodyCanLeave(uint256 first, uint256 second, bool slashed, uint256 rewards) public {
        first = _bound(first, TOKENS, OWN * 5);
        second = _bound(second, TOKENS, OWN * 5);
        rewards = _bound(rewards, 0, MAX_STAKE);
        _stakeAndDelegate(OWN, first);
        _delegate(other, second);
        if (rewards != 0) _addRewards(rewards);
        skip(EPOCH);
        if (slashed) _slash(agent);
        _unbondAll(other);
        _unbondAll(operator);
        _unbondAll(delegator);
        skip(UNBONDING);
        uint256 held = token.balanceOf(address(stakes)) - stakes.burned() - stakes.rewardsOf(reporter);
        uint256 paid = _withdraw(operator, 0);
        paid += _withdraw(delegator, 0);
        paid += _withdraw(other, 0);
        // The virtual shares of both pools earned with the others.
        _assertAtMostBelow(paid, held, 2 * (rewards / OWN) + 10, "all in all");
    }
}
