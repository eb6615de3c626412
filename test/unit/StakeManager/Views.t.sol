// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeManagerTest} from "./StakeManagerTest.sol";

/*
 * operatorStake, operatorStakes: all fields; of strangers zero; many as one by one
 * stakeOf: shares and worth, with what has arrived; of strangers zero; exactly what unbonding all gives
 * unbonding: unknown beyond the count
 * unbondingCount, rewardsOf, isRetired, burned: zero and false at first
 */
contract StakeManagerViewsTest is StakeManagerTest {
    function testFuzz_operatorStake_allFields(uint256 own, uint256 delegated, uint256 out, uint256 outToo) public {
        own = _bound(own, 2 * MIN_STAKE, MAX_STAKE);
        delegated = _bound(delegated, 2, own * 5);
        out = _bound(out, 1, own / 2);
        outToo = _bound(outToo, 1, delegated / 2);
        _setCommission(1_234);
        _stakeAndDelegate(own, delegated);
        _unbond(operator, out * 1e6);
        _unbond(delegator, outToo * 1e6);
        _skipToEpoch(1);
        own -= out;
        delegated -= outToo;
        IStakeManager.OperatorStake memory state = _state();
        assertEq(state.own, own, "own");
        assertEq(state.ownUnbonding, out, "ownUnbonding");
        assertEq(state.delegated, delegated, "delegated");
        assertEq(state.delegatedUnbonding, outToo, "delegatedUnbonding");
        assertEq(state.delegationRoom, own * RATIO - delegated, "delegationRoom");
        assertEq(state.rewardable, own + delegated, "rewardable");
        assertEq(state.commissionBps, 1_234, "commissionBps");
        assertTrue(state.active, "active");
    }

    function testFuzz_operatorStake_ofAStranger_isZero(address who) public {
        vm.assume(who != operator);
        _stakeAndDelegate(OWN, OWN);
        IStakeManager.OperatorStake memory empty;
        assertEq(abi.encode(stakes.operatorStake(who)), abi.encode(empty), "stranger");
    }

    function testFuzz_operatorStakes_asOneByOne(uint256 own, uint256 delegated, uint256 elapsed, address who) public {
        own = _boundOwn(own);
        delegated = _boundDelegated(delegated, own);
        _stakeAndDelegate(own, delegated);
        _register(other, 2);
        _stake(other, OWN);
        _addRewards(100 * TOKENS);
        skip(_bound(elapsed, 0, 2 * EPOCH));
        address[] memory list = new address[](4);
        (list[0], list[1], list[2], list[3]) = (other, who, operator, other);
        IStakeManager.OperatorStake[] memory all = stakes.operatorStakes(list);
        assertEq(all.length, 4, "length");
        for (uint256 i; i < 4; ++i) {
            assertEq(abi.encode(all[i]), abi.encode(stakes.operatorStake(list[i])), "entry");
        }
        assertEq(stakes.operatorStakes(new address[](0)).length, 0, "none");
    }

    /// Views count what has arrived as calls do: looking at an operator and touching it give the same.
    function testFuzz_stakeOf_isWhatUnbondingGives(uint256 rewards, uint256 elapsed, bool isOwn, bool slashed) public {
        rewards = _bound(rewards, 1, MAX_STAKE);
        _stakeAndDelegate(OWN, OWN);
        _delegate(other, OWN);
        _addRewards(rewards);
        skip(_bound(elapsed, 0, 2 * EPOCH));
        if (slashed) _slash(agent);
        address holder = isOwn ? operator : delegator;
        (uint160 shares, uint96 amount) = stakes.stakeOf(operator, holder);
        uint256 index = _unbond(holder, shares);
        assertEq(stakes.unbonding(holder, index).amount, amount, "worth");
        (shares, amount) = stakes.stakeOf(operator, holder);
        assertEq(shares, 0, "shares left");
        assertEq(amount, 0, "worth left");
    }

    function testFuzz_stakeOf_ofAStranger_isZero(address who, address holder) public {
        vm.assume(who != operator || (holder != operator && holder != delegator));
        _stakeAndDelegate(OWN, OWN);
        (uint160 shares, uint96 amount) = stakes.stakeOf(who, holder);
        assertEq(shares, 0, "shares");
        assertEq(amount, 0, "amount");
    }

    function testFuzz_unbonding_beyondTheCount_itReverts(address who, uint256 index) public {
        _stakeAndDelegate(OWN, OWN);
        _unbond(delegator, 1e6);
        vm.assume(who != delegator || index != 0);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.UnbondingUnknown.selector, who, index));
        stakes.unbonding(who, index);
    }

    function testFuzz_views_ofAnybody_startEmpty(address who) public view {
        assertEq(stakes.unbondingCount(who), 0, "unbondingCount");
        assertEq(stakes.rewardsOf(who), 0, "rewardsOf");
        assertFalse(stakes.isRetired(who), "isRetired");
        assertFalse(stakes.isActive(who), "isActive");
        assertEq(stakes.rewardableStake(who), 0, "rewardableStake");
        assertEq(stakes.burned(), 0, "burned");
    }
}
