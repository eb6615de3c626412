// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../interfaces/IPaymentChannels.sol";

// solhint-disable no-inline-assembly

/// @title A channel's terms in one word
/// @notice `pricePerGiB << 160 | gracePeriod << 128 | nonce << 64 | deliveredBytes`. Settle rows fill all of it; fundings
/// and events have nothing to say about bytes and leave the last 64 bits zero.
library Terms {
    /// @notice The terms of a channel, without bytes.
    function pack(IPaymentChannels.Channel calldata channel) internal pure returns (bytes32) {
        uint256 prices = (uint256(channel.pricePerGiB) << 160) | (uint256(channel.gracePeriod) << 128);
        return bytes32(prices | (uint256(channel.nonce) << 64));
    }

    /// @notice The terms alone: the last 64 bits zero.
    function withoutBytes(bytes32 terms) internal pure returns (bytes32) {
        return (terms >> 64) << 64;
    }

    /// @notice Base units per 2^30 bytes.
    function pricePerGiB(bytes32 terms) internal pure returns (uint96) {
        return uint96(uint256(terms) >> 160);
    }

    /// @notice Seconds.
    function gracePeriod(bytes32 terms) internal pure returns (uint32) {
        return uint32(uint256(terms) >> 128);
    }

    /// @notice What a receipt says was delivered.
    function deliveredBytes(bytes32 terms) internal pure returns (uint64) {
        return uint64(uint256(terms));
    }

    /// @notice The id of the channel between two parties with these terms: `keccak256(abi.encode(Channel))`.
    /// @dev The words are laid out beyond the memory in use, which needs no allocation: nothing refers to them afterwards.
    function channelId(bytes32 terms, address signer, address payee) internal pure returns (bytes32 id) {
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, signer)
            mstore(add(words, 0x20), payee)
            mstore(add(words, 0x40), shr(160, terms))
            mstore(add(words, 0x60), and(shr(128, terms), 0xffffffff))
            mstore(add(words, 0x80), and(shr(64, terms), 0xffffffffffffffff))
            id := keccak256(words, 0xa0)
        }
    }
}
