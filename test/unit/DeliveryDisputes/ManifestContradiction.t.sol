// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDeliveryDisputes} from "../../../contracts/interfaces/IDeliveryDisputes.sol";
import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {DeliveryDisputesTest} from "./DeliveryDisputesTest.sol";

/*
 * reportManifestContradiction, given a commitment
 * ├── when the delivery says what the manifest says: NoContradiction
 * ├── when the leaf is not in the manifest that the delivery names: NotInManifest
 * │   ├── it is in another manifest, or the proof is another leaf's, too short, too long, or empty
 * │   └── it is an inner node of the tree, given as a leaf (trap)
 * ├── when the signer answers for nobody: NotAccountable (Accountability.t.sol, DeliverySignatures.t.sol)
 * ├── given the agent is retired: AgentRetired (Accountability.t.sol)
 * └── else: DeliveryDisputed, and the operator is slashed
 *     ├── given any tree, also of one leaf, also one that the SDK made
 *     └── when hash, or size, or both differ
 */
contract ManifestContradictionTest is DeliveryDisputesTest {
    function testFuzz_report_itSlashes(address who, bytes32 contentHash, uint64 size) public {
        vm.assume(contentHash != BODY || size != SIZE);
        vm.assume(who != operator);
        (bytes32 root, ) = _manifest();
        IDeliveryDisputes.SignedDelivery memory wrong = _signedDelivery(AGENT_KEY, root, RESOURCE, contentHash, size);
        _commit(who, _list(wrong));
        vm.expectEmit(address(disputes));
        emit IDeliveryDisputes.DeliveryDisputed(operator, agent, who, root, RESOURCE);
        vm.expectEmit(address(stakes));
        emit IStakeManager.Slashed(operator, agent, who, uint96(SLASH), 0, uint96((SLASH * 3) / 10));
        _reveal(who, wrong);
        _assertPools(OWN - SLASH, 0, 0, 0);
        assertEq(stakes.rewardsOf(who), (SLASH * 3) / 10, "the reporter's cut");
        assertTrue(stakes.isRetired(agent), "retired");
        assertFalse(stakes.isActive(operator), "jailed");
    }

    /// Hash or size alone are enough.
    function test_report_whenOnlyOneDiffers_itSlashes() public {
        (bytes32 root, ) = _manifest();
        uint256 snapshot = vm.snapshotState();
        _report(reporter, _signedDelivery(AGENT_KEY, root, RESOURCE, OTHER_BODY, SIZE));
        assertTrue(stakes.isRetired(agent), "another hash");
        vm.revertToState(snapshot);
        _report(reporter, _signedDelivery(AGENT_KEY, root, RESOURCE, BODY, SIZE + 1));
        assertTrue(stakes.isRetired(agent), "another size");
    }

    function testFuzz_report_whenItSaysTheSame_itReverts(bytes32 channelId) public {
        (bytes32 root, bytes32[] memory proof) = _manifest();
        IDeliveryDisputes.SignedDelivery memory right = _signedDelivery(AGENT_KEY, root, RESOURCE, BODY, SIZE);
        right.channelId = channelId;
        right = _signedAs(AGENT_KEY, DELIVERY_TYPE, right);
        _commit(reporter, _list(right));
        vm.expectRevert(IDeliveryDisputes.NoContradiction.selector);
        vm.prank(reporter);
        disputes.reportManifestContradiction(right, BODY, SIZE, proof, SALT);
    }

    /// Any manifest of one to sixteen resources, any resource of it.
    function testFuzz_report_givenAnyTree_itSlashes(uint256 seed, uint256 count, uint256 index) public {
        Entry[] memory entries = _entries(seed, _bound(count, 1, 16));
        index = _bound(index, 0, entries.length - 1);
        Entry memory entry = entries[index];
        IDeliveryDisputes.SignedDelivery memory wrong = _signedDelivery(
            AGENT_KEY,
            _rootOf(entries),
            entry.resource,
            OTHER_BODY,
            entry.size
        );
        _commit(reporter, _list(wrong));
        _revealAs(wrong, entry, _proofOf(entries, index));
        assertTrue(stakes.isRetired(agent), "retired");
    }

    function test_report_givenASingleLeaf_theProofIsEmpty() public {
        Entry[] memory entries = new Entry[](1);
        entries[0] = Entry(RESOURCE, BODY, SIZE);
        assertEq(_proofOf(entries, 0).length, 0, "empty");
        assertEq(_rootOf(entries), _leafOf(entries[0]), "the leaf is the root");
        IDeliveryDisputes.SignedDelivery memory wrong = _signedDelivery(
            AGENT_KEY,
            _rootOf(entries),
            RESOURCE,
            OTHER_BODY,
            SIZE
        );
        _commit(reporter, _list(wrong));
        _revealAs(wrong, entries[0], new bytes32[](0));
        assertTrue(stakes.isRetired(agent), "retired");
    }

    /// Every leaf of every manifest of the shared vectors, with the proof that TypeScript made.
    function test_report_givenManifestsOfTheSdk_itSlashes() public {
        string memory json = vm.readFile(string.concat(vm.projectRoot(), "/test/vectors/manifests.json"));
        uint256 snapshot = vm.snapshotState();
        uint256 count;
        for (uint256 i; i < 6; ++i) {
            string memory item = string.concat(".cases[", vm.toString(i), "]");
            bytes32 root = vm.parseJsonBytes32(json, string.concat(item, ".root"));
            for (uint256 j; vm.keyExistsJson(json, _leafAt(item, j)); ++j) {
                string memory place = _leafAt(item, j);
                Entry memory entry = Entry(
                    vm.parseJsonBytes32(json, string.concat(place, ".resource")),
                    vm.parseJsonBytes32(json, string.concat(place, ".contentHash")),
                    uint64(vm.parseJsonUint(json, string.concat(place, ".size")))
                );
                bytes32[] memory proof = vm.parseJsonBytes32Array(json, string.concat(place, ".proof"));
                IDeliveryDisputes.SignedDelivery memory wrong = _signedDelivery(
                    AGENT_KEY,
                    root,
                    entry.resource,
                    OTHER_BODY,
                    entry.size
                );
                _commit(reporter, _list(wrong));
                _revealAs(wrong, entry, proof);
                assertTrue(stakes.isRetired(agent), place);
                vm.revertToState(snapshot);
                ++count;
                if (j == 4) break;
            }
        }
        assertGt(count, 5, "leaves");
    }

    function testFuzz_report_whenNotInTheManifest_itReverts(Entry memory entry) public {
        vm.assume(entry.contentHash != BODY || entry.size != SIZE);
        vm.assume(entry.contentHash != OTHER_BODY || entry.size != SIZE);
        entry.resource = RESOURCE;
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        _commit(reporter, _list(wrong));
        (bytes32 root, bytes32[] memory proof) = _manifest();
        vm.expectRevert(abi.encodeWithSelector(IDeliveryDisputes.NotInManifest.selector, root, _leafOf(entry)));
        _revealAs(wrong, entry, proof);
    }

    /// The publisher of another manifest cannot say what this one says.
    function testFuzz_report_whenInAnotherManifest_itReverts(uint256 seed, uint256 count, uint256 index) public {
        Entry[] memory entries = _entries(seed, _bound(count, 1, 16));
        index = _bound(index, 0, entries.length - 1);
        Entry memory entry = entries[index];
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        wrong.resource = entry.resource;
        wrong = _signedAs(AGENT_KEY, DELIVERY_TYPE, wrong);
        _commit(reporter, _list(wrong));
        bytes32[] memory proof = _proofOf(entries, index);
        vm.expectRevert(
            abi.encodeWithSelector(IDeliveryDisputes.NotInManifest.selector, wrong.manifestRoot, _leafOf(entry))
        );
        _revealAs(wrong, entry, proof);
    }

    function testFuzz_report_whenTheProofIsAnothers_itReverts(
        uint256 seed,
        uint256 count,
        uint256 index,
        uint256 how
    ) public {
        Entry[] memory entries = _entries(seed, _bound(count, 3, 16));
        index = _bound(index, 0, entries.length - 1);
        Entry memory entry = entries[index];
        bytes32[] memory proof = _proofOf(entries, index);
        bytes32 root = _rootOf(entries);
        if (how % 4 == 0) proof = _proofOf(entries, (index + 2) % entries.length);
        if (how % 4 == 1) proof[seed % proof.length] = keccak256(abi.encode(seed));
        if (how % 4 == 2) proof = new bytes32[](0);
        if (how % 4 == 3) proof = _longer(proof, root);
        IDeliveryDisputes.SignedDelivery memory wrong = _signedDelivery(
            AGENT_KEY,
            root,
            entry.resource,
            OTHER_BODY,
            entry.size
        );
        _commit(reporter, _list(wrong));
        vm.expectRevert(abi.encodeWithSelector(IDeliveryDisputes.NotInManifest.selector, root, _leafOf(entry)));
        _revealAs(wrong, entry, proof);
    }

    /// Leaves are hashed twice, and of three words: no inner node can be passed off as one, whose fields its children were.
    function testFuzz_attack_innerNodeAsALeaf_itReverts(uint256 seed) public {
        Entry[] memory entries = _entries(seed, 4);
        bytes32 left = _pair(_leafOf(entries[0]), _leafOf(entries[1]));
        bytes32 right = _pair(_leafOf(entries[2]), _leafOf(entries[3]));
        bytes32 root = _rootOf(entries);
        assertEq(root, _pair(left, right), "the tree");
        // The children of the root, and of an inner node, as resource and hash.
        bytes32[] memory proof = new bytes32[](0);
        _expectNotALeaf(root, Entry(left, right, uint64(seed)), proof);
        proof = new bytes32[](1);
        proof[0] = right;
        _expectNotALeaf(root, Entry(_leafOf(entries[0]), _leafOf(entries[1]), uint64(seed)), proof);
    }

    function _expectNotALeaf(bytes32 root, Entry memory entry, bytes32[] memory proof) private {
        IDeliveryDisputes.SignedDelivery memory wrong = _signedDelivery(AGENT_KEY, root, entry.resource, OTHER_BODY, 1);
        _commit(reporter, _list(wrong));
        vm.expectRevert(abi.encodeWithSelector(IDeliveryDisputes.NotInManifest.selector, root, _leafOf(entry)));
        _revealAs(wrong, entry, proof);
    }

    /// @dev The second step with what the manifest is said to say, whose resource is the delivery's.
    function _revealAs(
        IDeliveryDisputes.SignedDelivery memory delivery,
        Entry memory entry,
        bytes32[] memory proof
    ) private {
        vm.prank(reporter);
        disputes.reportManifestContradiction(delivery, entry.contentHash, entry.size, proof, SALT);
    }

    function _entries(uint256 seed, uint256 count) private pure returns (Entry[] memory entries) {
        entries = new Entry[](count);
        for (uint256 i; i < count; ++i) {
            bytes32 word = keccak256(abi.encode(seed, i));
            entries[i] = Entry(word, sha256(abi.encode(word)), uint64(uint256(word)));
        }
    }

    function _longer(bytes32[] memory proof, bytes32 last) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](proof.length + 1);
        for (uint256 i; i < proof.length; ++i) longer[i] = proof[i];
        longer[proof.length] = last;
    }

    function _leafAt(string memory item, uint256 index) private pure returns (string memory) {
        return string.concat(item, ".leaves[", vm.toString(index), "]");
    }
}
