// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeManager} from "../../../contracts/StakeManager.sol";
import {Purse} from "./Purse.sol";

/// @notice An honest operator, a delegator and a viewer, who deal with the attacker as with anybody.
contract CrowdHandler is Test {
    Purse private immutable PURSE;
    StakeManager private immutable STAKES;
    uint256 private _throws;

    constructor(Purse purse) {
        PURSE = purse;
        STAKES = purse.STAKES();
    }

    modifier attempted() {
        PURSE.noteAttempt();
        _;
    }

    function view_(uint256 seed) external attempted {
        seed = _dice(seed);
        uint256 index = seed % PURSE.operatorCount();
        uint96 amount = uint96(_bound(seed >> 8, 1, 100e18));
        PURSE.pay(PURSE.VIEWER(), index, amount);
        if (index != PURSE.HONEST()) PURSE.noteGiven(amount);
        PURSE.succeeded("view");
    }

    function stake(uint256 seed) external attempted {
        uint96 amount = uint96(_bound(_dice(seed), 1_000e18, 2_000e18));
        (bool success, ) = PURSE.act(_honest(), address(STAKES), abi.encodeCall(IStakeManager.stake, (amount)));
        assertTrue(success, "the honest operator could not stake");
        PURSE.succeeded("crowdStake");
    }

    /// @dev What a delegation is worth less than it was comes from rounding, and at worst goes to him.
    function delegate(uint256 seed) external attempted {
        seed = _dice(seed);
        address operator = PURSE.operators(seed % PURSE.operatorCount());
        address delegator = PURSE.DELEGATOR();
        (, uint256 before) = _held(operator);
        uint96 room = STAKES.operatorStake(operator).delegationRoom;
        if (room == 0) return;
        uint96 amount = uint96(_bound(seed >> 8, 1, room < 3_000e18 ? room : 3_000e18));
        bytes memory call = abi.encodeCall(IStakeManager.delegate, (operator, amount, 5_000));
        (bool success, ) = PURSE.act(delegator, address(STAKES), call);
        if (!success) return;
        (uint256 shares, uint256 current) = _held(operator);
        uint256 loss = before + amount > current ? before + amount - current : 0;
        // Less than one share, and a unit for each of two conversions.
        assertLe(loss, (current + 1) / shares + 3, "R1: the crowd lost more than rounding");
        PURSE.noteDust(loss);
        PURSE.succeeded("crowdDelegate");
    }

    function unbond(uint256 seed) external attempted {
        seed = _dice(seed);
        address operator = PURSE.operators(seed % PURSE.operatorCount());
        address delegator = PURSE.DELEGATOR();
        (uint256 shares, uint256 worth) = _held(operator);
        shares = _bound(seed >> 8, 0, shares);
        bytes memory call = abi.encodeCall(IStakeManager.unbond, (operator, uint160(shares)));
        (bool success, ) = PURSE.act(delegator, address(STAKES), call);
        if (!success) return;
        (, uint256 left) = _held(operator);
        uint256 exit = STAKES.unbonding(delegator, STAKES.unbondingCount(delegator) - 1).amount;
        uint256 loss = worth > left + exit ? worth - left - exit : 0;
        assertLe(loss, 4, "R1: leaving cost the crowd more than rounding");
        PURSE.noteDust(loss);
        PURSE.succeeded("crowdUnbond");
    }

    function withdraw(uint256 seed) external attempted {
        _dice(seed);
        address delegator = PURSE.DELEGATOR();
        for (uint256 i = 0; i < STAKES.unbondingCount(delegator); ++i) {
            (bool success, ) = PURSE.act(delegator, address(STAKES), abi.encodeCall(IStakeManager.withdraw, (i)));
            if (success) PURSE.succeeded("crowdWithdraw");
        }
    }

    /// @dev Her own operator's fees come back to her pools, whatever he does.
    function distribute() external attempted {
        if (PURSE.distribute(PURSE.HONEST(), PURSE.VIEWER())) PURSE.succeeded("crowdDistribute");
    }

    function _honest() private view returns (address) {
        return PURSE.operators(PURSE.HONEST());
    }

    function _held(address operator) private view returns (uint256 shares, uint256 amount) {
        (shares, amount) = STAKES.stakeOf(operator, PURSE.DELEGATOR());
    }

    function _dice(uint256 seed) private returns (uint256) {
        return uint256(keccak256(abi.encode(seed, ++_throws)));
    }
}
