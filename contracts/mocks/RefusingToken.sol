// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title RefusingToken
/// @notice A token for tests that answers a transfer with false instead of reverting while it refuses.
contract RefusingToken is ERC20 {
    /// @notice Whether transfers are refused.
    bool public refusing;

    constructor() ERC20("Refusing", "REF") {}

    /// @notice Creates tokens out of nothing, for anyone.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Makes transfers fail, or work again.
    function refuse(bool refusing_) external {
        refusing = refusing_;
    }

    /// @inheritdoc ERC20
    function transfer(address to, uint256 amount) public override returns (bool) {
        return !refusing && super.transfer(to, amount);
    }

    /// @inheritdoc ERC20
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return !refusing && super.transferFrom(from, to, amount);
    }
}
