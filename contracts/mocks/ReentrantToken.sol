// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title ReentrantToken
/// @notice A token for tests that keeps its books honestly but hands control to whoever armed it in the middle of a transfer,
/// as the hooks of ERC-777 do.
contract ReentrantToken is ERC20 {
    /// @notice Who is called in the next transfer; zero when not armed.
    address public callee;
    /// @notice What `callee` is called with.
    bytes public payload;
    /// @notice Whether it is called after the balances moved, or before.
    bool public afterMove;
    /// @notice How often it was called.
    uint256 public calls;

    constructor() ERC20("Reentrant", "REE") {}

    /// @notice Creates tokens out of nothing, for anyone.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Has the next transfer call `callee_` with `payload_`. A failing call fails the transfer.
    function arm(address callee_, bytes calldata payload_, bool afterMove_) external {
        callee = callee_;
        payload = payload_;
        afterMove = afterMove_;
    }

    /// @inheritdoc ERC20
    function _update(address from, address to, uint256 amount) internal override {
        address armed = from == address(0) ? address(0) : callee;
        if (armed != address(0)) callee = address(0);
        if (armed != address(0) && !afterMove) _callBack(armed);
        super._update(from, to, amount);
        if (armed != address(0) && afterMove) _callBack(armed);
    }

    function _callBack(address armed) private {
        ++calls;
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory reason) = armed.call(payload);
        if (!success) {
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
    }
}
