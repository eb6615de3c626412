// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeManagerTest} from "./StakeManagerTest.sol";

/*
 * setCommission
 * ├── when above the maximum: CommissionTooHigh
 * ├── given nobody delegates: CommissionSet, to anything up to the maximum, as often as one likes
 * └── given anyone delegates
 *     ├── when it falls or stays: CommissionSet
 *     ├── when it rises by more than a step: CommissionTooHigh
 *     ├── when it was raised in this epoch: CommissionRaisedAlready
 *     └── else: CommissionSet
 * traps
 * ├── the maximum just before a distribution: takes a step of it
 * ├── lowered and raised again in one epoch
 * ├── raised in front of a delegation: the delegation reverts
 * └── the last delegator who leaves frees the operator, the next one binds it again
 */
contract CommissionTest is StakeManagerTest {
    function testFuzz_setCommission_givenNobodyDelegates_anyUpToTheMaximum(uint16 first, uint16 second) public {
        first = uint16(_bound(first, 0, 5_000));
        second = uint16(_bound(second, 0, 5_000));
        _expectSet(first);
        _expectSet(second);
    }

    /// Whoever is no operator yet may set it for the day it is.
    function testFuzz_setCommission_anybodysIsItsOwn(address who, uint16 commission) public {
        vm.assume(who != operator);
        commission = uint16(_bound(commission, 0, 5_000));
        vm.expectEmit(address(stakes));
        emit IStakeManager.CommissionSet(who, commission);
        vm.prank(who);
        stakes.setCommission(commission);
        assertEq(_state().commissionBps, 0, "another's");
        assertEq(stakes.operatorStake(who).commissionBps, commission, "its own");
    }

    function testFuzz_setCommission_whenAboveTheMaximum_itReverts(uint16 commission) public {
        commission = uint16(_bound(commission, 5_001, type(uint16).max));
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.CommissionTooHigh.selector, 5_000, commission));
        _setCommission(commission);
    }

    function testFuzz_setCommission_givenDelegators_itFallsFreely(uint16 from, uint16 to, uint16 further) public {
        from = uint16(_bound(from, 0, 5_000));
        to = uint16(_bound(to, 0, from));
        further = uint16(_bound(further, 0, to));
        _setCommission(from);
        _stakeAndDelegate(OWN, 1);
        _expectSet(to);
        _expectSet(further);
    }

    function testFuzz_setCommission_givenDelegators_itRisesByAStepAnEpoch(
        uint16 from,
        uint16 by,
        uint256 epochs
    ) public {
        from = uint16(_bound(from, 0, 4_999));
        by = uint16(_bound(by, 1, from > 4_900 ? 5_000 - from : 100));
        epochs = _bound(epochs, 1, 100);
        _setCommission(from);
        _stakeAndDelegate(OWN, 1);
        _expectSet(from + by);
        _skipToEpoch(epochs);
        uint16 max = from + by > 4_900 ? 5_000 : from + by + 100;
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.CommissionTooHigh.selector, max, max + 1));
        _setCommission(max + 1);
        _expectSet(max);
    }

    function testFuzz_setCommission_givenDelegators_whenByMoreThanAStep_itReverts(uint16 from, uint16 to) public {
        from = uint16(_bound(from, 0, 4_899));
        to = uint16(_bound(to, from + 101, type(uint16).max));
        _setCommission(from);
        _stakeAndDelegate(OWN, 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.CommissionTooHigh.selector, from + 100, to));
        _setCommission(to);
    }

    function testFuzz_setCommission_givenRaisedInThisEpoch_itReverts(uint256 later) public {
        _stakeAndDelegate(OWN, 1);
        _skipToEpoch(1);
        uint256 epoch = stakes.epoch();
        skip(_bound(later, 0, EPOCH - 1));
        _setCommission(1);
        vm.warp((epoch + 1) * EPOCH - 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.CommissionRaisedAlready.selector, epoch));
        _setCommission(2);
        skip(1);
        _expectSet(2);
    }

    function testFuzz_attack_maximumJustBeforeADistribution_takesAStep(uint256 rewards) public {
        rewards = _bound(rewards, TOKENS, MAX_STAKE);
        _stakeAndDelegate(OWN, OWN);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.CommissionTooHigh.selector, 100, 5_000));
        _setCommission(5_000);
        _setCommission(100);
        _addRewards(rewards);
        assertEq(stakes.rewardsOf(operator), (rewards / 2) / 100, "a hundredth of the delegators' half");
    }

    /// From one epoch's last second to the next one's first it takes two steps, and two more take a whole epoch.
    function test_attack_raiseAroundTheBoundary_takesTwoSteps() public {
        _stakeAndDelegate(OWN, OWN);
        _skipToEpoch(1);
        vm.warp(vm.getBlockTimestamp() - 1);
        _setCommission(100);
        skip(1);
        _setCommission(200);
        skip(EPOCH - 1);
        vm.expectPartialRevert(IStakeManager.CommissionRaisedAlready.selector);
        _setCommission(300);
    }

    function testFuzz_attack_lowerAndRaiseAgain_isARise(uint16 from, uint16 to) public {
        from = uint16(_bound(from, 1, 5_000));
        to = uint16(_bound(to, 0, from - 1));
        _setCommission(from);
        _stakeAndDelegate(OWN, OWN);
        _setCommission(to);
        uint16 max = to + 100;
        if (from > max) {
            vm.expectRevert(abi.encodeWithSelector(IStakeManager.CommissionTooHigh.selector, max, from));
            _setCommission(from);
        }
        _setCommission(to + 1);
        _setCommission(to);
        vm.expectPartialRevert(IStakeManager.CommissionRaisedAlready.selector);
        _setCommission(to + 1);
    }

    function testFuzz_attack_raiseInFrontOfADelegation_theDelegationReverts(uint16 agreed, uint16 raised) public {
        agreed = uint16(_bound(agreed, 0, 4_999));
        raised = uint16(_bound(raised, agreed + 1, 5_000));
        _setCommission(agreed);
        _stake(OWN);
        _setCommission(raised);
        _fundHolder(delegator, TOKENS);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.CommissionTooHigh.selector, agreed, raised));
        vm.prank(delegator);
        stakes.delegate(operator, uint96(TOKENS), agreed);
        assertEq(token.balanceOf(delegator), TOKENS, "nothing was taken");
    }

    /// One share is enough to bind the operator, worth nothing though it is.
    function test_setCommission_givenOneShareIsLeft_itIsBound() public {
        _stakeAndDelegate(OWN, OWN);
        _unbond(delegator, OWN * 1e6 - 1);
        assertEq(_sharesOf(delegator), 1, "one share");
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.CommissionTooHigh.selector, 100, 5_000));
        _setCommission(5_000);
    }

    function test_setCommission_givenAllDelegatorsLeft_itIsFreeAgain() public {
        _stakeAndDelegate(OWN, OWN);
        _unbondAll(delegator);
        _expectSet(5_000);
        _setCommission(0);
        _delegate(other, 1);
        vm.expectPartialRevert(IStakeManager.CommissionTooHigh.selector);
        _setCommission(5_000);
    }

    function _expectSet(uint16 commission) private {
        vm.expectEmit(address(stakes));
        emit IStakeManager.CommissionSet(operator, commission);
        _setCommission(commission);
        assertEq(_state().commissionBps, commission, "commissionBps");
    }
}
