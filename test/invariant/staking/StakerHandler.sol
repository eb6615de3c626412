// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeBook} from "./StakeBook.sol";
import {StakeHandler} from "./StakeHandler.sol";

/// @notice Operators and delegators: stake, delegate, leave, and change agents and commissions.
contract StakerHandler is StakeHandler {
    constructor(StakeBook book) StakeHandler(book) {}

    function stake(uint256 seed) external judged {
        seed = _dice(seed);
        (uint256 index, address operator) = _operator(seed);
        uint256 before = BOOK.bonded(index, BOOK.OWN());
        // Never much more than it needs, so that a second proof reaches the delegators.
        uint96 amount = _amount(seed >> 8, before < 1_000e18 ? 1_300e18 : 10e18);
        uint256 wallet = TOKEN.balanceOf(operator);
        bytes memory call = abi.encodeCall(IStakeManager.stake, (amount));
        if (_isTooLittle(index, BOOK.OWN(), amount)) {
            return _mustFail(operator, address(STAKES), call, "S2: tokens were taken for no share");
        }
        _do(operator, call, "an operator could not stake");
        BOOK.noteBonded(index, BOOK.OWN(), amount);
        assertEq(STAKES.operatorStake(operator).own, before + amount, "S1: staked");
        assertEq(TOKEN.balanceOf(operator), wallet - amount, "S1: stake comes from the operator");
        BOOK.succeeded("stake");
    }

    function delegate(uint256 seed) external judged {
        seed = _dice(seed);
        (uint256 index, address operator) = _activeOperator(seed);
        address holder = BOOK.holders((seed >> 8) % BOOK.HOLDERS());
        (uint256 own, uint256 others) = (BOOK.bonded(index, BOOK.OWN()), BOOK.bonded(index, BOOK.DELEGATED()));
        uint256 room = own * 10 > others ? own * 10 - others : 0;
        bool allowed = holder != operator && BOOK.isActive(index) && room != 0;
        uint96 amount = _amount(seed >> 16, allowed && room < 3_000e18 ? room : 3_000e18);
        if (_isTooLittle(index, BOOK.DELEGATED(), amount)) allowed = false;
        uint16 commission = STAKES.operatorStake(operator).commissionBps;
        bytes memory call = abi.encodeCall(IStakeManager.delegate, (operator, amount, commission));
        if (!allowed) {
            _mustFail(holder, address(STAKES), call, "a delegation to nobody active, to oneself, or too high");
            return BOOK.succeeded("delegateInVain");
        }
        if (commission != 0) {
            bytes memory cheap = abi.encodeCall(IStakeManager.delegate, (operator, amount, commission - 1));
            _mustFail(holder, address(STAKES), cheap, "S7: a delegator pays more commission than it agreed to");
        }
        (, uint96 before) = STAKES.stakeOf(operator, holder);
        _do(holder, call, "a delegator could not delegate");
        BOOK.noteBonded(index, BOOK.DELEGATED(), amount);
        (, uint96 current) = STAKES.stakeOf(operator, holder);
        // Less than one share, and two conversions.
        StakeBook.Side memory side = BOOK.sideRecord(index, BOOK.DELEGATED());
        uint256 least = uint256(before) + amount;
        assertGe(current + 2 + (others + 1) / (side.shares + BOOK.VIRTUAL()), least, "S2: a delegation lost value");
        BOOK.succeeded("delegate");
    }

    function unbond(uint256 seed) external judged {
        seed = _dice(seed);
        (uint256 index, address operator) = _operator(seed);
        address holder = _holder(seed, operator);
        uint256 which = BOOK.sideOf(index, holder);
        (uint160 held, uint96 worth) = STAKES.stakeOf(operator, holder);
        bytes memory call = abi.encodeCall(IStakeManager.unbond, (operator, held + 1));
        _mustFail(holder, address(STAKES), call, "S3: somebody unbonded more than it has");
        uint160 shares = seed % 3 == 0 ? held : uint160(_bound(seed >> 16, 0, held));
        uint256 before = BOOK.bonded(index, which);
        uint256 all = BOOK.sideRecord(index, which).shares + BOOK.VIRTUAL();
        call = abi.encodeCall(IStakeManager.unbond, (operator, shares));
        // Worth less than one unit, with the book's own numbers; the shares lost to recounting make it less at most.
        if (shares * (before + 1) < all || worth == 0) {
            return _mustFail(holder, address(STAKES), call, "S3: something was unbonded for nothing");
        }
        uint256 exits = STAKES.unbondingCount(holder);
        uint256 number = abi.decode(_do(holder, call, "a holder could not unbond"), (uint256));
        assertEq(number, exits, "S3: exits are numbered in order");
        uint256 amount = before - _bonded(operator, which);
        BOOK.noteUnbonding(index, holder, number, amount);
        assertLe(amount, worth, "S3: more was unbonded than it is worth");
        assertGe((amount + 1) * all, shares * (before + 1), "S2: unbonding lost value");
        BOOK.succeeded(holder == operator ? "unbondOwn" : "unbond");
    }

    /// @dev Whichever comes up: too early, twice or at the right time.
    function withdraw(uint256 seed) external judged {
        seed = _dice(seed);
        uint256 count = BOOK.exitCount();
        if (count == 0) return;
        uint256 which = seed % count;
        // Seven of eight times one that is still there.
        for (uint256 i = 0; i < count && seed % 8 != 0 && BOOK.exitOf(which).withdrawn; ++i)
            which = (which + 1) % count;
        StakeBook.Exit memory exit = BOOK.exitOf(which);
        bytes memory call = abi.encodeCall(IStakeManager.withdraw, (exit.index));
        if (exit.withdrawn || block.timestamp < exit.endsAt) {
            _mustFail(exit.holder, address(STAKES), call, "S3: a withdrawal too early, or again");
            return BOOK.succeeded("withdrawInVain");
        }
        address to = exit.holder == BOOK.operators(0) && exit.operator == 0 ? BOOK.COLD() : exit.holder;
        uint256 before = TOKEN.balanceOf(to);
        uint256 amount = abi.decode(_do(exit.holder, call, "S3: an exit was barred"), (uint256));
        BOOK.noteWithdrawn(which, amount);
        assertEq(amount, exit.worth, "S3: a withdrawal pays what the exit is worth");
        assertEq(TOKEN.balanceOf(to), before + amount, "S3: the exit went elsewhere");
        // What others' conversions left behind, less than one unit each.
        uint256 moves = BOOK.sideRecord(exit.operator, BOOK.sideOf(exit.operator, exit.holder)).moves;
        assertLe(amount, exit.unbonded + moves, "S3: more was withdrawn than unbonded");
        BOOK.succeeded("withdraw");
    }

    function setCommission(uint256 seed) external judged {
        seed = _dice(seed);
        (uint256 index, address operator) = _operator(seed);
        uint16 current = STAKES.operatorStake(operator).commissionBps;
        bool free = BOOK.sideRecord(index, BOOK.DELEGATED()).shares == 0;
        uint16 bps = (seed >> 8) % 2 == 0 ? current + 100 : uint16((seed >> 16) % 6_000);
        (bool success, ) = BOOK.act(operator, address(STAKES), abi.encodeCall(IStakeManager.setCommission, (bps)));
        // Whether it may rise by a step is for the book to tell, after every action.
        if (bps <= current || (free && bps <= 5_000)) assertTrue(success, "S7: a commission could not be set");
        if (bps > 5_000 || (!free && bps > current + 100)) assertFalse(success, "S7: a commission rose too far");
        uint16 expected = success ? bps : current;
        assertEq(STAKES.operatorStake(operator).commissionBps, expected, "S7: another commission");
        if (success && bps > current && !free) BOOK.succeeded("raiseCommission");
        else BOOK.succeeded(success ? "setCommission" : "setCommissionInVain");
    }

    function appoint(uint256 seed) external judged {
        seed = _dice(seed);
        (uint256 index, ) = _operator(seed);
        BOOK.appoint(index);
        BOOK.succeeded("appoint");
    }

    function dismiss(uint256 seed) external judged {
        seed = _dice(seed);
        (uint256 index, ) = _operator(seed);
        if (BOOK.agentKeys(index) == 0 || seed % 3 != 0) return BOOK.appoint(index);
        BOOK.dismiss(index);
        BOOK.succeeded("dismiss");
    }

    /// @dev Every fourth time the operator, else whoever has something there, if anybody has.
    function _holder(uint256 seed, address operator) private view returns (address holder) {
        if ((seed >> 4) % 4 == 0) return operator;
        for (uint256 i = 0; i < BOOK.HOLDERS(); ++i) {
            holder = BOOK.holders(((seed >> 8) + i) % BOOK.HOLDERS());
            (uint160 held, ) = STAKES.stakeOf(operator, holder);
            if (held != 0) return holder;
        }
    }

    function _bonded(address operator, uint256 which) private view returns (uint256) {
        IStakeManager.OperatorStake memory current = STAKES.operatorStake(operator);
        return which == BOOK.OWN() ? current.own : current.delegated;
    }

    /// @dev Whether an amount buys no share, with the book's own numbers.
    function _isTooLittle(uint256 index, uint256 which, uint256 amount) private view returns (bool) {
        uint256 shares = BOOK.sideRecord(index, which).shares + BOOK.VIRTUAL();
        return amount * shares < BOOK.bonded(index, which) + 1;
    }
}
