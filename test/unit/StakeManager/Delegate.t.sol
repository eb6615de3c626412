// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeManagerTest} from "./StakeManagerTest.sol";

/*
 * delegate
 * ├── when the caller is the operator: CannotDelegateToSelf
 * ├── given the operator is not active: OperatorNotActive
 * ├── given its commission is higher than the caller agreed to: CommissionTooHigh
 * ├── when more than there is room for: DelegationTooHigh
 * ├── when the amount is zero, or buys no share: ZeroAmount
 * └── else: Delegated, the tokens come in, and the delegated pool grows by them
 *     ├── given rewards have arrived: at the price they made, for those who were there before
 *     └── given several delegators: each for itself
 */
contract DelegateTest is StakeManagerTest {
    function testFuzz_delegate_itAddsToTheDelegatedPool(uint256 own, uint256 amount, uint16 commission) public {
        own = _boundOwn(own);
        amount = _boundDelegated(amount, own);
        commission = uint16(_bound(commission, 0, 5_000));
        _stake(own);
        _setCommission(commission);
        _fundHolder(delegator, amount);
        vm.expectEmit(address(stakes));
        emit IStakeManager.Delegated(operator, delegator, uint96(amount), uint160(amount * 1e6));
        vm.prank(delegator);
        assertEq(stakes.delegate(operator, uint96(amount), commission), amount * 1e6, "shares");
        _assertPools(own, 0, amount, 0);
        assertEq(_valueOf(delegator), amount, "worth");
        assertEq(_valueOf(operator), own, "the operator's own");
        assertEq(_state().delegationRoom, own * RATIO - amount, "room");
        assertEq(token.balanceOf(address(stakes)), own + amount, "tokens held");
    }

    function testFuzz_delegate_whenToOneself_itReverts(uint96 amount) public {
        _stake(OWN);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.CannotDelegateToSelf.selector, operator));
        vm.prank(operator);
        stakes.delegate(operator, amount, ANY_COMMISSION);
    }

    function testFuzz_delegate_givenTooLittleOwnStake_itReverts(uint256 own, uint96 amount) public {
        own = _bound(own, 0, MIN_STAKE - 1);
        if (own != 0) _stake(own);
        _expectNotActive(operator, amount);
    }

    function testFuzz_delegate_givenNoAgent_itReverts(uint96 amount) public {
        _stake(OWN);
        vm.prank(operator);
        registry.clearAgent();
        _expectNotActive(operator, amount);
    }

    function testFuzz_delegate_givenARetiredAgent_itReverts(uint96 amount) public {
        _stake(OWN);
        _slash(agent);
        _expectNotActive(operator, amount);
    }

    function testFuzz_delegate_toAStranger_itReverts(address to, uint96 amount) public {
        vm.assume(to != operator && to != delegator);
        _expectNotActive(to, amount);
    }

    function testFuzz_delegate_givenAHigherCommission_itReverts(uint16 commission, uint16 agreed) public {
        commission = uint16(_bound(commission, 1, 5_000));
        agreed = uint16(_bound(agreed, 0, commission - 1));
        _stake(OWN);
        _setCommission(commission);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.CommissionTooHigh.selector, agreed, commission));
        vm.prank(delegator);
        stakes.delegate(operator, 1, agreed);
    }

    function testFuzz_delegate_whenThereIsNoRoom_itReverts(uint256 own, uint256 first, uint96 more) public {
        own = _boundOwn(own);
        first = _boundDelegated(first, own);
        _stakeAndDelegate(own, first);
        uint256 room = own * RATIO - first;
        more = uint96(_bound(more, room + 1, type(uint96).max));
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.DelegationTooHigh.selector, room, more));
        vm.prank(other);
        stakes.delegate(operator, more, ANY_COMMISSION);
    }

    /// What was delegated when there was room stays when the operator's stake falls; there is none for more.
    function testFuzz_delegate_givenTheOperatorsStakeFell_thereIsNoRoom(uint256 own) public {
        own = _bound(own, MIN_STAKE + SLASH, MAX_STAKE);
        _stakeAndDelegate(own, own * RATIO);
        _slash(agent);
        _setAgent(operator, 2);
        assertEq(_state().delegated, own * RATIO, "delegated stays");
        assertEq(_state().delegationRoom, 0, "room");
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.DelegationTooHigh.selector, 0, 1));
        vm.prank(other);
        stakes.delegate(operator, 1, ANY_COMMISSION);
    }

    function test_delegate_whenTheAmountIsZero_itReverts() public {
        _stake(OWN);
        vm.expectRevert(IStakeManager.ZeroAmount.selector);
        vm.prank(delegator);
        stakes.delegate(operator, 0, ANY_COMMISSION);
    }

    function testFuzz_delegate_manyShareOnePool(uint256 first, uint256 second, bool fromOutside) public {
        first = _bound(first, 1, OWN * 5);
        second = _bound(second, 1, OWN * 5);
        _stakeAndDelegate(OWN, first);
        // A registered operator is a delegator of another like anybody.
        if (fromOutside) _register(other, 2);
        _delegate(other, second);
        _assertPools(OWN, 0, first + second, 0);
        assertEq(_valueOf(delegator), first, "first");
        assertEq(_valueOf(other), second, "second");
    }

    /// What arrived before belongs to those who were there.
    function testFuzz_delegate_givenRewardsArrived_theyStayWithTheEarlier(uint256 first, uint256 second) public {
        first = _bound(first, TOKENS, OWN * 5);
        second = _bound(second, TOKENS, OWN * 5);
        _stakeAndDelegate(OWN, first);
        _addRewards(100 * TOKENS);
        skip(EPOCH);
        uint256 before = _valueOf(delegator);
        assertGt(before, first, "rewards");
        _delegate(other, second);
        _assertAtMostBelow(_valueOf(delegator), before, 1, "earlier");
        assertGe(_valueOf(delegator), before, "the newcomer took some");
        _assertAtMostBelow(_valueOf(other), second, 2, "newcomer");
    }

    function _expectNotActive(address to, uint96 amount) private {
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.OperatorNotActive.selector, to));
        vm.prank(delegator);
        stakes.delegate(to, amount, ANY_COMMISSION);
    }
}
