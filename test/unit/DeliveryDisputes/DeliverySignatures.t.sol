// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDeliveryDisputes} from "../../../contracts/interfaces/IDeliveryDisputes.sol";
import {Messages} from "../../../contracts/libraries/Messages.sol";
import {DeliveryDisputesTest} from "./DeliveryDisputesTest.sol";

/*
 * the signature of a delivery
 * ├── the type is, to the character, what the SDK signs
 * ├── when it is malformed or malleated: NotAccountable, for it recovers nobody or a stranger
 * ├── when any field is another than was signed: NotAccountable
 * ├── when the type has one more space, or is another message's: NotAccountable
 * ├── when the domain is another deployment's, chain's or contract's: NotAccountable
 * └── when signed by whoever is no agent, the operator itself included: NotAccountable
 */
contract DeliverySignaturesTest is DeliveryDisputesTest {
    function test_type_isTheOneOfTheSdk() public view {
        string memory json = vm.readFile(string.concat(vm.projectRoot(), "/test/vectors/messages.json"));
        string memory typeString = vm.parseJsonString(json, ".Delivery.typeString");
        assertEq(keccak256(bytes(typeString)), DELIVERY_TYPE, "the string");
        assertEq(vm.parseJsonBytes32(json, ".Delivery.typeHash"), DELIVERY_TYPE, "the hash in the vectors");
        assertEq(Messages.DELIVERY_TYPEHASH, DELIVERY_TYPE, "the hash in the contracts");
        for (uint256 i; i < 3; ++i) {
            string memory item = string.concat(".Delivery.cases[", vm.toString(i), "]");
            bytes32 structHash = Messages.deliveryHash(
                vm.parseJsonBytes32(json, string.concat(item, ".message.channelId")),
                vm.parseJsonBytes32(json, string.concat(item, ".message.manifestRoot")),
                vm.parseJsonBytes32(json, string.concat(item, ".message.resource")),
                vm.parseJsonBytes32(json, string.concat(item, ".message.contentHash")),
                uint64(vm.parseJsonUint(json, string.concat(item, ".message.size")))
            );
            assertEq(structHash, vm.parseJsonBytes32(json, string.concat(item, ".structHash")), "struct hash");
        }
    }

    /// One space makes another type, another digest, another signer.
    function test_attack_oneMoreSpaceInTheType_itReverts() public {
        bytes32[4] memory others = [
            keccak256(
                "Delivery(bytes32 channelId, bytes32 manifestRoot,bytes32 resource,bytes32 contentHash,uint64 size)"
            ),
            keccak256(
                "Delivery(bytes32 channelId,bytes32 manifestRoot,bytes32 resource,bytes32 contentHash,uint64 size) "
            ),
            keccak256(
                "Delivery(bytes32 channelId,bytes32 manifestRoot,bytes32 resource,bytes32 contentHash,uint256 size)"
            ),
            keccak256(
                "SegmentReceipt(address payee,uint96 pricePerGiB,uint32 gracePeriod,uint64 nonce,uint64 deliveredBytes,bytes32 segmentsRoot)"
            )
        ];
        for (uint256 i; i < others.length; ++i) {
            _expectNotAccountable(_signedAs(AGENT_KEY, others[i], _wrongDelivery(AGENT_KEY)));
        }
        _report(reporter, _signedAs(AGENT_KEY, DELIVERY_TYPE, _wrongDelivery(AGENT_KEY)));
        assertTrue(stakes.isRetired(agent), "the right type");
    }

    /// EIP-2098 keeps v in the top bit of s: a high s either flips v or stays high. Neither recovers the agent.
    function testFuzz_attack_malleatedSignature_itReverts(uint256 nonce) public {
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        wrong.channelId = bytes32(nonce);
        wrong = _signedAs(AGENT_KEY, DELIVERY_TYPE, wrong);
        bytes32 vs = wrong.vs;
        wrong.vs = _malleated(vs);
        _expectNotAccountable(wrong);
        wrong.vs = _malleated(vs) | bytes32(uint256(1) << 255);
        _expectNotAccountable(wrong);
        wrong.vs = vs ^ bytes32(uint256(1) << 255);
        _expectNotAccountable(wrong);
    }

    function testFuzz_attack_noise_itReverts(bytes32 r, bytes32 vs) public {
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        vm.assume(r != wrong.r || vs != wrong.vs);
        (wrong.r, wrong.vs) = (r, vs);
        _expectNotAccountable(wrong);
    }

    /// `ecrecover` answers zero for nonsense, and the zero address answers for nobody.
    function test_attack_malformedSignature_itReverts() public {
        bytes32[4] memory words = [bytes32(0), bytes32(uint256(1)), bytes32(CURVE_ORDER), bytes32(type(uint256).max)];
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        for (uint256 i; i < 16; ++i) {
            (wrong.r, wrong.vs) = (words[i / 4], words[i % 4]);
            _expectNotAccountable(wrong);
        }
    }

    /// Nobody can put other words into the agent's mouth.
    function testFuzz_attack_anotherField_itReverts(uint256 which, uint256 change) public {
        IDeliveryDisputes.SignedDelivery memory right = _signedDelivery(AGENT_KEY, _root(), RESOURCE, BODY, SIZE);
        change = _bound(change, 1, type(uint64).max);
        if (which % 4 == 0) right.channelId ^= bytes32(change);
        // All but the channel must still contradict the manifest.
        if (which % 4 == 1 || which % 4 == 0) right.contentHash ^= bytes32(change);
        if (which % 4 == 2) right.size ^= uint64(change);
        if (which % 4 == 3) (right.contentHash, right.size) = (OTHER_BODY, uint64(change));
        _expectNotAccountable(right);
    }

    /// What an agent signs for one deployment is nothing in another, which has another salt and another address.
    function test_attack_anotherDeployment_itReverts() public {
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        vm.roll(block.number + 1);
        _build(token, _defaultParameters(18));
        disputes = weir.disputes;
        _expectNotAccountable(wrong);
    }

    function testFuzz_attack_anotherDomain_itReverts(
        uint64 chainId,
        address verifier,
        bytes32 salt,
        bool salted
    ) public {
        (, , , uint256 right, address escrow, , ) = weir.escrow.eip712Domain();
        vm.assume(chainId != right || verifier != escrow);
        bytes32 separator =
            salted
                ? keccak256(
                    abi.encode(
                        keccak256(
                            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
                        ),
                        keccak256("Weir"),
                        keccak256("1"),
                        chainId,
                        verifier,
                        salt
                    )
                )
                : keccak256(
                    abi.encode(
                        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                        keccak256("Weir"),
                        keccak256("1"),
                        right,
                        escrow
                    )
                );
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        bytes32 structHash = Messages.deliveryHash(CHANNEL, wrong.manifestRoot, RESOURCE, OTHER_BODY, SIZE);
        (wrong.r, wrong.vs) = _signCompact(AGENT_KEY, keccak256(abi.encodePacked(hex"1901", separator, structHash)));
        _expectNotAccountable(wrong);
    }

    /// Only agents sign deliveries: a stranger's key, or the operator's own, proves nothing.
    function testFuzz_attack_signedByNoAgent_itReverts(uint256 seed) public {
        uint256 key = _boundKey(seed);
        vm.assume(key != AGENT_KEY);
        _expectNotAccountableOf(_wrongDelivery(key), vm.addr(key));
    }

    function test_attack_signedByTheOperatorItself_itReverts() public {
        _register(vm.addr(55), 56);
        _stake(vm.addr(55), OWN);
        _expectNotAccountableOf(_wrongDelivery(55), vm.addr(55));
    }

    function _root() private view returns (bytes32 root) {
        (root, ) = _manifest();
    }

    function _expectNotAccountable(IDeliveryDisputes.SignedDelivery memory delivery) private {
        _commit(reporter, _list(delivery));
        (, bytes32[] memory proof) = _manifest();
        vm.expectPartialRevert(IDeliveryDisputes.NotAccountable.selector);
        vm.prank(reporter);
        disputes.reportManifestContradiction(delivery, BODY, SIZE, proof, SALT);
        assertFalse(stakes.isRetired(agent), "retired");
    }

    function _expectNotAccountableOf(IDeliveryDisputes.SignedDelivery memory delivery, address signer) private {
        _commit(reporter, _list(delivery));
        vm.expectRevert(abi.encodeWithSelector(IDeliveryDisputes.NotAccountable.selector, signer));
        _reveal(reporter, delivery);
    }
}
