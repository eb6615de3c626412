// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../interfaces/IPaymentChannels.sol";
import {Messages} from "./Messages.sol";

// solhint-disable no-inline-assembly

/// @title The low-level part of settling: from a row to its channel, and from a batch to its event
/// @notice Solidity would take fresh memory for every hash, signature and log entry; here a batch uses one piece of memory
/// again for each row. Nothing here reads or writes storage, and nothing here decides about money.
/// @dev A differential fuzz test holds each function against a plain Solidity version of itself.
library SettleRows {
    /// @notice Points to the memory of one batch. Words, in order:
    ///
    ///   0x000  type hash of SegmentReceipt, then the signer   | five words from here, once the signer is in: the
    ///   0x020  payee, the same for all rows                   | channel, whose hash is its id;
    ///   0x040  pricePerGiB                                    | seven words from here, while the type hash is in:
    ///   0x060  gracePeriod                                    | the receipt, whose hash is the EIP-712 struct hash
    ///   0x080  nonce
    ///   0x0a0  deliveredBytes
    ///   0x0c0  segmentsRoot
    ///   0x0e0  0x1901 in the last two bytes                   | 66 bytes from 0x0fe: what the signature is over
    ///   0x100  domain separator
    ///   0x120  struct hash
    ///   0x140  digest                                         | four words from here: input of ecrecover
    ///   0x160  v
    ///   0x180  r
    ///   0x1a0  s
    ///   0x1c0  0x20, the offset of the array                  | from here on: data of the event Settled
    ///   0x1e0  length of the array
    ///   0x200  channel id, settled; channel id, settled; ...
    type Batch is uint256;

    /// @dev The order of secp256k1, halved: the largest s that is low (EIP-2).
    uint256 private constant MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice Takes memory for a batch of at most `capacity` rows.
    function open(address payee, bytes32 domainSeparator, uint256 capacity) internal pure returns (Batch batch) {
        assembly ("memory-safe") {
            batch := mload(0x40)
            mstore(0x40, add(add(batch, 0x200), shl(6, capacity)))
            mstore(add(batch, 0x020), payee)
            mstore(add(batch, 0x0e0), 0x1901)
            mstore(add(batch, 0x100), domainSeparator)
            mstore(add(batch, 0x1c0), 0x20)
            mstore(add(batch, 0x1e0), 0)
        }
    }

    /// @notice The channel that a row's receipt names: its terms, the batch's payee, and whoever signed it.
    /// @dev A signature over anything else recovers some other signer, and so names a channel that nobody ever funded.
    /// @return channelId Zero when the signature is malformed or its s is high
    function channelOf(Batch batch, IPaymentChannels.SettleRow calldata row) internal view returns (bytes32 channelId) {
        bytes32 typeHash = Messages.SEGMENT_RECEIPT_TYPEHASH;
        assembly ("memory-safe") {
            let terms := calldataload(row)
            mstore(batch, typeHash)
            mstore(add(batch, 0x040), shr(160, terms))
            mstore(add(batch, 0x060), and(shr(128, terms), 0xffffffff))
            mstore(add(batch, 0x080), and(shr(64, terms), 0xffffffffffffffff))
            mstore(add(batch, 0x0a0), and(terms, 0xffffffffffffffff))
            mstore(add(batch, 0x0c0), calldataload(add(row, 0x20)))
            mstore(add(batch, 0x120), keccak256(batch, 0x0e0))

            let vs := calldataload(add(row, 0x60))
            let s := shr(1, shl(1, vs))
            mstore(add(batch, 0x140), keccak256(add(batch, 0x0fe), 0x42))
            mstore(add(batch, 0x160), add(27, shr(255, vs)))
            mstore(add(batch, 0x180), calldataload(add(row, 0x40)))
            mstore(add(batch, 0x1a0), s)

            // The signer takes the place of the type hash. A malformed signature has none: ecrecover returns no data.
            if iszero(gt(s, MAX_S)) {
                pop(staticcall(gas(), 1, add(batch, 0x140), 0x80, batch, 0x20))
                if returndatasize() {
                    channelId := keccak256(batch, 0x0a0)
                }
            }
        }
    }

    /// @notice Adds an entry to the batch's event. Not to be called more often than the capacity allows.
    function append(Batch batch, bytes32 channelId, uint256 settled) internal pure {
        assembly ("memory-safe") {
            let length := mload(add(batch, 0x1e0))
            let entry := add(add(batch, 0x200), shl(6, length))
            mstore(entry, channelId)
            mstore(add(entry, 0x20), settled)
            mstore(add(batch, 0x1e0), add(length, 1))
        }
    }

    /// @notice Emits `Settled` with the entries appended so far.
    function emitSettled(Batch batch) internal {
        bytes32 topic = IPaymentChannels.Settled.selector;
        assembly ("memory-safe") {
            let size := add(0x40, shl(6, mload(add(batch, 0x1e0))))
            log2(add(batch, 0x1c0), size, topic, mload(add(batch, 0x020)))
        }
    }
}
