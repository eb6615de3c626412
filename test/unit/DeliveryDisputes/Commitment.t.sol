// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDeliveryDisputes} from "../../../contracts/interfaces/IDeliveryDisputes.sol";
import {DeliveryDisputesTest} from "./DeliveryDisputesTest.sol";

/*
 * commitmentOf: the definition
 * commit
 * ├── given somebody sent the same before: nothing happens, also not to its age
 * └── else: Committed, whoever sends it
 * either report
 * ├── given no commitment of this caller to these deliveries in this order with this salt: NotCommitted
 * ├── given it is too fresh, or too old, to the second: CommitmentNotInForce
 * └── else: it goes on (ManifestContradiction.t.sol, SelfContradiction.t.sol)
 * traps
 * ├── a report copied from the pool: the commitment names another
 * ├── a commitment copied from the pool: it is the reporter's all the same
 * └── one made ready long before, or renewed: it lapses
 */
contract CommitmentTest is DeliveryDisputesTest {
    function testFuzz_commitmentOf_isTheDefinition(
        address who,
        bytes32 salt,
        IDeliveryDisputes.SignedDelivery memory delivery,
        IDeliveryDisputes.SignedDelivery memory second
    ) public view {
        assertEq(
            disputes.commitmentOf(who, salt, _list(delivery)),
            keccak256(abi.encode(who, salt, _list(delivery))),
            "one"
        );
        assertEq(
            disputes.commitmentOf(who, salt, _list(delivery, second)),
            keccak256(abi.encode(who, salt, _list(delivery, second))),
            "two"
        );
    }

    function testFuzz_commit_itIsWrittenDown(address who, bytes32 commitment, uint256 later) public {
        assertEq(disputes.committedAt(commitment), 0, "never");
        uint256 now_ = vm.getBlockTimestamp();
        vm.expectEmit(address(disputes));
        emit IDeliveryDisputes.Committed(who, commitment);
        vm.prank(who);
        disputes.commit(commitment);
        assertEq(disputes.committedAt(commitment), now_, "committedAt");

        skip(_bound(later, 0, 365 days));
        vm.recordLogs();
        disputes.commit(commitment);
        assertEq(vm.getRecordedLogs().length, 0, "logs of the second");
        assertEq(disputes.committedAt(commitment), now_, "committedAt after the second");
    }

    function testFuzz_report_givenNoCommitment_itReverts(address who, bool self) public {
        IDeliveryDisputes.SignedDelivery[] memory deliveries = _proof(self);
        _expectNotCommitted(_commitmentOf(who, SALT, deliveries));
        _revealAny(who, deliveries);
    }

    function testFuzz_report_givenAnotherSalt_itReverts(bytes32 salt, bool self) public {
        vm.assume(salt != SALT);
        IDeliveryDisputes.SignedDelivery[] memory deliveries = _proof(self);
        disputes.commit(_commitmentOf(reporter, salt, deliveries));
        skip(1 minutes);
        _expectNotCommitted(_commitmentOf(reporter, SALT, deliveries));
        _revealAny(reporter, deliveries);
    }

    /// A commitment to one delivery is none to another, to two, or to two in the other order.
    function test_report_givenOtherDeliveries_itReverts() public {
        IDeliveryDisputes.SignedDelivery[] memory two = _proof(true);
        IDeliveryDisputes.SignedDelivery[] memory swapped = _list(two[1], two[0]);
        IDeliveryDisputes.SignedDelivery[] memory one = _proof(false);
        _commit(reporter, two);
        _expectNotCommitted(_commitmentOf(reporter, SALT, swapped));
        _revealAny(reporter, swapped);
        _expectNotCommitted(_commitmentOf(reporter, SALT, one));
        _revealAny(reporter, one);
        one[0].channelId = bytes32(uint256(1));
        _commit(reporter, _proof(false));
        _expectNotCommitted(_commitmentOf(reporter, SALT, one));
        _revealAny(reporter, one);
    }

    function testFuzz_report_whenTooFresh_itReverts(uint256 age, bool self) public {
        IDeliveryDisputes.SignedDelivery[] memory deliveries = _proof(self);
        uint256 since = vm.getBlockTimestamp();
        _commit(reporter, deliveries);
        vm.warp(since + _bound(age, 0, 59));
        _expectNotInForce(since);
        _revealAny(reporter, deliveries);
    }

    function testFuzz_report_whenTooOld_itReverts(uint256 age, bool self) public {
        IDeliveryDisputes.SignedDelivery[] memory deliveries = _proof(self);
        uint256 since = vm.getBlockTimestamp();
        _commit(reporter, deliveries);
        vm.warp(since + _bound(age, 1 days, 3650 days));
        _expectNotInForce(since);
        _revealAny(reporter, deliveries);
    }

    function testFuzz_report_whenInForce_itSlashes(uint256 age, bool self, bytes32 salt) public {
        IDeliveryDisputes.SignedDelivery[] memory deliveries = _proof(self);
        uint256 since = vm.getBlockTimestamp();
        _commit(reporter, deliveries);
        // Others' commitments to the same change nothing.
        disputes.commit(_commitmentOf(stranger, salt, deliveries));
        vm.warp(since + _bound(age, 60, 1 days - 1));
        _revealAny(reporter, deliveries);
        assertTrue(stakes.isRetired(agent), "retired");
    }

    function test_report_theTimesAreToTheSecond() public {
        IDeliveryDisputes.SignedDelivery[] memory deliveries = _proof(false);
        uint256 since = vm.getBlockTimestamp();
        _commit(reporter, deliveries);
        uint256 snapshot = vm.snapshotState();
        vm.warp(since + 60);
        _revealAny(reporter, deliveries);
        vm.revertToState(snapshot);
        vm.warp(since + 1 days - 1);
        _revealAny(reporter, deliveries);
        vm.revertToState(snapshot);
        vm.warp(since + 59);
        _expectNotInForce(since);
        _revealAny(reporter, deliveries);
        vm.warp(since + 1 days);
        _expectNotInForce(since);
        _revealAny(reporter, deliveries);
    }

    /// Whoever sees a report in the pool can send it first, and nothing comes of it.
    function testFuzz_attack_copyTheReport_itReverts(address thief, bool self) public {
        vm.assume(thief != reporter);
        IDeliveryDisputes.SignedDelivery[] memory deliveries = _proof(self);
        _commit(reporter, deliveries);
        _expectNotCommitted(_commitmentOf(thief, SALT, deliveries));
        _revealAny(thief, deliveries);
        // Nor when it commits now: the reporter's is in a block before that is in force.
        disputes.commit(_commitmentOf(thief, SALT, deliveries));
        _expectNotInForce(vm.getBlockTimestamp());
        _revealAny(thief, deliveries);
        _revealAny(reporter, deliveries);
        assertEq(stakes.rewardsOf(reporter), (SLASH * 3) / 10, "the reporter's cut");
        assertEq(stakes.rewardsOf(thief), 0, "the thief's");
    }

    /// Whoever sends a commitment before its author does him a favour.
    function testFuzz_attack_copyTheCommitment_doesNotHinder(address thief, uint256 ahead, bool self) public {
        vm.assume(thief != reporter);
        IDeliveryDisputes.SignedDelivery[] memory deliveries = _proof(self);
        vm.prank(thief);
        disputes.commit(_commitmentOf(reporter, SALT, deliveries));
        skip(_bound(ahead, 0, 1 hours));
        _commit(reporter, deliveries);
        uint256 snapshot = vm.snapshotState();
        _expectNotCommitted(_commitmentOf(thief, SALT, deliveries));
        _revealAny(thief, deliveries);
        vm.revertToState(snapshot);
        _revealAny(reporter, deliveries);
        assertEq(stakes.rewardsOf(reporter), (SLASH * 3) / 10, "the reporter's cut");
    }

    /// One that lapsed does not come back; another salt makes another.
    function testFuzz_attack_keepACommitmentReady_lapses(uint256 age, bool self) public {
        IDeliveryDisputes.SignedDelivery[] memory deliveries = _proof(self);
        uint256 since = vm.getBlockTimestamp();
        _commit(operator, deliveries);
        vm.warp(since + _bound(age, 1 days, 365 days));
        _commit(operator, deliveries);
        _expectNotInForce(since);
        _revealAny(operator, deliveries);
        _commit(reporter, deliveries);
        _revealAny(reporter, deliveries);
        assertEq(stakes.rewardsOf(operator), 0, "the operator's");
    }

    /// @dev What proves the usual agent wrong: one delivery against the manifest, or two against each other.
    function _proof(bool self) private view returns (IDeliveryDisputes.SignedDelivery[] memory) {
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        if (!self) return _list(wrong);
        return _list(wrong, _signedDelivery(AGENT_KEY, wrong.manifestRoot, RESOURCE, BODY, SIZE));
    }

    function _revealAny(address who, IDeliveryDisputes.SignedDelivery[] memory deliveries) private {
        if (deliveries.length == 1) _reveal(who, deliveries[0]);
        else _reveal(who, deliveries[0], deliveries[1]);
    }

    function _expectNotCommitted(bytes32 commitment) private {
        vm.expectRevert(abi.encodeWithSelector(IDeliveryDisputes.NotCommitted.selector, commitment));
    }

    function _expectNotInForce(uint256 since) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IDeliveryDisputes.CommitmentNotInForce.selector,
                since + 60,
                since + 1 days,
                vm.getBlockTimestamp()
            )
        );
    }
}
