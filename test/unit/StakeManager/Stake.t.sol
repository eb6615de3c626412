// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeManagerTest} from "./StakeManagerTest.sol";

/*
 * stake
 * ├── when the caller is not registered: NotRegistered
 * ├── when the amount is zero, or buys no share: ZeroAmount
 * ├── when the contract would hold more than an amount can count: StakeFull
 * └── else: Staked, the tokens come in, and the caller's own pool grows by them
 *     ├── given rewards have raised what a share is worth: for fewer shares of the same worth
 *     └── given it left the list and came back: to the same pool
 */
contract StakeTest is StakeManagerTest {
    function testFuzz_stake_itAddsToTheOwnPool(uint96 first, uint96 second) public {
        first = uint96(_bound(first, 1, MAX_STAKE));
        second = uint96(_bound(second, 1, MAX_STAKE));
        uint256 shares;
        for (uint256 i; i < 2; ++i) {
            uint96 amount = i == 0 ? first : second;
            _fundHolder(operator, amount);
            vm.expectEmit(address(stakes));
            emit IStakeManager.Staked(operator, amount, uint160(amount) * 1e6);
            vm.prank(operator);
            shares += stakes.stake(amount);
        }
        _assertPools(uint256(first) + second, 0, 0, 0);
        assertEq(shares, (uint256(first) + second) * 1e6, "shares returned");
        assertEq(_sharesOf(operator), shares, "shares held");
        assertEq(_valueOf(operator), uint256(first) + second, "worth");
        assertEq(token.balanceOf(address(stakes)), uint256(first) + second, "tokens held");
        assertEq(token.balanceOf(operator), 0, "tokens left");
    }

    function testFuzz_stake_givenAHigherPrice_itGivesFewerSharesOfTheSameWorth(
        uint256 own,
        uint256 rewards,
        uint256 amount
    ) public {
        own = _boundOwn(own);
        rewards = _bound(rewards, 1e6, MAX_STAKE);
        amount = _bound(amount, TOKENS, MAX_STAKE);
        _stake(own);
        _addRewards(rewards);
        skip(EPOCH);
        uint256 before = _valueOf(operator);
        uint256 held = _sharesOf(operator);
        uint160 shares = _stake(amount);
        // (S + 1e6) / (A + 1), the definition.
        assertEq(shares, (amount * (held + 1e6)) / (own + rewards + 1), "shares");
        _assertPools(own + rewards + amount, 0, 0, 0);
        _assertAtMostBelow(_valueOf(operator), before + amount, 2, "worth");
    }

    function testFuzz_stake_whenNotRegistered_itReverts(address who, uint96 amount) public {
        vm.assume(who != operator);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.NotRegistered.selector, who));
        vm.prank(who);
        stakes.stake(amount);
    }

    function test_stake_whenTheAmountIsZero_itReverts() public {
        vm.expectRevert(IStakeManager.ZeroAmount.selector);
        vm.prank(operator);
        stakes.stake(0);
    }

    /// A share can only be worth more than a unit when rewards came in while next to nothing was in the pool.
    function test_stake_whenTheAmountBuysNoShare_itReverts() public {
        _stake(1);
        _addRewards(1e9);
        skip(EPOCH);
        _fundHolder(operator, 500);
        vm.expectRevert(IStakeManager.ZeroAmount.selector);
        vm.prank(operator);
        stakes.stake(500);
        assertEq(_stake(501), 1, "the first amount that buys one");
    }

    function testFuzz_stake_whenItWouldHoldTooMuch_itReverts(uint96 donated, uint96 amount) public {
        donated = uint96(_bound(donated, 1, type(uint96).max));
        amount = uint96(_bound(amount, type(uint96).max - donated + 1, type(uint96).max));
        token.mint(address(stakes), donated);
        _fundHolder(operator, amount);
        vm.expectRevert(
            abi.encodeWithSelector(IStakeManager.StakeFull.selector, type(uint96).max, uint256(donated) + amount)
        );
        vm.prank(operator);
        stakes.stake(amount);
    }

    function test_stake_asMuchAsThereCanBe() public {
        _stake(type(uint96).max);
        assertEq(_valueOf(operator), type(uint96).max, "worth");
        assertEq(_state().delegationRoom, type(uint96).max, "room is cut to an amount");
        _unbondAll(operator);
        skip(UNBONDING);
        assertEq(_withdraw(operator, 0), type(uint96).max, "all comes back");
    }

    function testFuzz_stake_givenItLeftAndCameBack_itIsTheSamePool(uint256 own, uint256 more) public {
        own = _boundOwn(own);
        more = _boundOwn(more);
        _stake(own);
        vm.prank(operator);
        registry.deregister();
        assertEq(_valueOf(operator), own, "stake stays behind");
        assertFalse(_state().active, "not active without an agent");
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.NotRegistered.selector, operator));
        vm.prank(operator);
        stakes.stake(uint96(more));

        _register(operator, 2);
        _stake(more);
        assertEq(_valueOf(operator), own + more, "worth");
        assertTrue(_state().active, "active again");
    }

    function testFuzz_stake_withoutAllowance_itReverts(uint96 amount) public {
        amount = uint96(_bound(amount, 1, MAX_STAKE));
        token.mint(operator, amount);
        vm.prank(operator);
        vm.expectPartialRevert(bytes4(keccak256("ERC20InsufficientAllowance(address,uint256,uint256)")));
        stakes.stake(amount);
        _assertPools(0, 0, 0, 0);
    }
}
