// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IStakeManager} from "../../contracts/interfaces/IStakeManager.sol";
import {AttackHandler} from "./washtrading/AttackHandler.sol";
import {CrowdHandler} from "./washtrading/CrowdHandler.sol";
import {Purse} from "./washtrading/Purse.sol";

/// @notice R1 of docs/invariants.md: after every call, and in cash at the end of every run.
abstract contract WashTradingTest is Test {
    Purse internal purse;
    AttackHandler internal attacker;

    function _setUp(bool crowd) internal {
        vm.warp(1_800_000_000);
        purse = new Purse(crowd);
        attacker = new AttackHandler(purse);
        targetContract(address(attacker));
        for (uint256 i = 0; i < 4; ++i) {
            attacker.stake(i);
            attacker.delegate(i);
            attacker.payHimself(i);
        }
    }

    function invariant_washTradingLoses() external {
        assertLe(purse.owned(), purse.limit(), "R1: he owns more than he should");
    }

    function afterInvariant() external {
        assertGe(purse.successes() * 3, purse.attempts(), "vacuous: too few actions succeeded");
        uint256 state = vm.snapshotState();
        purse.cashOut();
        assertLe(purse.cash(), purse.limit(), "R1: he left with more than he should");
        if (!purse.CROWD() && purse.feesDistributed() != 0) {
            uint256 start = purse.HANDS() * purse.STARTING_TOKENS();
            assertLt(purse.cash(), start, "R1: he paid himself and did not lose");
            assertGe((start - purse.cash()) * 10_000, purse.feesDistributed() * 2_000, "R1: he lost less than 1 - rho");
        }
        vm.revertToState(state);
    }

    function _playEverything(uint256 dice) internal {
        attacker.payHimself(dice);
        attacker.reserve(dice);
        attacker.settle(dice >> 1);
        attacker.stake(dice);
        attacker.delegate(dice);
        attacker.delegate(dice >> 1);
        attacker.aroundTheBoundary(dice);
        attacker.setCommission(dice);
        attacker.distribute(dice);
        attacker.pass(dice);
        attacker.unbond(dice);
        attacker.unbond(dice >> 1);
        attacker.pass(dice >> 1);
        attacker.withdraw(dice);
        attacker.confess(dice);
        attacker.claim(dice);
        this.invariant_washTradingLoses();
    }

    function _assertPlayed(string[13] memory actions) internal view {
        for (uint256 i = 0; i < actions.length; ++i) assertGe(purse.count(actions[i]), 3, actions[i]);
    }

    function _actions() internal pure returns (string[13] memory) {
        return
            [
                "payHimself",
                "reserve",
                "settle",
                "stake",
                "delegate",
                "unbond",
                "withdraw",
                "setCommission",
                "distribute",
                "claim",
                "confess",
                "pass",
                "aroundTheBoundary"
            ];
    }
}

/// @notice A world in which every operator, payer, delegator and reporter is the attacker.
contract WashTradingInvariantTest is WashTradingTest {
    function setUp() external {
        _setUp(false);
    }

    function test_everyActionSucceeds() external {
        for (uint256 i = 0; i < 40; ++i) _playEverything(uint256(keccak256(abi.encode("dice", i))));
        _assertPlayed(_actions());
        this.afterInvariant();
    }

    /// @dev With as much at stake as helps, rho of what he pays in fees comes back, and nothing more: the bound is reached.
    function test_theBestCaseLosesOneMinusRhoOfTheFees() external {
        Purse best = new Purse(false);
        uint256 start = best.cash();
        address operator = best.operators(0);
        best.act(operator, address(best.STAKES()), abi.encodeCall(IStakeManager.stake, (100_000e18)));
        for (uint256 i = 0; i < 5; ++i) {
            best.pass(best.STAKES().EPOCH_LENGTH());
            best.pay(best.hands(3), 0, 200e18);
            best.distribute(0, operator);
        }
        assertEq(best.feesDistributed(), 5 * 20e18, "a tenth of every payment");
        best.cashOut();
        assertLe(best.cash(), best.limit(), "R1: he left with more than he should");
        assertApproxEqAbs(start - best.cash(), 20e18, 20, "R1: the best case loses 1 - rho of the fees, to the unit");
    }
}

/// @notice The same attacker among honest people, whose money he may be given for what he sells, and no other way.
contract WashTradingAmongOthersInvariantTest is WashTradingTest {
    CrowdHandler private crowd;

    function setUp() external {
        _setUp(true);
        crowd = new CrowdHandler(purse);
        targetContract(address(crowd));
        crowd.stake(1);
        for (uint256 i = 0; i < 4; ++i) {
            crowd.delegate(i);
            crowd.view_(i);
        }
    }

    function test_everyActionSucceeds() external {
        for (uint256 i = 0; i < 40; ++i) {
            uint256 dice = uint256(keccak256(abi.encode("dice", i)));
            if (i % 4 == 0) crowd.stake(dice);
            crowd.delegate(dice);
            crowd.view_(dice);
            crowd.view_(dice >> 1);
            crowd.distribute();
            crowd.unbond(dice);
            crowd.withdraw(dice);
            _playEverything(dice);
        }
        _assertPlayed(_actions());
        string[8] memory actions = [
            "view",
            "crowdStake",
            "crowdDelegate",
            "crowdUnbond",
            "crowdWithdraw",
            "crowdDistribute",
            "delegateToHonest",
            "distributeHonest"
        ];
        for (uint256 i = 0; i < actions.length; ++i) assertGe(purse.count(actions[i]), 1, actions[i]);
        this.afterInvariant();
    }
}
