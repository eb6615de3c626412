// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Rewards on their way into a pool
/// @notice Evenly over a time, so that a share bought just before a distribution earns no more than its time in the pool. While
/// nobody holds shares the stream waits.
library RewardStreams {
    struct Stream {
        uint96 remaining;
        uint40 from;
        uint40 until;
    }

    /// @notice How much of the stream has arrived since it was last advanced, rounded down.
    /// @param hasShares Whether anyone holds shares of the pool
    function arrivedDown(Stream storage stream, bool hasShares) internal view returns (uint96) {
        (uint256 remaining, uint256 from, uint256 until) = (stream.remaining, stream.from, stream.until);
        if (!hasShares) return 0;
        if (block.timestamp >= until) return uint96(remaining);
        return uint96((remaining * (block.timestamp - from)) / (until - from));
    }

    /// @notice Brings the stream up to date.
    /// @return arrived What belongs to the pool now
    function advance(Stream storage stream, bool hasShares) internal returns (uint96 arrived) {
        if (stream.remaining == 0) return 0;
        if (!hasShares) {
            stream.until += uint40(block.timestamp) - stream.from;
            stream.from = uint40(block.timestamp);
            return 0;
        }
        arrived = arrivedDown(stream, hasShares);
        // What is too little to be counted yet is not forgotten: the time stands still until it is.
        if (arrived == 0) return 0;
        stream.remaining -= arrived;
        stream.from = uint40(block.timestamp);
    }

    /// @notice Adds to a stream that is up to date. What was on its way arrives with the rest, over `duration` from now.
    function add(Stream storage stream, uint96 amount, uint256 duration) internal {
        stream.remaining += amount;
        stream.from = uint40(block.timestamp);
        stream.until = uint40(block.timestamp + duration);
    }
}
