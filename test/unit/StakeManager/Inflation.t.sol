// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StakeManagerTest} from "./StakeManagerTest.sol";

/*
 * an attacker who wants the next delegation rounded down to nothing
 * ├── sends tokens to the contract: nothing changes
 * ├── pays itself rewards as the only delegator, with next to nothing in the pool
 * │   ├── the victim loses less than a share, the attacker at least half a million times as much
 * │   └── a delegation that would buy nothing reverts instead
 * └── is the operator: its own pool takes no other's money
 */
contract InflationTest is StakeManagerTest {
    function testFuzz_attack_directDonation_changesNothing(uint256 own, uint256 delegated, uint256 donated) public {
        own = _boundOwn(own);
        // Room is left for one unit more.
        delegated = _bound(delegated, 1, own * RATIO - 1);
        donated = _bound(donated, 1, MAX_STAKE);
        _stakeAndDelegate(own, delegated);
        _skipToEpoch(1);
        bytes memory before = abi.encode(_state());
        token.mint(address(stakes), donated);
        assertEq(abi.encode(_state()), before, "state");
        assertEq(_valueOf(operator), own, "own stake");
        assertEq(_valueOf(delegator), delegated, "delegated stake");
        assertEq(_delegate(other, 1), 1e6, "price");
        assertEq(stakes.burned(), 0, "burned");
    }

    /// The most that can be done: rewards meant for a large delegation reach a pool of a single unit.
    function testFuzz_attack_firstDelegatorPaysItselfRewards_losesMore(uint256 rewards, uint256 amount) public {
        rewards = _bound(rewards, TOKENS, MAX_STAKE);
        address attacker = other;
        uint256 arrives = _inflate(attacker, rewards);
        uint256 price = (arrives + 2) / 2e6 + 1;
        amount = _bound(amount, price + 1, MIN_STAKE * RATIO);
        vm.assume(amount <= _state().delegationRoom);

        _delegate(delegator, amount);
        uint256 victimLoses = amount - _valueOf(delegator);
        assertLe(victimLoses, price + 1, "the victim loses less than a share");
        // The virtual shares hold half of what the attacker paid in, and gain most of what the victim loses.
        uint256 attackerLoses = arrives + 1 - _valueOf(attacker);
        assertGe(attackerLoses, 4e5 * victimLoses, "the attacker loses far more");
        assertGe(attackerLoses, arrives / 2 - victimLoses, "half of what it paid");
    }

    /// And what is too little to buy a share is not taken.
    function testFuzz_attack_inflateToTakeADelegation_itReverts(uint256 rewards, uint256 amount) public {
        rewards = _bound(rewards, TOKENS, MAX_STAKE);
        uint256 arrives = _inflate(other, rewards);
        amount = _bound(amount, 1, arrives / 2e6 - 1);
        _fundHolder(delegator, amount);
        vm.expectRevert(bytes4(keccak256("ZeroAmount()")));
        vm.prank(delegator);
        stakes.delegate(operator, uint96(amount), ANY_COMMISSION);
        assertEq(token.balanceOf(delegator), amount, "kept");
    }

    /// With an honest delegator there first, the attacker's rewards go to it.
    function testFuzz_attack_inflateWithAnotherInThePool_paysTheOther(uint256 rewards, uint256 honest) public {
        rewards = _bound(rewards, TOKENS, MAX_STAKE);
        honest = _bound(honest, TOKENS, MIN_STAKE);
        _stakeAndDelegate(MIN_STAKE, honest);
        _delegate(other, MIN_STAKE);
        _addRewards(rewards);
        _unbond(other, (MIN_STAKE - 1) * 1e6);
        skip(EPOCH);
        uint256 delegators = (rewards * (honest + MIN_STAKE)) / (honest + 2 * MIN_STAKE);
        _assertAtMostBelow(_valueOf(delegator), honest + delegators, 2 * (delegators / honest) + 2, "the other");
    }

    /// Its own pool is its own: the operator is the only one who can be first there, and second.
    function testFuzz_attack_operatorInflatesItsOwnPool_losesAlone(uint256 rewards, uint256 amount) public {
        rewards = _bound(rewards, TOKENS, MAX_STAKE);
        _stake(1);
        _addRewards(rewards);
        skip(EPOCH);
        amount = _bound(amount, rewards / 1e6, MAX_STAKE);
        _stake(amount);
        assertLe(_valueOf(operator), rewards / 2 + amount + 1, "half of it is lost");
    }

    /// @dev The attacker delegates, has rewards added, and leaves one unit behind.
    /// @return arrives What reaches its pool
    function _inflate(address attacker, uint256 rewards) private returns (uint256 arrives) {
        _stake(MIN_STAKE);
        _delegate(attacker, MIN_STAKE * RATIO);
        _addRewards(rewards);
        _unbond(attacker, MIN_STAKE * RATIO * 1e6 - 1e6);
        skip(EPOCH);
        arrives = (rewards * RATIO) / (RATIO + 1);
        _assertPools(MIN_STAKE + rewards - arrives, 0, 1 + arrives, MIN_STAKE * RATIO - 1);
        assertEq(_sharesOf(attacker), 1e6, "as many shares as nobody has");
    }
}
