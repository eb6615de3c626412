// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What bytes cost
/// @notice The only two formulas between bytes and money. Both round down, and each is the other's inverse as far as
/// rounding allows: `owedDown(coveredBytesDown(d, p), p) <= d < owedDown(coveredBytesDown(d, p) + 1, p)`.
library Amounts {
    /// @dev log2 of the bytes in a GiB.
    uint256 private constant GIB_BITS = 30;

    /// @notice What `bytes_` cost at a price, rounded down, in token base units.
    /// @param bytes_ A cumulative total: rounding the total, never its parts, keeps rounding from adding up
    /// @param pricePerGiB Base units per 2^30 bytes
    function owedDown(uint256 bytes_, uint256 pricePerGiB) internal pure returns (uint256) {
        // Callers pass at most 64 and 96 bits.
        unchecked {
            return (bytes_ * pricePerGiB) >> GIB_BITS;
        }
    }

    /// @notice The largest number of bytes that cost no more than `deposit`, rounded down.
    /// @dev `owedDown(b) <= deposit` is `b * price < (deposit + 1) << 30`. May exceed 64 bits. Reverts when
    /// the price is zero.
    function coveredBytesDown(uint256 deposit, uint256 pricePerGiB) internal pure returns (uint256) {
        // Callers pass at most 96 bits.
        unchecked {
            return (((deposit + 1) << GIB_BITS) - 1) / pricePerGiB;
        }
    }
}
