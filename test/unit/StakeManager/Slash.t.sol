// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeManagerTest} from "./StakeManagerTest.sol";

/*
 * slash
 * ├── when the caller is not the disputes: NotAuthorized
 * ├── given the agent is retired: AgentRetired
 * └── else: Slashed, the agent is retired, and the pools pay the amount or what there is
 *     ├── first the own stake, then the own unbonding
 *     ├── then delegated and delegated unbonding, pro rata
 *     ├── the reporter's cut is of the operator's loss alone, the rest is burned
 *     ├── given there is nothing: nobody pays, and the agent is retired all the same
 *     └── given rewards are on their way: what has arrived is slashed, the rest still arrives
 */
contract SlashTest is StakeManagerTest {
    struct Before {
        uint256 own;
        uint256 ownUnbonding;
        uint256 delegated;
        uint256 delegatedUnbonding;
    }

    /// The whole rule at once, from its definition.
    function testFuzz_slash_isTheRule(Before memory before, uint256 slashAmount, uint256 reporterBps) public {
        before.own = _bound(before.own, 0, MAX_STAKE);
        before.ownUnbonding = _bound(before.ownUnbonding, 0, MAX_STAKE);
        before.delegated = _bound(before.delegated, 0, MAX_STAKE);
        before.delegatedUnbonding = _bound(before.delegatedUnbonding, 0, MAX_STAKE);
        IStakeManager.Parameters memory parameters = _defaultParameters(18);
        parameters.minSelfStake = uint96(4 * MAX_STAKE);
        parameters.slashAmount = uint96(_bound(slashAmount, 1, 4 * MAX_STAKE));
        parameters.reporterBps = uint16(_bound(reporterBps, 0, 3_000));
        _build(token, parameters);
        _arrange(before);

        uint256 left = parameters.slashAmount;
        uint256 own = _min(left, before.own + before.ownUnbonding);
        left -= own;
        uint256 all = before.delegated + before.delegatedUnbonding;
        uint256 delegated = _min(left, all);
        uint256 fromBonded = all == 0 ? 0 : (delegated * before.delegated) / all;
        uint256 cut = (own * parameters.reporterBps) / BPS;

        vm.expectEmit(address(stakes));
        emit IStakeManager.Slashed(operator, agent, reporter, uint96(own), uint96(delegated), uint96(cut));
        _slash(agent);
        uint256 fromOwn = _min(own, before.own);
        _assertPools(
            before.own - fromOwn,
            before.ownUnbonding - (own - fromOwn),
            before.delegated - fromBonded,
            before.delegatedUnbonding - (delegated - fromBonded)
        );
        assertEq(stakes.rewardsOf(reporter), cut, "reporter's cut");
        assertEq(stakes.burned(), own + delegated - cut, "burned");
        assertTrue(stakes.isRetired(agent), "retired");
    }

    function testFuzz_slash_whenNotTheDisputes_itReverts(address caller) public {
        vm.assume(caller != address(weir.disputes));
        _stake(OWN);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.NotAuthorized.selector, address(weir.disputes), caller));
        vm.prank(caller);
        stakes.slash(operator, agent, caller);
        assertFalse(stakes.isRetired(agent), "retired");
    }

    function testFuzz_slash_givenARetiredAgent_itReverts(address agent_, address who, uint256 later) public {
        _stake(OWN);
        _slash(agent_);
        skip(_bound(later, 0, 3650 days));
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.AgentRetired.selector, agent_));
        _slash(who, agent_, reporter);
    }

    function testFuzz_slash_everyHolderOfAPoolLosesTheSamePart(uint256 first, uint256 second) public {
        first = _bound(first, TOKENS, 10 * MIN_STAKE - TOKENS);
        second = _bound(second, TOKENS, 10 * MIN_STAKE - first);
        _stakeAndDelegate(MIN_STAKE, first);
        _delegate(other, second);
        _slash(vm.addr(11));
        _slash(vm.addr(12));
        _assertPools(0, 0, first + second, 0);
        _slash(vm.addr(13));
        uint256 left = first + second > SLASH ? first + second - SLASH : 0;
        _assertPools(0, 0, left, 0);
        assertApproxEqAbs(_valueOf(delegator), (left * first) / (first + second), 1, "first");
        assertApproxEqAbs(_valueOf(other), (left * second) / (first + second), 1, "second");
    }

    /// The own stake pays before any delegator, and delegators' loss is nobody's gain.
    function testFuzz_slash_delegatorsPayNoReporter(uint256 delegated, uint256 count) public {
        delegated = _bound(delegated, 10 * SLASH, MIN_STAKE * RATIO);
        count = _bound(count, 3, 12);
        _stakeAndDelegate(MIN_STAKE, delegated);
        for (uint256 i = 1; i <= count; ++i) _slash(vm.addr(i));
        _assertPools(0, 0, delegated - (count - 2) * SLASH, 0);
        assertEq(stakes.rewardsOf(reporter), (MIN_STAKE * 3) / 10, "cut of the own stake alone");
        assertEq(stakes.burned(), count * SLASH - (MIN_STAKE * 3) / 10, "the rest");
    }

    function testFuzz_slash_givenNothing_itRetiresTheAgent(address who) public {
        vm.expectEmit(address(stakes));
        emit IStakeManager.Slashed(who, agent, reporter, 0, 0, 0);
        _slash(who, agent, reporter);
        assertTrue(stakes.isRetired(agent), "retired");
        assertEq(stakes.burned(), 0, "burned");
        assertEq(stakes.claimRewards(reporter), 0, "cut");
    }

    /// What has arrived is stake like any other, and what is on its way arrives after the slash.
    function testFuzz_slash_givenRewardsOnTheirWay_theyStillArrive(uint256 rewards, uint256 elapsed) public {
        rewards = _bound(rewards, 1, MAX_STAKE);
        elapsed = _bound(elapsed, 0, EPOCH);
        _stake(OWN);
        _addRewards(rewards);
        skip(elapsed);
        _slash(agent);
        _assertPools(OWN + (rewards * elapsed) / EPOCH - SLASH, 0, 0, 0);
        skip(EPOCH);
        _assertPools(OWN + rewards - SLASH, 0, 0, 0);
    }

    /// Rewards to be claimed are not stake any more.
    function test_slash_leavesClaimableRewards() public {
        _setCommission(5_000);
        _stakeAndDelegate(MIN_STAKE, MIN_STAKE);
        _addRewards(100 * TOKENS);
        for (uint256 i = 1; i <= 10; ++i) _slash(vm.addr(i));
        _assertPools(0, 0, 0, 0);
        assertEq(stakes.claimRewards(operator), 25 * TOKENS, "commission");
    }

    /// All that came in is in a pool, on its way, to be claimed, or burned.
    function testFuzz_slash_whatIsBurnedStays(uint256 own, uint256 delegated, uint256 count) public {
        own = _boundOwn(own);
        delegated = _boundDelegated(delegated, own);
        count = _bound(count, 1, 8);
        _stakeAndDelegate(own, delegated);
        for (uint256 i = 1; i <= count; ++i) _slash(vm.addr(i));
        IStakeManager.OperatorStake memory state = _state();
        uint256 booked = uint256(state.own) + state.delegated + stakes.burned() + stakes.rewardsOf(reporter);
        assertEq(token.balanceOf(address(stakes)), booked, "booked");
        stakes.claimRewards(reporter);
        assertEq(token.balanceOf(address(stakes)), state.own + state.delegated + stakes.burned(), "after the claim");
    }

    /// @dev Stake in all four pools. The own stake that delegations need is withdrawn again.
    function _arrange(Before memory before) private {
        uint256 all = before.delegated + before.delegatedUnbonding;
        if (all != 0) {
            _stake(4 * MAX_STAKE);
            _delegate(delegator, all);
            _unbondAll(operator);
            skip(UNBONDING);
            _withdraw(operator, 0);
            if (before.delegatedUnbonding != 0) _unbond(delegator, before.delegatedUnbonding * 1e6);
        }
        if (before.own + before.ownUnbonding != 0) _stake(before.own + before.ownUnbonding);
        if (before.ownUnbonding != 0) _unbond(operator, before.ownUnbonding * 1e6);
        _assertPools(before.own, before.ownUnbonding, before.delegated, before.delegatedUnbonding);
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
