// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

import {IRewardsDistributor} from "../../../contracts/interfaces/IRewardsDistributor.sol";
import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {ReentrantToken} from "../../../contracts/mocks/ReentrantToken.sol";
import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {RewardsDistributorTest} from "./RewardsDistributorTest.sol";

/// @notice Makes calls and does not mind when they fail.
contract Swallower {
    uint256 public attempts;
    uint256 public successes;

    function attempt(address target, bytes calldata call) external {
        ++attempts;
        (bool success, ) = target.call(call);
        if (success) ++successes;
    }
}

/*
 * distribute, when the token calls back while the fees come in, or while the rewards go out
 * ├── into distribute for the same operator: DistributedAlready
 * ├── into distribute for another: the guard of the escrow or of the stakes
 * ├── by somebody who swallows those errors: the same as without, and the other can be distributed afterwards
 * └── into unbond by a holder, between the two: no more leaves than without
 */
contract RewardsDistributorReentrancyTest is RewardsDistributorTest {
    uint256 private constant FEES = 100 * TOKENS;

    ReentrantToken private hooked;

    function setUp() public override {
        super.setUp();
        hooked = new ReentrantToken();
        // The same calls as any token's: mint, approve, balanceOf.
        _build(WeirTestToken(address(hooked)), _defaultParameters(18));
        _register(other, 2);
        _stake(OWN);
        _stake(other, OWN);
        _earn(operator, FEES);
        _earn(other, FEES);
        _skipToEpoch(1);
    }

    function testFuzz_attack_reenterForTheSame_itReverts(bool onRewards, bool afterMove) public {
        _arm(
            address(weir.distributor),
            abi.encodeCall(IRewardsDistributor.distribute, (operator)),
            onRewards,
            afterMove
        );
        uint256 epoch = stakes.epoch();
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.DistributedAlready.selector, operator, epoch));
        _distribute(operator);
        assertEq(_feesOf(operator), FEES, "fees stay");
    }

    function testFuzz_attack_reenterForAnother_itReverts(bool onRewards, bool afterMove) public {
        _arm(address(weir.distributor), abi.encodeCall(IRewardsDistributor.distribute, (other)), onRewards, afterMove);
        vm.expectRevert(ReentrancyGuard.ReentrancyGuardReentrantCall.selector);
        _distribute(operator);
        assertEq(_feesOf(operator), FEES, "fees stay");
        assertEq(_feesOf(other), FEES, "the other's stay");
    }

    function testFuzz_attack_reenterAndSwallow_isTheSame(bool onRewards, bool afterMove, bool same) public {
        Swallower swallower = new Swallower();
        bytes memory inner = abi.encodeCall(IRewardsDistributor.distribute, (same ? operator : other));
        _arm(
            address(swallower),
            abi.encodeCall(Swallower.attempt, (address(weir.distributor), inner)),
            onRewards,
            afterMove
        );
        uint256 rewards = _distribute(operator);
        assertEq(swallower.attempts(), 1, "never called back");
        assertEq(swallower.successes(), 0, "came through");
        assertEq(rewards, _expected(FEES, OWN), "the rewards");
        assertEq(token.allowance(address(weir.distributor), address(stakes)), 0, "no allowance stays");
        assertEq(_distribute(other), rewards, "the other's");
        assertEq(token.balanceOf(address(weir.distributor)), 2 * (FEES - rewards), "the rest of both");
    }

    /// The stake that was counted leaves before the rewards are added: it is locked, and they wait in its pool.
    function testFuzz_attack_unbondBetweenFeesAndRewards_gainsNothing(bool afterMove) public {
        address holder = address(hooked);
        _register(holder, 3);
        _stake(holder, OWN);
        _earn(holder, FEES);
        _skipToEpoch(1);
        bytes memory payload = abi.encodeCall(IStakeManager.unbond, (holder, uint160(OWN * 1e6)));
        hooked.arm(address(stakes), payload, afterMove);
        uint256 rewards = _distribute(holder);
        assertEq(rewards, _expected(FEES, OWN), "the rewards");
        assertEq(hooked.calls(), 1, "never called back");
        skip(UNBONDING);
        assertEq(stakes.operatorStake(holder).own, 0, "nobody's yet");
        assertEq(_withdraw(holder, 0), OWN, "out without them");
    }

    /// @dev The fees come in by the first transfer of a distribution, and the rewards go out by the second: then the token arms
    /// itself in the first.
    function _arm(address target, bytes memory payload, bool onRewards, bool afterMove) private {
        if (!onRewards) hooked.arm(target, payload, afterMove);
        else hooked.arm(address(hooked), abi.encodeCall(ReentrantToken.arm, (target, payload, afterMove)), true);
    }
}
