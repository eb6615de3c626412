// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title InexactToken
/// @notice A token for tests whose transfers arrive changed by `SKEW`: a fee on transfer if negative, a bonus if positive.
contract InexactToken is ERC20 {
    /// @notice What the recipient gets above (or, if negative, below) the amount sent.
    int256 public immutable SKEW;

    constructor(int256 skew) ERC20("Inexact", "INX") {
        SKEW = skew;
    }

    /// @notice Creates tokens out of nothing, for anyone.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @inheritdoc ERC20
    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from == address(0) || to == address(0)) return;
        if (SKEW > 0) super._update(address(0), to, uint256(SKEW));
        if (SKEW < 0) super._update(to, address(0), uint256(-SKEW));
    }
}
