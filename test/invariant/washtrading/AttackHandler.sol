// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeManager} from "../../../contracts/StakeManager.sol";
import {Purse} from "./Purse.sol";

/// @notice The attacker. He pays himself, stakes, delegates to himself, splits, waits for the best second, confesses and leaves, in any
/// order, and does not mind a call that reverts.
contract AttackHandler is Test {
    uint256 private constant EPOCH = 2 days;
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

    /// @dev Any amount, to one of his operators or in equal parts to all.
    function payHimself(uint256 seed) public attempted {
        seed = _dice(seed);
        uint96 amount = _amount(seed >> 8, 1_000e18);
        if (seed % 4 != 0) {
            PURSE.pay(_hand(seed), (seed >> 4) % 3, amount);
        } else {
            for (uint256 i = 0; i < 3; ++i) PURSE.pay(_hand(seed), i, amount / 3 + 1);
        }
        PURSE.succeeded("payHimself");
    }

    /// @dev Money on its way: reserved now, settled another time.
    function reserve(uint256 seed) external attempted {
        seed = _dice(seed);
        PURSE.reserve(seed % PURSE.HANDS(), (seed >> 4) % 3, _amount(seed >> 8, 1_000e18));
        PURSE.succeeded("reserve");
    }

    function settle(uint256 seed) external attempted {
        seed = _dice(seed);
        if (PURSE.lineCount() == 0) return;
        PURSE.settleLine(seed % PURSE.lineCount());
        PURSE.ESCROW().withdrawEarnings(PURSE.operators((seed >> 8) % 3));
        PURSE.succeeded("settle");
    }

    function stake(uint256 seed) public attempted {
        seed = _dice(seed);
        bytes memory call = abi.encodeCall(IStakeManager.stake, (_amount(seed >> 8, 5_000e18)));
        if (_try(PURSE.hands(seed % 3), call)) PURSE.succeeded("stake");
    }

    /// @dev To his own operators, and to the honest one.
    function delegate(uint256 seed) public attempted {
        seed = _dice(seed);
        uint256 index = (seed >> 4) % PURSE.operatorCount();
        address operator = PURSE.operators(index);
        uint96 room = STAKES.operatorStake(operator).delegationRoom;
        if (room == 0) return;
        // All that there is room for, every fourth time.
        uint96 amount =
            (seed >> 12) % 4 == 0 && room < 20_000e18 ? room : _amount(seed >> 16, room < 5_000e18 ? room : 5_000e18);
        bytes memory call = abi.encodeCall(IStakeManager.delegate, (operator, amount, 10_000));
        if (_try(_hand(seed), call)) PURSE.succeeded(index < 3 ? "delegate" : "delegateToHonest");
    }

    function unbond(uint256 seed) external attempted {
        seed = _dice(seed);
        address hand = _hand(seed);
        address operator = PURSE.operators((seed >> 4) % PURSE.operatorCount());
        (uint160 held, ) = STAKES.stakeOf(operator, hand);
        uint160 shares = (seed >> 12) % 2 == 0 ? held : uint160(_bound(seed >> 16, 0, held));
        if (_try(hand, abi.encodeCall(IStakeManager.unbond, (operator, shares)))) PURSE.succeeded("unbond");
    }

    function withdraw(uint256 seed) external attempted {
        seed = _dice(seed);
        for (uint256 i = 0; i < PURSE.HANDS(); ++i) {
            address hand = PURSE.hands(i);
            for (uint256 j = 0; j < STAKES.unbondingCount(hand); ++j) {
                if (_try(hand, abi.encodeCall(IStakeManager.withdraw, (j)))) PURSE.succeeded("withdraw");
            }
        }
    }

    function setCommission(uint256 seed) external attempted {
        seed = _dice(seed);
        uint16 bps = (seed >> 8) % 2 == 0 ? 5_000 : uint16((seed >> 16) % 5_000);
        address operator = PURSE.hands(seed % 3);
        bool success = _try(operator, abi.encodeCall(IStakeManager.setCommission, (bps)));
        bps = STAKES.operatorStake(operator).commissionBps + 100;
        if (!success) success = _try(operator, abi.encodeCall(IStakeManager.setCommission, (bps)));
        if (success) PURSE.succeeded("setCommission");
    }

    function distribute(uint256 seed) public attempted {
        seed = _dice(seed);
        uint256 index = (seed >> 4) % PURSE.operatorCount();
        address caller = (seed >> 12) % 2 == 0 && index < 3 ? PURSE.operators(index) : _hand(seed);
        if (PURSE.distribute(index, caller)) PURSE.succeeded(index < 3 ? "distribute" : "distributeHonest");
    }

    function claim(uint256 seed) external attempted {
        if (STAKES.claimRewards(_hand(_dice(seed))) != 0) PURSE.succeeded("claim");
    }

    function confess(uint256 seed) external attempted {
        seed = _dice(seed);
        // Every second time, or he has nothing left to play with.
        if ((seed >> 16) % 2 == 0) return;
        PURSE.confess(seed % 3, (seed >> 4) % PURSE.HANDS(), bytes32(seed));
        PURSE.succeeded("confess");
    }

    /// @dev Some time, or to the last second of the epoch, or to the first of the next.
    function pass(uint256 seed) public attempted {
        seed = _dice(seed);
        uint256 left = EPOCH - (block.timestamp % EPOCH);
        if (seed % 4 == 0) PURSE.pass(left - 1);
        else if (seed % 4 == 1) PURSE.pass(left);
        else PURSE.pass((seed >> 8) % 4 days);
        PURSE.succeeded("pass");
    }

    /// @dev All that he has at stake just before an epoch begins, fees just when it has begun, and everything out again.
    function aroundTheBoundary(uint256 seed) external attempted {
        stake(seed);
        delegate(seed);
        PURSE.pass(EPOCH - (block.timestamp % EPOCH));
        payHimself(seed);
        distribute(seed);
        PURSE.succeeded("aroundTheBoundary");
    }

    function _try(address hand, bytes memory call) private returns (bool success) {
        (success, ) = PURSE.act(hand, address(STAKES), call);
    }

    function _hand(uint256 seed) private view returns (address) {
        return PURSE.hands(seed % PURSE.HANDS());
    }

    /// @dev Fuzzers love zeros, maxima and what they used before: every bit of it is used here, so it is thrown anew.
    function _dice(uint256 seed) private returns (uint256) {
        return uint256(keccak256(abi.encode(seed, ++_throws)));
    }

    /// @dev Of all orders of magnitude, every fourth time.
    function _amount(uint256 seed, uint256 most) private pure returns (uint96) {
        uint256 amount = _bound(seed, 1, most);
        if (seed % 4 == 0) amount >>= (seed >> 8) % 80;
        return uint96(amount == 0 ? 1 : amount);
    }
}
