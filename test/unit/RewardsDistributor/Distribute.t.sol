// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {IRewardsDistributor} from "../../../contracts/interfaces/IRewardsDistributor.sol";
import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {RewardsDistributorTest} from "./RewardsDistributorTest.sol";

/*
 * distribute
 * ├── given no rewardable stake
 * │   ├── when the caller is not the operator: NoStake
 * │   └── when it is: all of the fees are lost
 * ├── given distributed in this epoch: DistributedAlready
 * ├── given no fees: zero, and the epoch stays unused
 * ├── given so little that rewards round to nothing: the fees are taken, nothing is added
 * └── else: RewardsDistributed, whoever calls; the rewards go to the stake, the rest stays here for ever
 *     ├── given several operators: each gets of its own fees, whatever the others do
 *     ├── given fees of several epochs: all at once
 *     └── given another number of decimals: the same ratio
 * pendingRewards: what it would take and return at this moment
 * distributedIn: the last epoch, zero for never
 */
contract DistributeTest is RewardsDistributorTest {
    function testFuzz_distribute_itReturnsAPartToTheStake(
        uint256 fees,
        uint256 own,
        uint256 delegated,
        address caller
    ) public {
        fees = _bound(fees, TOKENS, MAX_FEES);
        own = _bound(own, MIN_STAKE, MAX_STAKE / 20);
        delegated = _bound(delegated, 1, own * RATIO);
        _setCommission(1_000);
        _stake(own);
        _delegate(delegator, delegated);
        _earn(operator, fees);
        _skipToEpoch(1);
        uint256 rewards = _expected(fees, own + delegated);
        uint256 delegators = (rewards * delegated) / (own + delegated);
        uint256 commission = delegators / 10;
        (uint96 pendingFees, uint96 pending) = weir.distributor.pendingRewards(operator);
        assertEq(pendingFees, fees, "pending fees");
        assertEq(pending, rewards, "pending rewards");

        uint256 epoch = stakes.epoch();
        vm.expectEmit(address(weir.distributor));
        emit IRewardsDistributor.RewardsDistributed(
            operator,
            epoch,
            uint96(fees),
            uint96(rewards),
            uint96(own + delegated)
        );
        vm.expectEmit(address(weir.escrow));
        emit IPaymentChannels.FeesCollected(operator, uint96(fees));
        vm.expectEmit(address(stakes));
        emit IStakeManager.RewardsAdded(
            operator,
            uint96(rewards - delegators),
            uint96(delegators - commission),
            uint96(commission)
        );
        vm.prank(caller);
        assertEq(weir.distributor.distribute(operator), rewards, "returned");
        assertEq(weir.distributor.distributedIn(operator), epoch, "distributedIn");
        assertEq(_feesOf(operator), 0, "fees left");
        assertEq(token.balanceOf(address(weir.distributor)), fees - rewards, "lost for ever");
        assertEq(token.balanceOf(address(stakes)), own + delegated + rewards, "came to the stake");
        assertEq(token.allowance(address(weir.distributor), address(stakes)), 0, "no allowance stays");
        skip(EPOCH);
        _assertPools(own + rewards - delegators, 0, delegated + delegators - commission, 0);
    }

    function testFuzz_distribute_givenNoStake_onlyTheOperatorMay(address caller, uint256 fees) public {
        vm.assume(caller != stranger);
        fees = _bound(fees, 1, MAX_FEES);
        _earn(stranger, fees);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.NoStake.selector, stranger));
        vm.prank(caller);
        weir.distributor.distribute(stranger);
        assertEq(_feesOf(stranger), fees, "fees stay");
    }

    /// An operator that is jailed, lost its agent, or just came, can wait.
    function testFuzz_attack_distributeWhileItHasNoStake_itReverts(uint256 how, uint256 fees) public {
        fees = _bound(fees, 1, MAX_FEES);
        _stake(OWN);
        _earn(operator, fees);
        if (how % 3 != 0) _skipToEpoch(1);
        if (how % 3 == 1) _slash(agent);
        if (how % 3 == 2) {
            vm.prank(operator);
            registry.clearAgent();
        }
        (uint96 pendingFees, uint96 pending) = weir.distributor.pendingRewards(operator);
        assertEq(pendingFees, fees, "pending fees");
        assertEq(pending, 0, "pending rewards");
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.NoStake.selector, operator));
        vm.prank(stranger);
        weir.distributor.distribute(operator);
        if (how % 3 != 0) _setAgent(operator, 2);
        _skipToEpoch(1);
        assertGt(_feesOf(operator), 0, "fees stay");
        assertEq(_distribute(operator), _expected(fees, how % 3 == 1 ? OWN - SLASH : OWN), "later");
    }

    function testFuzz_distribute_givenNoStake_theOperatorLosesAll(uint256 fees) public {
        fees = _bound(fees, 1, MAX_FEES);
        _earn(stranger, fees);
        uint256 epoch = stakes.epoch();
        vm.expectEmit(address(weir.distributor));
        emit IRewardsDistributor.RewardsDistributed(stranger, epoch, uint96(fees), 0, 0);
        vm.prank(stranger);
        assertEq(weir.distributor.distribute(stranger), 0, "returned");
        assertEq(token.balanceOf(address(weir.distributor)), fees, "lost");
        assertEq(token.balanceOf(address(stakes)), 0, "stake");
        assertEq(weir.distributor.distributedIn(stranger), epoch, "distributedIn");
    }

    function testFuzz_distribute_givenNoFees_theEpochStaysUnused(uint256 fees, address caller) public {
        fees = _bound(fees, TOKENS, MAX_FEES);
        _stake(OWN);
        _skipToEpoch(1);
        vm.recordLogs();
        vm.prank(caller);
        assertEq(weir.distributor.distribute(operator), 0, "returned");
        assertEq(vm.getRecordedLogs().length, 0, "logs");
        assertEq(weir.distributor.distributedIn(operator), 0, "distributedIn");
        (uint96 pendingFees, uint96 pending) = weir.distributor.pendingRewards(operator);
        assertEq(pendingFees + pending, 0, "pending");
        _earn(operator, fees);
        assertGt(_distribute(operator), 0, "later in the same epoch");
    }

    /// Less than a unit of rewards: rho * lambda * stake bounds them from above, rho * fees too.
    function test_distribute_givenDust_nothingIsAdded() public {
        _stake(OWN);
        _earn(operator, 1);
        _skipToEpoch(1);
        vm.recordLogs();
        assertEq(_distribute(operator), 0, "returned");
        assertEq(vm.getRecordedLogs().length, 3, "the distribution, its fees, their transfer");
        assertEq(token.balanceOf(address(weir.distributor)), 1, "lost");
        assertEq(token.balanceOf(address(stakes)), OWN, "stake");
    }

    function testFuzz_distribute_givenDistributed_itReverts(uint256 first, uint256 second) public {
        first = _bound(first, 0, EPOCH - 1);
        second = _bound(second, first, EPOCH - 1);
        _stake(OWN);
        _earn(operator, TOKENS);
        _skipToEpoch(1);
        uint256 start = vm.getBlockTimestamp();
        uint256 epoch = stakes.epoch();
        vm.warp(start + first);
        _distribute(operator);
        _earn(operator, TOKENS);
        vm.warp(start + second);
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.DistributedAlready.selector, operator, epoch));
        _distribute(operator);
        assertEq(_feesOf(operator), TOKENS, "fees wait");
    }

    /// One second can lie between two distributions: then the boundary does.
    function test_distribute_theBoundaryIsToTheSecond() public {
        _stake(OWN);
        _earn(operator, TOKENS);
        _skipToEpoch(2);
        uint256 boundary = vm.getBlockTimestamp();
        vm.warp(boundary - 1);
        assertEq(_distribute(operator), _expected(TOKENS, OWN), "last second");
        _earn(operator, TOKENS);
        vm.expectPartialRevert(IRewardsDistributor.DistributedAlready.selector);
        _distribute(operator);
        skip(1);
        assertGe(_distribute(operator), _expected(TOKENS, OWN), "first second");
        assertEq(weir.distributor.distributedIn(operator), boundary / EPOCH, "distributedIn");
    }

    function testFuzz_distribute_takesAllThatCameTogether(uint256 first, uint256 second, uint256 epochs) public {
        first = _bound(first, 1, MAX_FEES / 2);
        second = _bound(second, 1, MAX_FEES / 2);
        _stake(OWN);
        _earn(operator, first);
        _skipToEpoch(_bound(epochs, 1, 50));
        _earn(operator, second);
        assertEq(_distribute(operator), _expected(first + second, OWN), "returned");
    }

    /// Nothing of what one operator gets depends on another's fees, stake, or distributions.
    function testFuzz_attack_othersFeesAndStake_changeNothing(uint256 fees, uint256 theirs, uint256 stake) public {
        fees = _bound(fees, 1, MAX_FEES / 2);
        theirs = _bound(theirs, 1, MAX_FEES / 2);
        stake = _bound(stake, MIN_STAKE, MAX_STAKE);
        _register(other, 2);
        _stake(OWN);
        _stake(other, stake);
        _earn(operator, fees);
        _earn(other, theirs);
        _skipToEpoch(1);
        assertEq(_distribute(other), _expected(theirs, stake), "the other's");
        assertEq(_feesOf(operator), fees, "fees stay");
        token.mint(address(weir.distributor), 5 * TOKENS);
        assertEq(_distribute(operator), _expected(fees, OWN), "the operator's");
        assertGe(token.balanceOf(address(weir.distributor)), 5 * TOKENS, "a donation stays");
        assertEq(weir.distributor.distributedIn(stranger), 0, "a stranger's");
    }

    function testFuzz_distribute_inSixDecimals_theSameRatio(uint256 fees, uint256 own) public {
        fees = _bound(fees, 1e6, 1e13);
        own = _bound(own, 1_000e6, 1e14);
        _build(new WeirTestToken("Six", "SIX", 6), _defaultParameters(6));
        _stake(own);
        _earn(operator, fees);
        _skipToEpoch(1);
        uint256 coarse = _distribute(operator);
        _build(new WeirTestToken("Eighteen", "EIG", 18), _defaultParameters(18));
        _stake(own * 1e12);
        _earn(operator, fees * 1e12);
        _skipToEpoch(1);
        assertEq(_distribute(operator) / 1e12, coarse, "rounded down alike");
    }
}
