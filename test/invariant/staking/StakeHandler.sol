// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {StakeManager} from "../../../contracts/StakeManager.sol";
import {StakeBook} from "./StakeBook.sol";

/// @notice What the handlers share. Each acts where it is legal, by the book's rules and not by the contract's word; where it is not, the
/// same call must revert.
abstract contract StakeHandler is Test {
    StakeBook internal immutable BOOK;
    StakeManager internal immutable STAKES;
    WeirTestToken internal immutable TOKEN;

    uint256 private _slashed;
    uint256 private _throws;

    constructor(StakeBook book) {
        BOOK = book;
        STAKES = book.STAKES();
        TOKEN = book.TOKEN();
    }

    modifier judged() {
        _slashed = BOOK.NOBODY();
        BOOK.noteAttempt();
        _;
        BOOK.judge(_slashed);
    }

    /// @dev From here on, the operator's stake may be worth less.
    function _slashing(uint256 operator) internal {
        _slashed = operator;
    }

    /// @dev Fuzzers love zeros, maxima and what they used before: every bit of it is used here, so it is thrown anew.
    function _dice(uint256 seed) internal returns (uint256) {
        return uint256(keccak256(abi.encode(seed, ++_throws)));
    }

    function _operator(uint256 seed) internal view returns (uint256 index, address operator) {
        index = seed % BOOK.OPERATORS();
        operator = BOOK.operators(index);
    }

    /// @dev An active one if there is any, seven of eight times.
    function _activeOperator(uint256 seed) internal view returns (uint256 index, address operator) {
        index = seed % BOOK.OPERATORS();
        for (uint256 i = 0; i < BOOK.OPERATORS() && seed % 8 != 0 && !BOOK.isActive(index); ++i) {
            index = (index + 1) % BOOK.OPERATORS();
        }
        operator = BOOK.operators(index);
    }

    /// @dev Of all orders of magnitude, every fourth time.
    function _amount(uint256 seed, uint256 most) internal pure returns (uint96) {
        uint256 amount = _bound(seed, 1, most);
        if (seed % 4 == 0) amount >>= (seed >> 8) % 80;
        return uint96(amount == 0 ? 1 : amount);
    }

    function _do(address caller, bytes memory call, string memory broken) internal returns (bytes memory result) {
        bool success;
        (success, result) = BOOK.act(caller, address(STAKES), call);
        assertTrue(success, broken);
    }

    function _mustFail(address caller, address target, bytes memory call, string memory broken) internal {
        (bool success, ) = BOOK.act(caller, target, call);
        assertFalse(success, broken);
    }
}
