// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

/// @title How much of its fees an operator's stake earns back
library RewardCurve {
    uint256 private constant WAD = 1e18;
    uint256 private constant BPS = 10_000;
    /// e^-42 is less than half of the last of 18 decimals.
    uint256 private constant MAX_EXPONENT = 42e18;

    /// @notice `rho * fees * (1 - e^(-lambda * stake / fees))` in token base units, of an exponential with 18 decimals, rounded down. Never
    /// above `rho * fees`, and nothing for nothing.
    /// @param fees At most 96 bits, and so is `stake`
    /// @param rhoBps In basis points, at most 10,000
    /// @param lambda With 18 decimals, at most 1
    function rewardDown(uint256 fees, uint256 stake, uint256 rhoBps, uint256 lambda) internal pure returns (uint256) {
        if (fees == 0) return 0;
        uint256 exponent = Math.min((lambda * stake) / fees, MAX_EXPONENT);
        uint256 share = WAD - uint256(FixedPointMathLib.expWad(-int256(exponent)));
        return (fees * rhoBps * share) / (BPS * WAD);
    }
}
