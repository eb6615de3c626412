// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IStakeManager} from "../../contracts/interfaces/IStakeManager.sol";
import {WeirTestToken} from "../../contracts/mocks/WeirTestToken.sol";
import {StakeManager} from "../../contracts/StakeManager.sol";
import {ReporterHandler} from "./staking/ReporterHandler.sol";
import {RewardHandler} from "./staking/RewardHandler.sol";
import {StakeBook} from "./staking/StakeBook.sol";
import {StakerHandler} from "./staking/StakerHandler.sol";
import {StakeThief} from "./staking/StakeThief.sol";

/// @notice S1 to S8 and D1 to D3 of docs/invariants.md. S1, S8 and the sums of D2 and D3 are checked here after every call; the others by the
/// handlers around every call; at the end of every run, from whatever state it left, everybody leaves with what he has.
contract StakeManagerInvariantTest is Test {
    StakeBook private book;
    StakeManager private stakes;
    WeirTestToken private token;
    StakerHandler private staker;
    RewardHandler private viewer;
    ReporterHandler private reporter;
    StakeThief private thief;

    function setUp() external {
        vm.warp(1_800_000_000);
        book = new StakeBook();
        stakes = book.STAKES();
        token = book.TOKEN();
        staker = new StakerHandler(book);
        viewer = new RewardHandler(book);
        reporter = new ReporterHandler(book);
        thief = new StakeThief(book);
        targetContract(address(staker));
        targetContract(address(viewer));
        targetContract(address(reporter));
        targetContract(address(thief));
        // Every run starts in the middle of business.
        for (uint256 i = 0; i < 12; ++i) {
            staker.stake(i);
            staker.delegate(i);
            viewer.pay(i);
        }
    }

    /// @dev Every action of every handler works: no invariant below holds for want of anything happening.
    function test_everyActionSucceeds() external {
        for (uint256 i = 0; i < 60; ++i) {
            uint256 dice = uint256(keccak256(abi.encode("dice", i)));
            staker.stake(dice);
            staker.setCommission(dice);
            staker.delegate(dice >> 8);
            staker.delegate(dice >> 16);
            viewer.pay(dice);
            viewer.distribute(dice);
            viewer.distribute(dice >> 16);
            viewer.donate(dice);
            staker.unbond(dice);
            staker.unbond(dice >> 4);
            viewer.pass(dice);
            if (i % 3 == 0) reporter.report(dice);
            reporter.frame(dice);
            staker.appoint(dice >> 8);
            staker.dismiss(dice >> 16);
            staker.withdraw(dice);
            viewer.claim(dice);
            thief.usurp(dice, uint96(dice));
            thief.steal(dice);
            thief.idle(dice);
            this.invariant_everyTokenIsAccountedFor();
        }
        string[29] memory actions = [
            "stake",
            "delegate",
            "delegateInVain",
            "unbond",
            "unbondOwn",
            "withdraw",
            "withdrawInVain",
            "setCommission",
            "setCommissionInVain",
            "raiseCommission",
            "appoint",
            "dismiss",
            "pay",
            "distribute",
            "distributeAgain",
            "distributeNothing",
            "claim",
            "claimNothing",
            "donate",
            "pass",
            "reportInVain",
            "lapse",
            "slash",
            "slashOwnUnbonding",
            "slashDelegators",
            "slashUnbondingDelegators",
            "frame",
            "usurp",
            "steal"
        ];
        for (uint256 i = 0; i < actions.length; ++i) assertGe(book.count(actions[i]), 3, actions[i]);
        this.afterInvariant();
    }

    /// @dev Delegators who came when a slash had left shares almost worthless lose what the next slash takes, and no more.
    function test_aSlashTakesNoMoreFromThoseWhoBoughtCheapShares() external {
        StakeBook fresh = new StakeBook();
        (StakeManager manager, address operator) = (fresh.STAKES(), fresh.operators(0));
        // A billionth of it and a little more is left when `SLASH` is taken.
        uint96 first = fresh.SLASH() + 1e12 + 1e4;
        _call(fresh, operator, abi.encodeCall(IStakeManager.stake, (1_000e18)));
        _call(fresh, fresh.holders(3), abi.encodeCall(IStakeManager.delegate, (operator, first, 0)));
        for (uint256 i = 0; i < 2; ++i) _catch(fresh, i);
        (, uint96 left) = manager.stakeOf(operator, fresh.holders(3));
        assertEq(left, 1e12 + 1e4, "what the slash left");

        _call(fresh, operator, abi.encodeCall(IStakeManager.stake, (1_000e18)));
        _call(fresh, fresh.holders(4), abi.encodeCall(IStakeManager.delegate, (operator, 9_000e18, 0)));
        for (uint256 i = 2; i < 4; ++i) _catch(fresh, i);
        (uint160 shares, uint96 kept) = manager.stakeOf(operator, fresh.holders(4));
        assertApproxEqAbs(kept, 8_000e18, 1e13, "S5: a delegator lost more than the slash took");
        (, left) = manager.stakeOf(operator, fresh.holders(3));
        assertApproxEqAbs(left, (1e12 * uint256(8)) / 9, 1e5, "S5: an older delegator lost another part");
        _call(fresh, fresh.holders(4), abi.encodeCall(IStakeManager.unbond, (operator, shares)));
        assertApproxEqAbs(manager.unbonding(fresh.holders(4), 0).amount, kept, 1, "S3: it can leave with the rest");
    }

    function invariant_everyTokenIsAccountedFor() external view {
        uint256 total = book.donated() + book.burned();
        assertEq(stakes.burned(), book.burned(), "S1: burned");
        for (uint256 i = 0; i < book.OPERATORS(); ++i) total += _stakeOf(i);
        for (uint256 i = 0; i < book.HOLDERS(); ++i) total += _rewardsOf(book.holders(i));
        total += _rewardsOf(book.REPORTER());
        assertEq(token.balanceOf(address(stakes)), total, "S1: TOKEN held differs from what is booked");
        for (uint256 i = 0; i < book.keyCount(); ++i) {
            uint256 key = book.keys(i);
            assertEq(stakes.isRetired(vm.addr(key)), book.keyRecord(key).retired, "D1: retired once, and for a proof");
        }
        StakeBook.Totals memory honest = book.totalsOf(book.HONEST());
        assertEq(honest.slashedOwn + honest.slashedDelegated, 0, "D3: the honest operator lost something");
    }

    function afterInvariant() external {
        // Half of all calls find nothing to do at worst: what is left is no vacuous run.
        assertGe(book.successes() * 2, book.attempts(), "vacuous: too few actions succeeded");

        uint256 state = vm.snapshotState();
        // What is on its way arrives first.
        skip(stakes.EPOCH_LENGTH());
        for (uint256 i = 0; i < book.HOLDERS(); ++i) _leave(book.holders(i));
        assertEq(book.rewards(book.REPORTER()), stakes.claimRewards(book.REPORTER()), "S1: a reporter is short");
        vm.revertToState(state);
    }

    /// @dev One operator's, as the book has it to the unit.
    function _stakeOf(uint256 index) private view returns (uint256) {
        IStakeManager.OperatorStake memory stake = stakes.operatorStake(book.operators(index));
        StakeBook.Side memory own = book.sideRecord(index, book.OWN());
        StakeBook.Side memory delegated = book.sideRecord(index, book.DELEGATED());
        uint256 onTheWay = own.left + delegated.left;
        assertEq(stake.own, book.bonded(index, book.OWN()), "S1: own stake");
        assertEq(stake.ownUnbonding, own.unbonding, "S1: own stake on its way out");
        assertEq(stake.delegated, book.bonded(index, book.DELEGATED()), "S1: delegated stake");
        assertEq(stake.delegatedUnbonding, delegated.unbonding, "S1: delegated stake on its way out");
        assertEq(stake.active, book.isActive(index), "S4: active or not");

        StakeBook.Totals memory totals = book.totalsOf(index);
        assertEq(totals.sent, totals.arrived + onTheWay + totals.commissions, "S8: rewards from nowhere");
        assertLe(
            totals.sent,
            (totals.distributed * book.RHO()) / 10_000,
            "S8: more than rho of the operator's own fees"
        );
        assertLe(totals.cuts * 10, totals.slashedOwn * 3, "D2: reporters got more than 30% of what the operator lost");
        return own.bonded + own.unbonding + delegated.bonded + delegated.unbonding + onTheWay;
    }

    function _rewardsOf(address account) private view returns (uint256 rewards) {
        rewards = book.rewards(account);
        assertEq(stakes.rewardsOf(account), rewards, "S1: rewards to be claimed");
    }

    /// @dev Alone, with nobody's help: unbond everything, wait once, withdraw and claim everything.
    function _leave(address holder) private {
        uint256 expected = token.balanceOf(holder) + token.balanceOf(book.COLD()) + stakes.rewardsOf(holder);
        for (uint256 i = 0; i < book.OPERATORS(); ++i) {
            (uint160 shares, uint96 amount) = stakes.stakeOf(book.operators(i), holder);
            if (amount == 0) continue;
            _call(book, holder, abi.encodeCall(IStakeManager.unbond, (book.operators(i), shares)));
        }
        skip(stakes.UNBONDING_PERIOD());
        for (uint256 i = 0; i < stakes.unbondingCount(holder); ++i) {
            IStakeManager.Unbonding memory exit = stakes.unbonding(holder, i);
            if (exit.endsAt == 0) continue;
            expected += exit.amount;
            _call(book, holder, abi.encodeCall(IStakeManager.withdraw, (i)));
        }
        stakes.claimRewards(holder);
        uint256 actual = token.balanceOf(holder) + token.balanceOf(book.COLD());
        assertEq(actual, expected, "S3: a holder that left alone is short");
        assertEq(stakes.rewardsOf(holder), 0, "S1: rewards stayed");
    }

    /// @dev Catches the first operator's agent and appoints another in its place.
    function _catch(StakeBook world, uint256 time) private {
        uint256 key = world.agentKeys(0);
        (bool success, ) = world.catchAgent(world.REPORTER(), key, bytes32(time));
        assertTrue(success, "S4: a slash reverted");
        world.noteRetired(key);
        world.appoint(0);
    }

    function _call(StakeBook world, address caller, bytes memory call) private {
        (bool success, ) = world.act(caller, address(world.STAKES()), call);
        assertTrue(success, "a call that is due failed");
    }
}
