// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {LibraryHarness} from "./LibraryHarness.sol";
import {SettleReference} from "./SettleReference.sol";

/*
 * Terms
 * ├── pack: what Solidity's own arithmetic packs
 * ├── the getters: give back what was packed
 * ├── channelId: keccak256(abi.encode(Channel)), whatever the last 64 bits
 * └── withoutBytes: clears those and nothing else
 */
contract TermsTest is Test {
    LibraryHarness private harness;
    SettleReference private plain;

    function setUp() public {
        harness = new LibraryHarness();
        plain = new SettleReference(0, 0);
    }

    function testFuzz_pack_roundTrip(IPaymentChannels.Channel memory channel, uint64 bytes_) public view {
        bytes32 packed = harness.pack(channel);
        bytes memory fields = abi.encodePacked(channel.pricePerGiB, channel.gracePeriod, channel.nonce, uint64(0));
        assertEq(packed, bytes32(fields));
        _assertUnpacked(packed, channel, 0);
        bytes32 withBytes = packed | bytes32(uint256(bytes_));
        _assertUnpacked(withBytes, channel, bytes_);
        bytes32 id = keccak256(abi.encode(channel));
        assertEq(harness.idOf(packed, channel.signer, channel.payee), id);
        assertEq(harness.idOf(withBytes, channel.signer, channel.payee), id);
    }

    function testFuzz_unpack_isTheReference(bytes32 terms, address signer, address payee) public view {
        (IPaymentChannels.Channel memory channel, uint64 bytes_) = plain.unpack(terms);
        channel.signer = signer;
        channel.payee = payee;
        _assertUnpacked(terms, channel, bytes_);
        assertEq(harness.idOf(terms, signer, payee), keccak256(abi.encode(channel)));
        assertEq(harness.pack(channel) | bytes32(uint256(bytes_)), terms);
    }

    function _assertUnpacked(
        bytes32 terms,
        IPaymentChannels.Channel memory channel,
        uint64 deliveredBytes
    ) private view {
        (uint96 price, uint32 grace, uint64 bytes_, bytes32 without) = harness.unpack(terms);
        assertEq(price, channel.pricePerGiB);
        assertEq(grace, channel.gracePeriod);
        assertEq(bytes_, deliveredBytes);
        assertEq(without, harness.pack(channel));
    }
}
