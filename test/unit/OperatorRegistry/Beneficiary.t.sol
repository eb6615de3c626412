// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {OperatorRegistryTest} from "./OperatorRegistryTest.sol";

/*
 * setBeneficiary
 * ├── when the caller does not receive the earnings at present: NotBeneficiary
 * └── it redirects them at once and voids the proposal
 * proposeBeneficiary
 * ├── it takes effect after the delay, not before
 * └── given another proposal: it replaces it and the delay starts anew
 * cancelBeneficiaryProposal
 * ├── when the caller is neither the operator nor the present beneficiary: NotBeneficiary
 * ├── given none is pending: NoProposal
 * └── it voids the proposal
 */
contract BeneficiaryTest is OperatorRegistryTest {
    function testFuzz_setBeneficiary_givenNone_theOperatorSetsIt(address who, address beneficiary) public {
        vm.expectEmit(address(registry));
        emit IOperatorRegistry.BeneficiarySet(who, beneficiary);
        vm.prank(who);
        registry.setBeneficiary(who, beneficiary);
        assertEq(registry.beneficiaryOf(who), beneficiary);
    }

    function testFuzz_setBeneficiary_givenNone_aStrangerCannot(address stranger, address beneficiary) public {
        vm.assume(stranger != operator);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotBeneficiary.selector, operator, stranger));
        registry.setBeneficiary(operator, beneficiary);
    }

    function testFuzz_setBeneficiary_givenOne_onlyItRedirects(address caller, address next) public {
        _register(operator, AGENT_KEY, cold);
        vm.prank(caller);
        if (caller != cold) {
            vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotBeneficiary.selector, cold, caller));
        }
        registry.setBeneficiary(operator, next);
        assertEq(registry.beneficiaryOf(operator), caller == cold ? next : cold);
    }

    function test_setBeneficiary_theKeysOfTheOperatorCannotRedirect() public {
        _register(operator, AGENT_KEY, cold);
        address[2] memory keys = [operator, agent];
        for (uint256 i = 0; i < keys.length; ++i) {
            vm.prank(keys[i]);
            vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotBeneficiary.selector, cold, keys[i]));
            registry.setBeneficiary(operator, keys[i]);
        }
    }

    function test_setBeneficiary_whenItHandsBack_theOperatorSetsItAgain() public {
        _register(operator, AGENT_KEY, cold);
        vm.prank(cold);
        registry.setBeneficiary(operator, address(0));
        vm.prank(operator);
        registry.setBeneficiary(operator, other);
        assertEq(registry.beneficiaryOf(operator), other);
    }

    function testFuzz_setBeneficiary_itVoidsTheProposal(address next, uint32 later) public {
        _register(operator, AGENT_KEY, cold);
        vm.prank(operator);
        registry.proposeBeneficiary(other);
        vm.prank(cold);
        registry.setBeneficiary(operator, next);
        skip(later);
        assertEq(registry.beneficiaryOf(operator), next);
        _assertNothingPending();
    }

    function testFuzz_proposeBeneficiary_itTakesEffectAfterTheDelay(address next, uint32 later) public {
        _register(operator, AGENT_KEY, cold);
        uint256 effectiveAt = block.timestamp + registry.BENEFICIARY_DELAY();
        vm.expectEmit(address(registry));
        emit IOperatorRegistry.BeneficiaryProposed(operator, next, effectiveAt);
        vm.prank(operator);
        registry.proposeBeneficiary(next);
        skip(later);
        (address pending, uint256 pendingAt) = registry.pendingBeneficiaryOf(operator);
        if (block.timestamp < effectiveAt) {
            assertEq(registry.beneficiaryOf(operator), cold);
            assertEq(pending, next);
            assertEq(pendingAt, effectiveAt);
        } else {
            assertEq(registry.beneficiaryOf(operator), next);
            _assertNothingPending();
        }
        assertEq(registry.operatorRecord(operator).beneficiary, registry.beneficiaryOf(operator));
    }

    function test_proposeBeneficiary_takesEffectExactlyWithTheDelay() public {
        _register(operator, AGENT_KEY, cold);
        vm.prank(operator);
        registry.proposeBeneficiary(other);
        skip(registry.BENEFICIARY_DELAY() - 1);
        assertEq(registry.beneficiaryOf(operator), cold);
        skip(1);
        assertEq(registry.beneficiaryOf(operator), other);
    }

    /// Once a proposal took effect the old beneficiary has no say any more, and the new one has.
    function testFuzz_proposeBeneficiary_onceInEffect_itMovesThePower(uint32 later) public {
        _register(operator, AGENT_KEY, cold);
        vm.prank(operator);
        registry.proposeBeneficiary(other);
        skip(registry.BENEFICIARY_DELAY() + later);
        vm.prank(cold);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotBeneficiary.selector, other, cold));
        registry.setBeneficiary(operator, cold);
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NoProposal.selector, operator));
        registry.cancelBeneficiaryProposal(operator);
        vm.prank(other);
        registry.setBeneficiary(operator, cold);
        assertEq(registry.beneficiaryOf(operator), cold);
    }

    function testFuzz_proposeBeneficiary_givenAnother_itStartsAnew(uint32 between, uint32 later) public {
        _register(operator, AGENT_KEY, cold);
        uint256 delay = registry.BENEFICIARY_DELAY();
        between = uint32(bound(between, 0, delay - 1));
        later = uint32(bound(later, 0, delay - 1));
        vm.prank(operator);
        registry.proposeBeneficiary(other);
        skip(between);
        vm.prank(operator);
        registry.proposeBeneficiary(operator);
        skip(later);
        assertEq(registry.beneficiaryOf(operator), cold);
        skip(delay - later);
        assertEq(registry.beneficiaryOf(operator), operator);
    }

    function test_proposeBeneficiary_givenOneInEffect_itBuildsOnIt() public {
        _register(operator, AGENT_KEY, cold);
        vm.startPrank(operator);
        registry.proposeBeneficiary(other);
        skip(registry.BENEFICIARY_DELAY());
        registry.proposeBeneficiary(address(0));
        assertEq(registry.beneficiaryOf(operator), other);
        skip(registry.BENEFICIARY_DELAY());
        assertEq(registry.beneficiaryOf(operator), address(0));
    }

    function testFuzz_cancelBeneficiaryProposal_byOperatorOrBeneficiary_itVoids(bool byOperator, uint32 later) public {
        _register(operator, AGENT_KEY, cold);
        vm.prank(operator);
        registry.proposeBeneficiary(other);
        skip(bound(later, 0, registry.BENEFICIARY_DELAY() - 1));
        vm.expectEmit(address(registry));
        emit IOperatorRegistry.BeneficiaryProposalCancelled(operator, other);
        vm.prank(byOperator ? operator : cold);
        registry.cancelBeneficiaryProposal(operator);
        _assertNothingPending();
        skip(registry.BENEFICIARY_DELAY());
        assertEq(registry.beneficiaryOf(operator), cold);
    }

    function testFuzz_cancelBeneficiaryProposal_byAnyoneElse_itReverts(address stranger) public {
        vm.assume(stranger != operator && stranger != cold);
        _register(operator, AGENT_KEY, cold);
        vm.prank(operator);
        registry.proposeBeneficiary(stranger);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotBeneficiary.selector, cold, stranger));
        registry.cancelBeneficiaryProposal(operator);
    }

    function test_cancelBeneficiaryProposal_givenNone_itReverts() public {
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NoProposal.selector, operator));
        registry.cancelBeneficiaryProposal(operator);
    }

    function testFuzz_setBeneficiary_itTouchesNobodyElse(address who, address beneficiary) public {
        vm.assume(who != operator);
        _register(operator, AGENT_KEY, cold);
        vm.startPrank(who);
        registry.setBeneficiary(who, beneficiary);
        registry.proposeBeneficiary(who);
        skip(registry.BENEFICIARY_DELAY());
        assertEq(registry.beneficiaryOf(operator), cold);
        assertEq(registry.beneficiaryOf(who), who);
    }

    function _assertNothingPending() private view {
        (address pending, uint256 effectiveAt) = registry.pendingBeneficiaryOf(operator);
        assertEq(pending, address(0));
        assertEq(effectiveAt, 0);
    }
}
