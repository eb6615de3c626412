// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title PhantomToken
/// @notice A token for tests without EIP-2612 and ERC-3009 whose fallback accepts any call, as WETH's does: a `permit` or
/// `receiveWithAuthorization` seems to succeed and does nothing.
contract PhantomToken is ERC20 {
    constructor() ERC20("Phantom", "PHA") {}

    // solhint-disable-next-line no-complex-fallback, no-empty-blocks
    fallback() external {}

    /// @notice Creates tokens out of nothing, for anyone.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
