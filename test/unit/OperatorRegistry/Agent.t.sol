// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {OperatorRegistryTest} from "./OperatorRegistryTest.sol";

/*
 * setAgent
 * ├── given the caller is not in the list: NotRegistered
 * ├── given the key works or worked for any operator, the caller included: AgentTaken
 * ├── when the consent is for another operator, contract or chain, by another key, malformed or high s: InvalidAgentSignature
 * └── it appoints the key and revokes the previous one
 * clearAgent
 * ├── given the caller is not in the list: NotRegistered
 * ├── given there is no agent: NoAgent
 * └── it revokes the agent
 * accountableOperatorOf
 * ├── given the agent is in office: its operator, for ever
 * ├── given it was revoked less than a window ago: its operator
 * └── else: nobody
 */
contract AgentTest is OperatorRegistryTest {
    function setUp() public override {
        super.setUp();
        _register(operator, AGENT_KEY, cold);
    }

    function testFuzz_setAgent_itReplacesThePreviousOne(uint256 seed, uint32 later) public {
        uint256 key = _freshKey(seed);
        skip(later);
        (bytes32 r, bytes32 vs) = _consent(key, operator);
        vm.expectEmit(address(registry));
        emit IOperatorRegistry.AgentRevoked(operator, agent, block.timestamp + WINDOW);
        vm.expectEmit(address(registry));
        emit IOperatorRegistry.AgentSet(operator, vm.addr(key));
        vm.prank(operator);
        registry.setAgent(vm.addr(key), r, vs);

        assertEq(registry.agentOf(operator), vm.addr(key));
        assertTrue(registry.isAgent(operator, vm.addr(key)));
        assertFalse(registry.isAgent(operator, agent));
        (address boundTo, uint256 revokedAt) = registry.agentRecord(agent);
        assertEq(boundTo, operator);
        assertEq(revokedAt, block.timestamp);
        (boundTo, revokedAt) = registry.agentRecord(vm.addr(key));
        assertEq(boundTo, operator);
        assertEq(revokedAt, 0);
    }

    function testFuzz_setAgent_givenNotListed_itReverts(address who, uint256 seed) public {
        vm.assume(who != operator);
        uint256 key = _freshKey(seed);
        (bytes32 r, bytes32 vs) = _consent(key, who);
        vm.prank(who);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotRegistered.selector, who));
        registry.setAgent(vm.addr(key), r, vs);
    }

    function test_setAgent_givenTheAgentInOffice_itReverts() public {
        (bytes32 r, bytes32 vs) = _consent(AGENT_KEY, operator);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.AgentTaken.selector, agent, operator));
        registry.setAgent(agent, r, vs);
    }

    /// Whoever holds an old consent cannot bring a revoked key back, however much later.
    function testFuzz_setAgent_givenARevokedKey_itReverts(uint32 later) public {
        (bytes32 r, bytes32 vs) = _consent(AGENT_KEY, operator);
        vm.prank(operator);
        registry.clearAgent();
        skip(later);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.AgentTaken.selector, agent, operator));
        registry.setAgent(agent, r, vs);
    }

    function testFuzz_setAgent_givenAnotherOperatorsKey_itReverts(bool revoked) public {
        _register(other, 2, address(0));
        if (revoked) {
            vm.prank(other);
            registry.clearAgent();
        }
        (bytes32 r, bytes32 vs) = _consent(2, operator);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.AgentTaken.selector, vm.addr(2), other));
        registry.setAgent(vm.addr(2), r, vs);
    }

    function testFuzz_setAgent_whenTheConsentIsForAnotherOperator_itReverts(uint256 seed, address intended) public {
        vm.assume(intended != operator);
        uint256 key = _freshKey(seed);
        (bytes32 r, bytes32 vs) = _consent(key, intended);
        _expectInvalid(vm.addr(key), r, vs);
    }

    function testFuzz_setAgent_whenTheConsentIsForAnotherRegistry_itReverts(uint256 seed) public {
        uint256 key = _freshKey(seed);
        (bytes32 r, bytes32 vs) = _signCompact(key, new OperatorRegistry(WINDOW).agentDigest(operator));
        _expectInvalid(vm.addr(key), r, vs);
    }

    function testFuzz_setAgent_whenSomeoneElseSigned_itReverts(uint256 seed, uint256 forgerSeed) public {
        uint256 key = _freshKey(seed);
        uint256 forger = _boundKey(forgerSeed);
        vm.assume(forger != key);
        (bytes32 r, bytes32 vs) = _consent(forger, operator);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.InvalidAgentSignature.selector, vm.addr(key), vm.addr(forger))
        );
        vm.prank(operator);
        registry.setAgent(vm.addr(key), r, vs);
    }

    /// EIP-2098 keeps v in the top bit of s: a high s either flips v or stays high. Neither recovers the agent.
    function testFuzz_setAgent_whenTheSignatureIsMalleated_itReverts(uint256 seed) public {
        uint256 key = _freshKey(seed);
        (bytes32 r, bytes32 vs) = _consent(key, operator);
        _expectInvalid(vm.addr(key), r, _malleated(vs));
        _expectInvalid(vm.addr(key), r, _malleated(vs) | bytes32(uint256(1) << 255));
    }

    function testFuzz_setAgent_whenTheSignatureIsNoise_itReverts(address claimed, bytes32 r, bytes32 vs) public {
        vm.assume(claimed != agent);
        _expectInvalid(claimed, r, vs);
    }

    /// `ecrecover` answers zero for nonsense: that must not appoint the zero address.
    function test_setAgent_whenTheZeroAddressConsents_itReverts() public {
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.InvalidAgentSignature.selector, address(0), address(0))
        );
        vm.prank(operator);
        registry.setAgent(address(0), bytes32(0), bytes32(0));
        assertFalse(registry.isAgent(other, address(0)));
    }

    /// A plain key that later delegates to code (EIP-7702) is still asked as a key.
    function testFuzz_setAgent_givenTheKeyCarriesCode_itConsentsAsAKey(uint256 seed) public {
        uint256 key = _freshKey(seed);
        vm.etch(vm.addr(key), hex"fe");
        _setAgent(operator, key);
        assertTrue(registry.isAgent(operator, vm.addr(key)));
    }

    function test_setAgent_givenAPlainKeyOperator_itMayBeItsOwnAgent() public {
        address plain = vm.addr(77);
        _register(plain, 77, address(0));
        assertTrue(registry.isAgent(plain, plain));
    }

    function testFuzz_setAgent_whenItReverts_thePreviousAgentStays(bytes32 r, bytes32 vs) public {
        vm.prank(operator);
        try registry.setAgent(makeAddr("nobody's key"), r, vs) {
            fail();
        } catch {
            assertTrue(registry.isAgent(operator, agent));
        }
    }

    function testFuzz_clearAgent_itRevokes(uint32 later) public {
        skip(later);
        vm.expectEmit(address(registry));
        emit IOperatorRegistry.AgentRevoked(operator, agent, block.timestamp + WINDOW);
        vm.prank(operator);
        registry.clearAgent();
        assertEq(registry.agentOf(operator), address(0));
        assertFalse(registry.isAgent(operator, agent));
        assertFalse(registry.isAgent(operator, address(0)));
        assertTrue(registry.isRegistered(operator));
        assertEq(registry.operatorRecord(operator).agent, address(0));
    }

    function test_clearAgent_givenNone_itReverts() public {
        vm.startPrank(operator);
        registry.clearAgent();
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NoAgent.selector, operator));
        registry.clearAgent();
    }

    function testFuzz_clearAgent_givenNotListed_itReverts(address who) public {
        vm.assume(who != operator);
        vm.prank(who);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotRegistered.selector, who));
        registry.clearAgent();
    }

    function testFuzz_accountableOperatorOf_givenInOffice_itIsTheOperator(uint64 later) public {
        skip(later);
        assertEq(registry.accountableOperatorOf(agent), operator);
    }

    function testFuzz_accountableOperatorOf_givenRevoked_itIsTheOperatorForOneWindow(uint32 later) public {
        vm.prank(operator);
        registry.clearAgent();
        skip(later);
        assertEq(registry.accountableOperatorOf(agent), later < WINDOW ? operator : address(0));
    }

    function test_accountableOperatorOf_endsExactlyWithTheWindow() public {
        vm.prank(operator);
        registry.clearAgent();
        skip(WINDOW - 1);
        assertEq(registry.accountableOperatorOf(agent), operator);
        skip(1);
        assertEq(registry.accountableOperatorOf(agent), address(0));
        (address boundTo, ) = registry.agentRecord(agent);
        assertEq(boundTo, operator);
    }

    function testFuzz_accountableOperatorOf_givenNeverAnAgent_itIsNobody(address stranger) public view {
        vm.assume(stranger != agent);
        assertEq(registry.accountableOperatorOf(stranger), address(0));
        (address boundTo, uint256 revokedAt) = registry.agentRecord(stranger);
        assertEq(boundTo, address(0));
        assertEq(revokedAt, 0);
    }

    function _freshKey(uint256 seed) private pure returns (uint256 key) {
        key = _boundKey(seed);
        vm.assume(key != AGENT_KEY);
    }

    function _expectInvalid(address claimed, bytes32 r, bytes32 vs) private {
        vm.expectPartialRevert(IOperatorRegistry.InvalidAgentSignature.selector);
        vm.prank(operator);
        registry.setAgent(claimed, r, vs);
    }
}
