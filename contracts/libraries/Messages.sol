// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../interfaces/IPaymentChannels.sol";

/// @title EIP-712 struct hashes of the messages that contracts read
library Messages {
    bytes32 internal constant SEGMENT_RECEIPT_TYPEHASH = keccak256(
        "SegmentReceipt(address payee,uint96 pricePerGiB,uint32 gracePeriod,uint64 nonce,uint64 deliveredBytes,bytes32 segmentsRoot)"
    );
    bytes32 internal constant FUND_TYPEHASH = keccak256(
        "Fund(address payee,uint96 pricePerGiB,uint32 gracePeriod,uint64 nonce,uint96 total,uint40 validUntil)"
    );
    bytes32 internal constant SESSION_TYPEHASH = keccak256("Session(address owner)");
    bytes32 internal constant CLOSE_TYPEHASH = keccak256("Close(bytes32 channelId,uint64 minSettledBytes)");
    bytes32 internal constant DELIVERY_TYPEHASH = keccak256(
        "Delivery(bytes32 channelId,bytes32 manifestRoot,bytes32 resource,bytes32 contentHash,uint64 size)"
    );

    /// @notice Signed by the channel's signer: reserve up to `total` in this channel, unless it is later than `validUntil`.
    function fundHash(
        IPaymentChannels.Channel calldata channel,
        uint96 total,
        uint40 validUntil
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    FUND_TYPEHASH,
                    channel.payee,
                    channel.pricePerGiB,
                    channel.gracePeriod,
                    channel.nonce,
                    total,
                    validUntil
                )
            );
    }

    /// @notice Signed by a session key: this wallet owns my account.
    function sessionHash(address owner) internal pure returns (bytes32) {
        return keccak256(abi.encode(SESSION_TYPEHASH, owner));
    }

    /// @notice Signed by a payee or its agent: close this channel once so many bytes are settled.
    function closeHash(bytes32 channelId, uint64 minSettledBytes) internal pure returns (bytes32) {
        return keccak256(abi.encode(CLOSE_TYPEHASH, channelId, minSettledBytes));
    }

    /// @notice Signed by an operator's agent: this resource of this manifest has this hash and size.
    function deliveryHash(
        bytes32 channelId,
        bytes32 manifestRoot,
        bytes32 resource,
        bytes32 contentHash,
        uint64 size
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(DELIVERY_TYPEHASH, channelId, manifestRoot, resource, contentHash, size));
    }
}
