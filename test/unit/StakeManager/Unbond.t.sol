// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeManagerTest} from "./StakeManagerTest.sol";

/*
 * unbond
 * ├── when the caller holds fewer shares: InsufficientShares
 * ├── when the shares are zero, or worth nothing: ZeroAmount
 * └── else: UnbondingStarted, and what the shares are worth moves to the unbonding pool
 *     ├── given the caller is the operator: from its own stake
 *     ├── else: from what is delegated to it
 *     ├── it stops earning at once
 *     ├── it is still slashed, whenever before the slash it was started (traps)
 *     ├── given several: each runs by itself
 *     └── it is not delegated to another before the end (trap)
 */
contract UnbondTest is StakeManagerTest {
    function testFuzz_unbond_itMovesToTheUnbondingPool(
        uint256 own,
        uint256 delegated,
        uint256 part,
        bool isOwn
    ) public {
        own = _boundOwn(own);
        delegated = _boundDelegated(delegated, own);
        _stakeAndDelegate(own, delegated);
        address holder = isOwn ? operator : delegator;
        part = _bound(part, 1, isOwn ? own : delegated);
        uint256 balance = token.balanceOf(address(stakes));

        vm.expectEmit(address(stakes));
        emit IStakeManager.UnbondingStarted(
            operator,
            holder,
            0,
            uint96(part),
            uint160(part * 1e6),
            uint40(block.timestamp + UNBONDING)
        );
        assertEq(_unbond(holder, part * 1e6), 0, "index");
        if (isOwn) _assertPools(own - part, part, delegated, 0);
        else _assertPools(own, 0, delegated - part, part);
        assertEq(_valueOf(holder), (isOwn ? own : delegated) - part, "what stays");
        assertEq(stakes.unbondingCount(holder), 1, "count");
        IStakeManager.Unbonding memory entry = stakes.unbonding(holder, 0);
        assertEq(entry.operator, operator, "operator");
        assertEq(entry.amount, part, "amount");
        assertEq(entry.endsAt, block.timestamp + UNBONDING, "endsAt");
        assertEq(token.balanceOf(address(stakes)), balance, "no token moves");
    }

    function testFuzz_unbond_whenMoreThanHeld_itReverts(uint256 delegated, uint160 shares, bool isOwn) public {
        delegated = _boundDelegated(delegated, OWN);
        _stakeAndDelegate(OWN, delegated);
        uint256 held = (isOwn ? OWN : delegated) * 1e6;
        shares = uint160(_bound(shares, held + 1, type(uint160).max));
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.InsufficientShares.selector, held, shares));
        vm.prank(isOwn ? operator : delegator);
        stakes.unbond(operator, shares);
    }

    function testFuzz_unbond_ofAnothersShares_itReverts(uint160 shares, address from) public {
        _stakeAndDelegate(OWN, OWN);
        shares = uint160(_bound(shares, 1, type(uint160).max));
        vm.assume(from != operator && from != stranger);
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.InsufficientShares.selector, 0, shares));
        stakes.unbond(operator, shares);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.InsufficientShares.selector, 0, shares));
        stakes.unbond(from, shares);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.InsufficientShares.selector, 0, shares));
        stakes.unbond(stranger, shares);
    }

    /// A unit is a million shares: fewer are worth nothing, and unbonding them would only lose them.
    function testFuzz_unbond_whenWorthNothing_itReverts(uint256 shares) public {
        _stakeAndDelegate(OWN, OWN);
        vm.expectRevert(IStakeManager.ZeroAmount.selector);
        _unbond(delegator, _bound(shares, 0, 1e6 - 1));
    }

    function testFuzz_unbond_stopsEarningAtOnce(uint256 part) public {
        _stakeAndDelegate(OWN, OWN);
        _skipToEpoch(1);
        part = _bound(part, 1, OWN / 2);
        _unbond(delegator, part * 1e6);
        assertEq(_state().rewardable, 2 * OWN - part, "counts for rewards");
        _addRewards(100 * TOKENS);
        skip(EPOCH);
        assertEq(stakes.unbonding(delegator, 0).amount, part, "earned while unbonding");
        assertGt(_valueOf(delegator), OWN - part, "what stayed earned nothing");
    }

    function testFuzz_unbond_eachRunsByItself(uint256 first, uint256 second, uint256 between) public {
        first = _bound(first, 1, OWN / 2);
        second = _bound(second, 1, OWN / 2);
        between = _bound(between, 1, UNBONDING - 1);
        _stakeAndDelegate(OWN, OWN);
        uint256 start = vm.getBlockTimestamp();
        assertEq(_unbond(delegator, first * 1e6), 0, "first index");
        skip(between);
        assertEq(_unbond(delegator, second * 1e6), 1, "second index");
        assertEq(stakes.unbonding(delegator, 0).endsAt, start + UNBONDING, "first ends");
        assertEq(stakes.unbonding(delegator, 1).endsAt, start + between + UNBONDING, "second ends");
        assertEq(stakes.unbonding(delegator, 0).amount, first, "first amount");
        assertEq(stakes.unbonding(delegator, 1).amount, second, "second amount");

        vm.warp(start + UNBONDING);
        assertEq(_withdraw(delegator, 0), first, "first pays");
        vm.expectRevert(
            abi.encodeWithSelector(
                IStakeManager.StillUnbonding.selector,
                start + between + UNBONDING,
                start + UNBONDING
            )
        );
        _withdraw(delegator, 1);
        skip(between);
        assertEq(_withdraw(delegator, 1), second, "second pays");
        assertEq(stakes.unbondingCount(delegator), 2, "count never falls");
    }

    /// An operator has unbondings of its own stake and of what it delegated to others in one list.
    function testFuzz_unbond_anOperatorsListHoldsBoth(uint256 amount) public {
        amount = _bound(amount, 1, OWN);
        _register(other, 2);
        _stake(OWN);
        _stake(other, OWN);
        _delegate(operator, other, amount);
        _unbond(operator, other, amount * 1e6);
        _unbond(operator, operator, OWN * 1e6);
        assertEq(stakes.unbonding(operator, 0).operator, other, "delegated");
        assertEq(stakes.unbonding(operator, 1).operator, operator, "own");
        assertEq(stakes.operatorStake(other).delegatedUnbonding, amount, "other's pool");
        _assertPools(0, OWN, 0, 0);
        skip(UNBONDING);
        assertEq(_withdraw(operator, 1), OWN, "own pays");
        assertEq(_withdraw(operator, 0), amount, "delegated pays");
    }

    /// Whoever sees the proof in the pool and leaves before it is in a block leaves too late.
    function testFuzz_attack_unbondJustBeforeTheSlash_isSlashed(uint256 part, uint256 later) public {
        part = _bound(part, 1, MIN_STAKE);
        later = _bound(later, 0, UNBONDING);
        _stakeAndDelegate(MIN_STAKE, OWN);
        _unbond(operator, part * 1e6);
        skip(later);
        _slash(agent);
        uint256 fromOwn = MIN_STAKE - part < SLASH ? MIN_STAKE - part : SLASH;
        _assertPools(MIN_STAKE - part - fromOwn, part - (SLASH - fromOwn), OWN, 0);
        assertEq(stakes.unbonding(operator, 0).amount, part - (SLASH - fromOwn), "what is left to withdraw");
    }

    function testFuzz_attack_allOwnStakeUnbonding_isSlashedBeforeAnyDelegator(uint256 own) public {
        own = _boundOwn(own);
        _stakeAndDelegate(own, own);
        _unbondAll(operator);
        _slash(agent);
        _assertPools(0, own - SLASH, own, 0);
        skip(UNBONDING);
        assertEq(_withdraw(operator, 0), own - SLASH, "paid");
    }

    /// Of delegators those who are leaving lose the same part as those who stay.
    function testFuzz_attack_delegatorUnbondsBeforeTheSlash_losesLikeTheOthers(uint256 leaves, uint256 stays) public {
        leaves = _bound(leaves, TOKENS, 5 * MIN_STAKE);
        stays = _bound(stays, TOKENS, 5 * MIN_STAKE);
        _stakeAndDelegate(MIN_STAKE, leaves);
        _delegate(other, stays);
        _unbondAll(delegator);
        // Three agents caught: the own stake pays for two.
        _slash(vm.addr(11));
        _slash(vm.addr(12));
        _assertPools(0, 0, stays, leaves);
        _slash(vm.addr(13));
        uint256 lost = SLASH < leaves + stays ? SLASH : leaves + stays;
        uint256 fromBonded = (lost * stays) / (leaves + stays);
        _assertPools(0, 0, stays - fromBonded, leaves - (lost - fromBonded));
        _assertAtMostBelow(stakes.unbonding(delegator, 0).amount, leaves - (lost - fromBonded), 1, "leaving");
        _assertAtMostBelow(_valueOf(other), stays - fromBonded, 1, "staying");
    }

    /// Not even a second before the end, whatever the caller does meanwhile: stake behind one operator is never behind another as well.
    function testFuzz_attack_redelegateInstantly_isImpossible(uint256 amount, uint256 waited) public {
        amount = _bound(amount, 1, OWN);
        waited = _bound(waited, 0, UNBONDING - 1);
        _register(other, 2);
        _stakeAndDelegate(OWN, amount);
        _stake(other, OWN);
        _unbondAll(delegator);
        skip(waited);
        vm.expectPartialRevert(IStakeManager.StillUnbonding.selector);
        _withdraw(delegator, 0);
        vm.startPrank(delegator);
        token.approve(address(stakes), amount);
        vm.expectPartialRevert(bytes4(keccak256("ERC20InsufficientBalance(address,uint256,uint256)")));
        stakes.delegate(other, uint96(amount), ANY_COMMISSION);
        vm.stopPrank();
        assertEq(_state().delegatedUnbonding, amount, "still behind the first");
    }
}
