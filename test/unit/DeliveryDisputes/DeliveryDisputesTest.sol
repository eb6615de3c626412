// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DeliveryDisputes} from "../../../contracts/DeliveryDisputes.sol";
import {IDeliveryDisputes} from "../../../contracts/interfaces/IDeliveryDisputes.sol";
import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {EscrowSigningTest} from "../../helpers/EscrowSigningTest.sol";
import {StakingTest} from "../../helpers/StakingTest.sol";

/// @notice What the disputes' unit tests share: manifests, deliveries signed by agents, and the two steps of a report.
abstract contract DeliveryDisputesTest is StakingTest, EscrowSigningTest {
    /// @dev What a manifest says of one resource.
    struct Entry {
        bytes32 resource;
        bytes32 contentHash;
        uint64 size;
    }

    bytes32 internal constant DELIVERY_TYPE = keccak256(
        "Delivery(bytes32 channelId,bytes32 manifestRoot,bytes32 resource,bytes32 contentHash,uint64 size)"
    );
    uint256 internal constant OWN = 2 * MIN_STAKE;
    bytes32 internal constant CHANNEL = keccak256("channel");
    bytes32 internal constant RESOURCE = keccak256("160p/segment-1.m4s");
    uint64 internal constant SIZE = 23;
    bytes32 internal constant SALT = keccak256("salt");
    // Not constants: those would be computed at every use, by a call that a prank or an expected revert would be spent on.
    bytes32 internal immutable BODY = sha256("what the publisher made");
    bytes32 internal immutable OTHER_BODY = sha256("what the relay said");
    bytes32 internal immutable NEXT_BODY = sha256("what comes next");

    DeliveryDisputes internal disputes;

    function setUp() public virtual override {
        super.setUp();
        disputes = weir.disputes;
        _stake(OWN);
    }

    function _verifier() internal view override returns (IPaymentChannels) {
        return weir.escrow;
    }

    /// @dev The usual manifest: two resources, of which the second is only there to give a proof a length.
    function _manifest() internal view returns (bytes32 root, bytes32[] memory proof) {
        Entry[] memory entries = new Entry[](2);
        entries[0] = Entry(RESOURCE, BODY, SIZE);
        entries[1] = Entry(keccak256("160p/segment-2.m4s"), NEXT_BODY, 7);
        return (_rootOf(entries), _proofOf(entries, 0));
    }

    /// @dev A delivery of the usual resource under the usual root that contradicts the usual manifest.
    function _wrongDelivery(uint256 key) internal view returns (IDeliveryDisputes.SignedDelivery memory) {
        (bytes32 root, ) = _manifest();
        return _signedDelivery(key, root, RESOURCE, OTHER_BODY, SIZE);
    }

    function _signedDelivery(
        uint256 key,
        bytes32 root,
        bytes32 resource,
        bytes32 contentHash,
        uint64 size
    ) internal view returns (IDeliveryDisputes.SignedDelivery memory) {
        return
            _signedAs(
                key,
                DELIVERY_TYPE,
                IDeliveryDisputes.SignedDelivery(CHANNEL, root, resource, contentHash, size, 0, 0)
            );
    }

    /// @dev The delivery with a signature over its fields under this type.
    function _signedAs(
        uint256 key,
        bytes32 typeHash,
        IDeliveryDisputes.SignedDelivery memory delivery
    ) internal view returns (IDeliveryDisputes.SignedDelivery memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                typeHash,
                delivery.channelId,
                delivery.manifestRoot,
                delivery.resource,
                delivery.contentHash,
                delivery.size
            )
        );
        (delivery.r, delivery.vs) = _signCompact(key, _digestOf(structHash));
        return delivery;
    }

    /// @dev Both steps, with the time between them.
    function _report(address who, IDeliveryDisputes.SignedDelivery memory delivery) internal {
        _commit(who, _list(delivery));
        _reveal(who, delivery);
    }

    function _report(
        address who,
        IDeliveryDisputes.SignedDelivery memory delivery,
        IDeliveryDisputes.SignedDelivery memory second
    ) internal {
        _commit(who, _list(delivery, second));
        _reveal(who, delivery, second);
    }

    /// @dev The first step, and the time until the second.
    function _commit(address who, IDeliveryDisputes.SignedDelivery[] memory deliveries) internal {
        vm.prank(who);
        disputes.commit(_commitmentOf(who, SALT, deliveries));
        skip(1 minutes);
    }

    /// @dev The second step: against the usual manifest.
    function _reveal(address who, IDeliveryDisputes.SignedDelivery memory delivery) internal {
        (, bytes32[] memory proof) = _manifest();
        vm.prank(who);
        disputes.reportManifestContradiction(delivery, BODY, SIZE, proof, SALT);
    }

    function _reveal(
        address who,
        IDeliveryDisputes.SignedDelivery memory delivery,
        IDeliveryDisputes.SignedDelivery memory second
    ) internal {
        vm.prank(who);
        disputes.reportSelfContradiction(delivery, second, SALT);
    }

    /// @dev From the definition.
    function _commitmentOf(
        address who,
        bytes32 salt,
        IDeliveryDisputes.SignedDelivery[] memory deliveries
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(who, salt, deliveries));
    }

    function _list(
        IDeliveryDisputes.SignedDelivery memory delivery
    ) internal pure returns (IDeliveryDisputes.SignedDelivery[] memory list) {
        list = new IDeliveryDisputes.SignedDelivery[](1);
        list[0] = delivery;
    }

    function _list(
        IDeliveryDisputes.SignedDelivery memory delivery,
        IDeliveryDisputes.SignedDelivery memory second
    ) internal pure returns (IDeliveryDisputes.SignedDelivery[] memory list) {
        list = new IDeliveryDisputes.SignedDelivery[](2);
        (list[0], list[1]) = (delivery, second);
    }

    function _leafOf(Entry memory entry) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(entry.resource, entry.contentHash, entry.size))));
    }

    function _rootOf(Entry[] memory entries) internal pure returns (bytes32) {
        bytes32[] memory level = _leavesOf(entries);
        while (level.length > 1) level = _above(level);
        return level[0];
    }

    function _proofOf(Entry[] memory entries, uint256 index) internal pure returns (bytes32[] memory proof) {
        bytes32[] memory level = _leavesOf(entries);
        bytes32[] memory longest = new bytes32[](16);
        uint256 length;
        for (; level.length > 1; index /= 2) {
            if (index ^ 1 < level.length) longest[length++] = level[index ^ 1];
            level = _above(level);
        }
        proof = new bytes32[](length);
        for (uint256 i; i < length; ++i) proof[i] = longest[i];
    }

    function _pair(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    function _leavesOf(Entry[] memory entries) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](entries.length);
        for (uint256 i; i < entries.length; ++i) leaves[i] = _leafOf(entries[i]);
    }

    /// @dev The hashes of pairs; the last one without a partner goes up as it is.
    function _above(bytes32[] memory level) private pure returns (bytes32[] memory above) {
        above = new bytes32[]((level.length + 1) / 2);
        for (uint256 i; i < above.length; ++i) {
            bool alone = 2 * i + 1 == level.length;
            above[i] = alone ? level[2 * i] : _pair(level[2 * i], level[2 * i + 1]);
        }
    }
}
