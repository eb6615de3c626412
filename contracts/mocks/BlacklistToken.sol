// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title BlacklistToken
/// @notice A token for tests with 6 decimals that bars chosen addresses from sending and receiving, as USDC does.
contract BlacklistToken is ERC20 {
    /// @notice Whether `holder` is barred.
    mapping(address holder => bool) public barred;

    error Barred(address holder);

    constructor() ERC20("Blacklist", "BLK") {}

    /// @notice Creates tokens out of nothing, for anyone.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Bars `holder`, or lets it in again.
    function bar(address holder, bool barred_) external {
        barred[holder] = barred_;
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @inheritdoc ERC20
    function _update(address from, address to, uint256 amount) internal override {
        require(!barred[from], Barred(from));
        require(!barred[to], Barred(to));
        super._update(from, to, amount);
    }
}
