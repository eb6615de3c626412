// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDeliveryDisputes} from "../../../contracts/interfaces/IDeliveryDisputes.sol";
import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {DeliveryDisputesTest} from "./DeliveryDisputesTest.sol";

/*
 * reportSelfContradiction, given a commitment
 * ├── when the two are of different manifests, resources or agents: DifferentSubject
 * ├── when they say the same, for whatever channels: NoContradiction
 * ├── when the signer answers for nobody: NotAccountable (Accountability.t.sol, DeliverySignatures.t.sol)
 * ├── given the agent is retired: AgentRetired (Accountability.t.sol)
 * └── else: DeliveryDisputed, and the operator is slashed
 *     ├── when hash, or size, or both differ, in any order
 *     └── whatever the root: nobody need know a manifest for it
 */
contract SelfContradictionTest is DeliveryDisputesTest {
    function testFuzz_report_itSlashes(
        address who,
        bytes32 root,
        bytes32 resource,
        bytes32[2] memory hashes,
        uint64[2] memory sizes
    ) public {
        vm.assume(hashes[0] != hashes[1] || sizes[0] != sizes[1]);
        IDeliveryDisputes.SignedDelivery memory one = _signedDelivery(AGENT_KEY, root, resource, hashes[0], sizes[0]);
        IDeliveryDisputes.SignedDelivery memory two = _signedDelivery(AGENT_KEY, root, resource, hashes[1], sizes[1]);
        _commit(who, _list(one, two));
        vm.expectEmit(address(disputes));
        emit IDeliveryDisputes.DeliveryDisputed(operator, agent, who, root, resource);
        vm.expectEmit(address(stakes));
        emit IStakeManager.Slashed(operator, agent, who, uint96(SLASH), 0, uint96((SLASH * 3) / 10));
        _reveal(who, one, two);
        _assertPools(OWN - SLASH, 0, 0, 0);
        assertEq(stakes.rewardsOf(who), (SLASH * 3) / 10, "the reporter's cut");
        assertTrue(stakes.isRetired(agent), "retired");
    }

    /// Hash or size alone are enough, in either order, also to two different channels.
    function testFuzz_report_whenOnlyOneDiffers_itSlashes(bool byHash, bool swapped, bytes32 channelId) public {
        IDeliveryDisputes.SignedDelivery memory one = _said(BODY, SIZE);
        IDeliveryDisputes.SignedDelivery memory two = _said(byHash ? OTHER_BODY : BODY, byHash ? SIZE : SIZE + 1);
        two.channelId = channelId;
        two = _signedAs(AGENT_KEY, DELIVERY_TYPE, two);
        if (swapped) _report(reporter, two, one);
        else _report(reporter, one, two);
        assertTrue(stakes.isRetired(agent), "retired");
    }

    function testFuzz_report_whenTheySayTheSame_itReverts(bytes32 channelId) public {
        IDeliveryDisputes.SignedDelivery memory one = _said(BODY, SIZE);
        IDeliveryDisputes.SignedDelivery memory two = _said(BODY, SIZE);
        two.channelId = channelId;
        two = _signedAs(AGENT_KEY, DELIVERY_TYPE, two);
        _commit(reporter, _list(one, two));
        vm.expectRevert(IDeliveryDisputes.NoContradiction.selector);
        _reveal(reporter, one, two);
    }

    function testFuzz_report_whenOfDifferentManifests_itReverts(bytes32 root) public {
        IDeliveryDisputes.SignedDelivery memory one = _said(BODY, SIZE);
        vm.assume(root != one.manifestRoot);
        _expectDifferent(one, _signedDelivery(AGENT_KEY, root, RESOURCE, OTHER_BODY, SIZE));
    }

    function testFuzz_report_whenOfDifferentResources_itReverts(bytes32 resource) public {
        vm.assume(resource != RESOURCE);
        IDeliveryDisputes.SignedDelivery memory one = _said(BODY, SIZE);
        _expectDifferent(one, _signedDelivery(AGENT_KEY, one.manifestRoot, resource, OTHER_BODY, SIZE));
    }

    /// Also when both work for one operator, or the second is nobody's.
    function testFuzz_attack_twoAgentsContradictEachOther_itReverts(uint256 seed, bool sameOperator) public {
        uint256 key = _boundKey(seed);
        vm.assume(key != AGENT_KEY);
        if (sameOperator) _setAgent(operator, key);
        IDeliveryDisputes.SignedDelivery memory one = _said(BODY, SIZE);
        _expectDifferent(one, _signedDelivery(key, one.manifestRoot, RESOURCE, OTHER_BODY, SIZE));
    }

    function testFuzz_attack_aSignatureOfNobody_itReverts(bytes32 r, bytes32 vs) public {
        IDeliveryDisputes.SignedDelivery memory one = _said(BODY, SIZE);
        IDeliveryDisputes.SignedDelivery memory two = _said(OTHER_BODY, SIZE);
        vm.assume(r != two.r || vs != two.vs);
        (two.r, two.vs) = (r, vs);
        _expectDifferent(one, two);
    }

    /// Two signatures that recover nobody are of one agent, the zero address, which answers for nobody.
    function test_attack_twoMalformedSignatures_itReverts() public {
        IDeliveryDisputes.SignedDelivery memory one = _said(BODY, SIZE);
        IDeliveryDisputes.SignedDelivery memory two = _said(OTHER_BODY, SIZE);
        (one.r, one.vs, two.r, two.vs) = (0, 0, 0, 0);
        _commit(reporter, _list(one, two));
        vm.expectRevert(abi.encodeWithSelector(IDeliveryDisputes.NotAccountable.selector, address(0)));
        _reveal(reporter, one, two);
    }

    /// One and the same delivery is no contradiction, however its signature was changed.
    function test_attack_oneDeliveryTwice_itReverts() public {
        IDeliveryDisputes.SignedDelivery memory one = _said(BODY, SIZE);
        _commit(reporter, _list(one, one));
        vm.expectRevert(IDeliveryDisputes.NoContradiction.selector);
        _reveal(reporter, one, one);
    }

    function _said(bytes32 contentHash, uint64 size) private view returns (IDeliveryDisputes.SignedDelivery memory) {
        return _signedDelivery(AGENT_KEY, keccak256("root"), RESOURCE, contentHash, size);
    }

    function _expectDifferent(
        IDeliveryDisputes.SignedDelivery memory one,
        IDeliveryDisputes.SignedDelivery memory two
    ) private {
        _commit(reporter, _list(one, two));
        vm.expectRevert(IDeliveryDisputes.DifferentSubject.selector);
        _reveal(reporter, one, two);
        assertFalse(stakes.isRetired(agent), "retired");
    }
}
