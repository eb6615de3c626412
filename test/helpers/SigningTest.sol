// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

/// @notice Signatures as they travel here: 64 bytes, EIP-2098.
abstract contract SigningTest is Test {
    uint256 internal constant CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function _signCompact(uint256 privateKey, bytes32 digest) internal pure returns (bytes32 r, bytes32 vs) {
        uint8 v;
        bytes32 s;
        (v, r, s) = vm.sign(privateKey, digest);
        vs = bytes32((uint256(v - 27) << 255) | uint256(s));
    }

    /// @dev The other signature ECDSA accepts for the same key and digest; its s is high, so its top bit tells v no longer.
    function _malleated(bytes32 vs) internal pure returns (bytes32) {
        uint256 s = uint256(vs) & (type(uint256).max >> 1);
        return bytes32(CURVE_ORDER - s);
    }

    function _boundKey(uint256 seed) internal pure returns (uint256) {
        return bound(seed, 1, CURVE_ORDER - 1);
    }
}
