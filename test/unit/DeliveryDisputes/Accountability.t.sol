// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDeliveryDisputes} from "../../../contracts/interfaces/IDeliveryDisputes.sol";
import {DeliveryDisputesTest} from "./DeliveryDisputesTest.sol";

/*
 * who answers for a signature
 * ├── given the agent is in office: its operator, however long ago it signed
 * ├── given the agent was replaced or cleared, or its operator left: its operator, to the second of the dispute window's end
 * ├── given the agent was slashed for: nobody again, AgentRetired
 * ├── given several agents of one operator: one slash each
 * └── given the operator has no stake left: the agent is retired all the same
 * what a slash does to the operator
 * ├── it is jailed until it has another agent, and then active with what it has left
 * ├── a retired key never comes back, for no operator
 * └── an agent that was replaced before does not jail
 * traps
 * └── replacing the agent, leaving the list and unbonding, all before the report: it comes before the stake is out
 */
contract AccountabilityTest is DeliveryDisputesTest {
    function testFuzz_report_givenInOffice_itSlashesAtAnyTime(uint256 later) public {
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        skip(_bound(later, 0, 3650 days));
        _report(reporter, wrong);
        _assertPools(OWN - SLASH, 0, 0, 0);
    }

    function testFuzz_report_givenRevoked_itSlashesWithinTheWindow(uint256 later, uint256 how, bool self) public {
        later = _bound(later, 60, 2 * DISPUTE_WINDOW);
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        IDeliveryDisputes.SignedDelivery memory right = _signedDelivery(
            AGENT_KEY,
            wrong.manifestRoot,
            RESOURCE,
            BODY,
            SIZE
        );
        _revoke(how);
        uint256 revokedAt = vm.getBlockTimestamp();
        vm.warp(revokedAt + later - 60);
        if (self) _commit(reporter, _list(wrong, right));
        else _commit(reporter, _list(wrong));
        if (later >= DISPUTE_WINDOW) {
            vm.expectRevert(abi.encodeWithSelector(IDeliveryDisputes.NotAccountable.selector, agent));
        }
        if (self) _reveal(reporter, wrong, right);
        else _reveal(reporter, wrong);
        _assertPools(later < DISPUTE_WINDOW ? OWN - SLASH : OWN, 0, 0, 0);
    }

    function test_report_theWindowEndsToTheSecond() public {
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        _revoke(0);
        uint256 end = vm.getBlockTimestamp() + DISPUTE_WINDOW;
        vm.warp(end - 120);
        _commit(reporter, _list(wrong));
        uint256 snapshot = vm.snapshotState();
        vm.warp(end - 1);
        _reveal(reporter, wrong);
        _assertPools(OWN - SLASH, 0, 0, 0);
        vm.revertToState(snapshot);
        vm.warp(end);
        vm.expectRevert(abi.encodeWithSelector(IDeliveryDisputes.NotAccountable.selector, agent));
        _reveal(reporter, wrong);
    }

    /// One accepted proof a key: however many wrong deliveries it signed, by whichever kind of proof.
    function testFuzz_report_givenRetired_itReverts(uint256 later, bool self, address who) public {
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        _report(reporter, wrong);
        skip(_bound(later, 0, 3650 days));
        IDeliveryDisputes.SignedDelivery memory more = _signedDelivery(
            AGENT_KEY,
            wrong.manifestRoot,
            RESOURCE,
            keccak256("more"),
            1
        );
        if (self) _commit(who, _list(wrong, more));
        else _commit(who, _list(more));
        vm.expectRevert(abi.encodeWithSelector(IDeliveryDisputes.AgentRetired.selector, agent));
        if (self) _reveal(who, wrong, more);
        else _reveal(who, more);
        _assertPools(OWN - SLASH, 0, 0, 0);
    }

    function testFuzz_report_twoAgentKeys_twoSlashes(uint256 between) public {
        between = _bound(between, 0, DISPUTE_WINDOW - 1 minutes - 1);
        IDeliveryDisputes.SignedDelivery memory first = _wrongDelivery(AGENT_KEY);
        _setAgent(operator, 2);
        IDeliveryDisputes.SignedDelivery memory second = _wrongDelivery(2);
        _report(reporter, second);
        _assertPools(OWN - SLASH, 0, 0, 0);
        vm.warp(vm.getBlockTimestamp() + between - (between < 60 ? between : 60));
        _report(other, first);
        _assertPools(OWN - 2 * SLASH, 0, 0, 0);
        assertEq(stakes.rewardsOf(reporter), (SLASH * 3) / 10, "first reporter");
        assertEq(stakes.rewardsOf(other), (SLASH * 3) / 10, "second reporter");
    }

    function test_report_givenNoStakeLeft_itRetiresTheAgent() public {
        _unbondAll(operator);
        skip(UNBONDING);
        _withdraw(operator, 0);
        _report(reporter, _wrongDelivery(AGENT_KEY));
        assertTrue(stakes.isRetired(agent), "retired");
        assertEq(stakes.rewardsOf(reporter), 0, "nothing to cut from");
    }

    function testFuzz_slash_jailsUntilAnotherAgentIsSet(uint256 later) public {
        _report(reporter, _wrongDelivery(AGENT_KEY));
        skip(_bound(later, 0, 365 days));
        assertFalse(stakes.isActive(operator), "jailed");
        assertEq(stakes.rewardableStake(operator), 0, "earns nothing");
        _setAgent(operator, 2);
        assertTrue(stakes.isActive(operator), "active with another agent");
    }

    /// What is left must still be enough.
    function test_slash_givenTooLittleIsLeft_itStaysInactive() public {
        _unbond(operator, MIN_STAKE * 1e6);
        _report(reporter, _wrongDelivery(AGENT_KEY));
        _setAgent(operator, 2);
        assertFalse(stakes.isActive(operator), "too little");
        _stake(SLASH);
        assertTrue(stakes.isActive(operator), "made up for");
    }

    function testFuzz_attack_bringARetiredKeyBack_itReverts(bool forAnother) public {
        _report(reporter, _wrongDelivery(AGENT_KEY));
        address who = forAnother ? other : operator;
        if (forAnother) _register(other, 2);
        (bytes32 r, bytes32 vs) = _signCompact(AGENT_KEY, registry.agentDigest(who));
        vm.expectRevert(abi.encodeWithSignature("AgentTaken(address,address)", agent, operator));
        vm.prank(who);
        registry.setAgent(agent, r, vs);
    }

    function test_slash_forAFormerAgent_doesNotJail() public {
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        _setAgent(operator, 2);
        _report(reporter, wrong);
        assertTrue(stakes.isActive(operator), "active");
        assertTrue(stakes.isRetired(agent), "the former is retired");
    }

    /// The fastest way out there is takes longer than the slowest way to prove.
    function testFuzz_attack_runBeforeTheReport_isSlashed(uint256 later, uint256 how) public {
        later = _bound(later, 60, DISPUTE_WINDOW - 1);
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        _delegate(delegator, OWN);
        _unbondAll(operator);
        _revoke(how);
        skip(later - 60);
        _report(reporter, wrong);
        _assertPools(0, OWN - SLASH, OWN, 0);
        skip(UNBONDING);
        assertEq(_withdraw(operator, 0), OWN - SLASH, "what it got out");
    }

    /// @dev The three ways in which an agent leaves office.
    function _revoke(uint256 how) private {
        if (how % 3 == 0) return _setAgent(operator, 2);
        vm.prank(operator);
        if (how % 3 == 1) registry.clearAgent();
        else registry.deregister();
    }
}
