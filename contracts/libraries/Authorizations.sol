// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IERC3009} from "../interfaces/IERC3009.sol";
import {IPaymentChannels} from "../interfaces/IPaymentChannels.sol";

/// @title Receiving tokens by ERC-3009 authorizations
library Authorizations {
    /// @dev r, s and v.
    uint256 private constant PLAIN_SIGNATURE_BYTES = 65;

    /// @notice Has the token move `amount` to this contract. Reverts as the token does.
    /// @param nonce The nonce that the authorization must have been signed with
    function receiveTokens(
        IERC20 token,
        uint256 amount,
        bytes32 nonce,
        IPaymentChannels.Authorization calldata authorization
    ) internal {
        IERC3009 receiver = IERC3009(address(token));
        bytes calldata signature = authorization.signature;
        if (signature.length == PLAIN_SIGNATURE_BYTES) {
            receiver.receiveWithAuthorization(
                authorization.from,
                address(this),
                amount,
                authorization.validAfter,
                authorization.validBefore,
                nonce,
                uint8(signature[64]),
                bytes32(signature[:32]),
                bytes32(signature[32:64])
            );
        } else {
            receiver.receiveWithAuthorization(
                authorization.from,
                address(this),
                amount,
                authorization.validAfter,
                authorization.validBefore,
                nonce,
                signature
            );
        }
    }
}
