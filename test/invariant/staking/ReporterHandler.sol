// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "forge-std/Vm.sol";

import {DeliveryDisputes} from "../../../contracts/DeliveryDisputes.sol";
import {IDeliveryDisputes} from "../../../contracts/interfaces/IDeliveryDisputes.sol";
import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeBook} from "./StakeBook.sol";
import {StakeHandler} from "./StakeHandler.sol";

/// @notice Reporters who hold real contradictions of agents that signed them, at any age of the agent and of the commitment; and those who
/// try to make one of what an honest agent signed.
contract ReporterHandler is StakeHandler {
    bytes32 private constant RESOURCE = keccak256("720p/segment-1.m4s");
    DeliveryDisputes private immutable DISPUTES;
    uint256 private _salt;

    constructor(StakeBook book) StakeHandler(book) {
        DISPUTES = book.DISPUTES();
    }

    /// @dev Any agent there ever was that is not honest, by any reporter. Who was caught often appoints the next and is caught again.
    function report(uint256 seed) external judged {
        seed = _dice(seed);
        uint256 key = _dishonestKey(seed);
        uint256 index = BOOK.keyRecord(key).operator;
        while (_report(seed, key) && seed % 4 != 0) {
            BOOK.appoint(index);
            key = BOOK.agentKeys(index);
            seed >>= 2;
        }
    }

    /// @dev One of all tricks that the coalition can think of against what the honest operator's agent signed under a root that it computed.
    function frame(uint256 seed) external judged {
        seed = _dice(seed);
        uint256 key = BOOK.agentKeys(BOOK.HONEST());
        if (key == 0) return;
        BOOK.succeeded("frame");
        (bytes32 lie, bytes32 salt) = (bytes32(seed | 1), bytes32(++_salt));
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = BOOK.leafOf("other resource", "other content", 2);
        bytes32 root = BOOK.nodeOf(BOOK.leafOf(RESOURCE, "content", 1), proof[0]);
        // All that the agent ever signs: the same of the resource under this root, on any channel, as often as it is asked; and what
        // another list says of it.
        IDeliveryDisputes.SignedDelivery memory signed = BOOK.signedDelivery(key, 0, root, RESOURCE, "content", 1);
        IDeliveryDisputes.SignedDelivery[4] memory others;
        others[0] = BOOK.signedDelivery(key, salt, root, RESOURCE, "content", 1);
        others[1] = BOOK.signedDelivery(key, 0, salt, RESOURCE, lie, 1);
        // What it never signed.
        others[2] = BOOK.signedDelivery((seed >> 8) | 1, 0, root, RESOURCE, lie, 1);
        others[3] = _copy(signed);
        others[3].contentHash = lie;
        if (seed % 2 == 0) _frameTwo(signed, others[(seed >> 8) % 4], salt);
        else _frameTwo(others[(seed >> 8) % 4], signed, salt);

        uint256 trick = (seed >> 16) % 5;
        if (trick == 0) return _frameOne(signed, "content", proof, salt);
        if (trick == 1) return _frameOne(signed, lie, proof, salt);
        if (trick == 2) return _frameOne(signed, lie, new bytes32[](0), salt);
        // A list made to frame it, with its resource twice: the agent does not sign under the root, for it recomputes it.
        proof[0] = BOOK.leafOf(RESOURCE, "content", 1);
        if (trick == 3) return _frameOne(signed, lie, proof, salt);
        others[3] = _copy(signed);
        others[3].manifestRoot = BOOK.nodeOf(proof[0], BOOK.leafOf(RESOURCE, lie, 1));
        _frameOne(others[3], lie, proof, salt);
    }

    /// @return Whether it was a proof
    function _report(uint256 seed, uint256 key) private returns (bool) {
        uint256 index = BOOK.keyRecord(key).operator;
        address reporter = [BOOK.REPORTER(), BOOK.operators(index), BOOK.holders(3)][(seed >> 8) % 3];
        (bytes memory call, bytes32 commitment) = _contradiction(key, reporter, (seed >> 16) % 2 == 0);
        _mustFail(reporter, address(DISPUTES), call, "D1: reported without a commitment");
        DISPUTES.commit(commitment);
        skip(1 minutes - 1);
        _mustFail(reporter, address(DISPUTES), call, "D1: reported at once");
        // Every eighth time the commitment lapses.
        bool lapsed = (seed >> 24) % 8 == 0;
        skip(lapsed ? 1 days : ((seed >> 32) % 1 hours) + 1);
        _mustFail(BOOK.DONOR(), address(DISPUTES), call, "D1: a copied report was accepted");
        if (lapsed || !BOOK.isAccountable(key)) {
            _mustFail(reporter, address(DISPUTES), call, "D1: a second proof, a lapsed one, or of an agent long gone");
            BOOK.succeeded(lapsed ? "lapse" : "reportInVain");
            return false;
        }
        _slash(index, key, reporter, call);
        _mustFail(reporter, address(DISPUTES), call, "D1: one proof was accepted twice");
        // Before time passes again: who lost everything has no stream any more.
        BOOK.judge(index);
        return true;
    }

    function _slash(uint256 index, uint256 key, address reporter, bytes memory call) private {
        address operator = BOOK.operators(index);
        IStakeManager.OperatorStake memory before = STAKES.operatorStake(operator);
        uint256[] memory worth = BOOK.positionsOf(index);
        _slashing(index);
        uint256[3] memory told = _told(reporter, call);
        BOOK.noteRetired(key);

        uint256[4] memory lost = _lost(before, STAKES.operatorStake(operator));
        assertEq(lost[0] + lost[1], told[0], "S4: own stake lost and own stake reported");
        assertEq(lost[2] + lost[3], told[1], "S4: delegated stake lost and reported");
        assertEq(told[2], (told[0] * 3_000) / 10_000, "D2: the reporter's part");
        BOOK.noteSlashed(index, lost, reporter, told[2]);
        _judgeOrder(before, lost);
        uint256 all = uint256(before.delegated) + before.delegatedUnbonding;
        if (all != 0) _judgeParts(index, worth, all, told[1]);
    }

    /// @dev What the event says: own stake, delegated stake, the reporter's part.
    function _told(address reporter, bytes memory call) private returns (uint256[3] memory told) {
        vm.recordLogs();
        (bool success, ) = BOOK.act(reporter, address(DISPUTES), call);
        assertTrue(success, "S4: a slash reverted");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == IStakeManager.Slashed.selector) told = abi.decode(logs[i].data, (uint256[3]));
        }
    }

    /// @dev Who must lose before whom, and how much in all.
    function _judgeOrder(IStakeManager.OperatorStake memory before, uint256[4] memory lost) private {
        uint256 due = BOOK.SLASH();
        assertEq(lost[0], _min(due, before.own), "S5: own bonded stake first");
        due -= lost[0];
        assertEq(lost[1], _min(due, before.ownUnbonding), "S6: then own stake on its way out");
        due -= lost[1];
        uint256 all = uint256(before.delegated) + before.delegatedUnbonding;
        uint256 delegated = lost[2] + lost[3];
        assertEq(delegated, _min(due, all), "S4: then delegators, exactly the rest");
        // Less than one unit from pro rata.
        assertLe(lost[2] * all, delegated * before.delegated, "S5: bonded delegators lost more");
        if (all != 0) assertGt((lost[2] + 1) * all, delegated * before.delegated, "S6: unbonding delegators lost more");

        BOOK.succeeded("slash");
        if (lost[1] != 0) BOOK.succeeded("slashOwnUnbonding");
        if (lost[2] != 0) BOOK.succeeded("slashDelegators");
        if (lost[3] != 0) BOOK.succeeded("slashUnbondingDelegators");
    }

    /// @dev Own stake, bonded and unbonding; delegated stake, bonded and unbonding.
    function _lost(
        IStakeManager.OperatorStake memory before,
        IStakeManager.OperatorStake memory left
    ) private pure returns (uint256[4] memory) {
        return
            [
                uint256(before.own) - left.own,
                before.ownUnbonding - left.ownUnbonding,
                before.delegated - left.delegated,
                before.delegatedUnbonding - left.delegatedUnbonding
            ];
    }

    /// @dev Each delegator keeps the same part of what it had, bonded or on its way out, to a few units of rounding.
    function _judgeParts(uint256 index, uint256[] memory before, uint256 all, uint256 lost) private view {
        uint256[] memory current = BOOK.positionsOf(index);
        for (uint256 i = 0; i < current.length; ++i) {
            uint256 expected = (before[i] * (all - lost)) / all;
            assertApproxEqAbs(current[i], expected, 3, "S5: a delegator lost another part than the others");
        }
    }

    /// @dev Either kind of proof. The agent signs a lie about a resource of a manifest that tells the truth, or two different things.
    function _contradiction(
        uint256 key,
        address reporter,
        bool ofManifest
    ) private returns (bytes memory call, bytes32 commitment) {
        bytes32 salt = bytes32(++_salt);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = BOOK.leafOf("other resource", "other content", 2);
        bytes32 root = BOOK.nodeOf(BOOK.leafOf(RESOURCE, salt, 1), proof[0]);
        IDeliveryDisputes.SignedDelivery[] memory deliveries = new IDeliveryDisputes.SignedDelivery[](
            ofManifest ? 1 : 2
        );
        deliveries[0] = BOOK.signedDelivery(key, 0, root, RESOURCE, "lie", 1);
        if (ofManifest) {
            call = abi.encodeCall(IDeliveryDisputes.reportManifestContradiction, (deliveries[0], salt, 1, proof, salt));
        } else {
            deliveries[1] = BOOK.signedDelivery(key, salt, root, RESOURCE, "lie", 2);
            call = abi.encodeCall(IDeliveryDisputes.reportSelfContradiction, (deliveries[0], deliveries[1], salt));
        }
        commitment = keccak256(abi.encode(reporter, salt, deliveries));
    }

    function _frameTwo(
        IDeliveryDisputes.SignedDelivery memory delivery,
        IDeliveryDisputes.SignedDelivery memory other,
        bytes32 salt
    ) private {
        IDeliveryDisputes.SignedDelivery[] memory deliveries = new IDeliveryDisputes.SignedDelivery[](2);
        (deliveries[0], deliveries[1]) = (delivery, other);
        bytes memory call = abi.encodeCall(IDeliveryDisputes.reportSelfContradiction, (delivery, other, salt));
        _frame(deliveries, salt, call);
    }

    function _frameOne(
        IDeliveryDisputes.SignedDelivery memory delivery,
        bytes32 hash,
        bytes32[] memory proof,
        bytes32 salt
    ) private {
        IDeliveryDisputes.SignedDelivery[] memory deliveries = new IDeliveryDisputes.SignedDelivery[](1);
        deliveries[0] = delivery;
        bytes memory call = abi.encodeCall(
            IDeliveryDisputes.reportManifestContradiction,
            (delivery, hash, 1, proof, salt)
        );
        _frame(deliveries, salt, call);
    }

    function _frame(IDeliveryDisputes.SignedDelivery[] memory deliveries, bytes32 salt, bytes memory call) private {
        address reporter = BOOK.REPORTER();
        DISPUTES.commit(DISPUTES.commitmentOf(reporter, salt, deliveries));
        skip(1 minutes);
        _mustFail(reporter, address(DISPUTES), call, "D3: an honest agent was framed");
    }

    function _copy(
        IDeliveryDisputes.SignedDelivery memory delivery
    ) private pure returns (IDeliveryDisputes.SignedDelivery memory) {
        return abi.decode(abi.encode(delivery), (IDeliveryDisputes.SignedDelivery));
    }

    function _dishonestKey(uint256 seed) private view returns (uint256 key) {
        uint256 count = BOOK.keyCount();
        uint256 which = (seed >> 32) % count;
        // Two of three times one that can be caught.
        for (uint256 i = 0; i < count; ++i) {
            key = BOOK.keys((which + i) % count);
            if (BOOK.keyRecord(key).operator == BOOK.HONEST()) continue;
            if (seed % 3 == 0 || BOOK.isAccountable(key)) return key;
        }
        return BOOK.keys(0);
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
