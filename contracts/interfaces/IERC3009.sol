// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The part of ERC-3009 that the escrow uses
interface IERC3009 {
    /// @notice Moves `value` from `from` to `to` by a signature of `from`, once per nonce. Only `to` may call.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice The same with a signature of any form, which ERC-1271 wallets need. Not in the ERC; USDC has it.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) external;
}
