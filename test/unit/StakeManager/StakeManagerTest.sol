// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StakingTest} from "../../helpers/StakingTest.sol";

/// @notice What the stake manager's unit tests share: an active operator with twice the least stake, and one delegator if asked for.
abstract contract StakeManagerTest is StakingTest {
    uint256 internal constant OWN = 2 * MIN_STAKE;

    /// @dev The usual operator and its usual delegator.
    function _stakeAndDelegate(uint256 own, uint256 delegated) internal {
        _stake(own);
        if (delegated != 0) _delegate(delegator, delegated);
    }

    function _boundOwn(uint256 amount) internal pure returns (uint256) {
        return _bound(amount, MIN_STAKE, MAX_STAKE);
    }

    /// @dev What can be delegated beside so much own stake.
    function _boundDelegated(uint256 amount, uint256 own) internal pure returns (uint256) {
        return _bound(amount, 1, own * RATIO);
    }

    /// @dev What holders are paid less than they have by the definition: conversions round down, each by less than two units.
    function _assertAtMostBelow(uint256 actual, uint256 expected, uint256 less, string memory what) internal pure {
        assertLe(actual, expected, string.concat(what, ": too much"));
        assertGe(actual + less, expected, string.concat(what, ": too little"));
    }
}
