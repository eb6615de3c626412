// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {InexactToken} from "../../../contracts/mocks/InexactToken.sol";
import {RefusingToken} from "../../../contracts/mocks/RefusingToken.sol";
import {SilentToken} from "../../../contracts/mocks/SilentToken.sol";
import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {StakeManagerTest} from "./StakeManagerTest.sol";

/*
 * tokens
 * ├── when more or less arrives than was sent: InexactTransfer, on every way in
 * ├── when a transfer answers false: SafeERC20FailedOperation, and the books stay
 * ├── when a token answers nothing: it works
 * └── with 6 decimals as with 18: the same ratios of shares, rewards and losses
 */
contract StakeTokensTest is StakeManagerTest {
    function testFuzz_attack_feeOnTransfer_itReverts(uint96 amount, uint96 skew, bool bonus, uint96 before) public {
        amount = uint96(_bound(amount, 1, MAX_STAKE));
        before = uint96(_bound(before, 0, MAX_STAKE));
        skew = uint96(_bound(skew, 1, bonus ? MAX_STAKE : amount));
        InexactToken inexact = new InexactToken(bonus ? int256(uint256(skew)) : -int256(uint256(skew)));
        _build(WeirTestToken(address(inexact)), _defaultParameters(18));
        token.mint(address(stakes), before);
        _fundHolder(operator, amount);
        _fundHolder(address(weir.distributor), amount);
        uint256 expected = uint256(before) + amount;
        bytes memory failed = abi.encodeWithSelector(
            IStakeManager.InexactTransfer.selector,
            expected,
            bonus ? expected + skew : expected - skew
        );
        vm.expectRevert(failed);
        vm.prank(operator);
        stakes.stake(amount);
        vm.expectRevert(failed);
        vm.prank(address(weir.distributor));
        stakes.addRewards(operator, amount);
        _assertPools(0, 0, 0, 0);
    }

    function test_tokens_thatRefuse_moveNoBooks() public {
        RefusingToken refusing = new RefusingToken();
        _build(WeirTestToken(address(refusing)), _defaultParameters(18));
        _stakeAndDelegate(OWN, OWN);
        _unbond(delegator, 1e24);
        _slash(vm.addr(3));
        skip(UNBONDING);
        _fundHolder(operator, OWN);
        _fundHolder(delegator, OWN);
        refusing.refuse(true);
        bytes memory before = abi.encode(_state(), stakes.rewardsOf(reporter), stakes.unbonding(delegator, 0));
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token));
        vm.expectRevert(failed);
        vm.prank(operator);
        stakes.stake(1);
        vm.expectRevert(failed);
        vm.prank(delegator);
        stakes.delegate(operator, 1, 0);
        vm.expectRevert(failed);
        _withdraw(delegator, 0);
        vm.expectRevert(failed);
        stakes.claimRewards(reporter);
        bytes memory now_ = abi.encode(_state(), stakes.rewardsOf(reporter), stakes.unbonding(delegator, 0));
        assertEq(now_, before, "books");
    }

    function testFuzz_tokens_thatAnswerNothing_work(uint256 own, uint256 delegated) public {
        SilentToken silent = new SilentToken();
        _build(WeirTestToken(address(silent)), _defaultParameters(6));
        own = _bound(own, 2_000e6, 1e15);
        delegated = _bound(delegated, 1e6, own * RATIO);
        _silently(silent, operator, own);
        vm.prank(operator);
        stakes.stake(uint96(own));
        _silently(silent, delegator, delegated);
        vm.prank(delegator);
        stakes.delegate(operator, uint96(delegated), 0);
        _slash(agent);
        _unbondAll(operator);
        _unbondAll(delegator);
        skip(UNBONDING);
        assertEq(_withdraw(operator, 0), own - 500e6, "own");
        assertEq(_withdraw(delegator, 0), delegated, "delegated");
        assertEq(stakes.claimRewards(reporter), 150e6, "cut");
        assertEq(IERC20(address(silent)).balanceOf(address(stakes)), 350e6, "burned");
    }

    /// The same story in a token of 6 and in one of 18 decimals: what everybody has in the end differs by 12 digits, and by what
    /// a unit of the coarser token is.
    function testFuzz_decimals_giveTheSameRatios(
        uint256 own,
        uint256 delegated,
        uint256 rewards,
        uint256 elapsed
    ) public {
        own = _bound(own, 2_000e6, 1e15);
        delegated = _bound(delegated, 1_000e6, own * RATIO);
        rewards = _bound(rewards, 1, 1e15);
        elapsed = _bound(elapsed, 0, 2 * EPOCH);
        uint256[5] memory fine = _story(18, own, delegated, rewards, elapsed);
        uint256[5] memory coarse = _story(6, own, delegated, rewards, elapsed);
        // Each of a few roundings is worth a unit, or a unit's worth of shares.
        uint256 unit = 4 * 1e12 * (1 + rewards / own + rewards / delegated);
        for (uint256 i; i < 5; ++i) assertApproxEqAbs(coarse[i] * 1e12, fine[i], unit, "by 12 digits");
    }

    function _story(
        uint256 decimals,
        uint256 own,
        uint256 delegated,
        uint256 rewards,
        uint256 elapsed
    ) private returns (uint256[5] memory) {
        uint256 unit = decimals == 6 ? 1 : 1e12;
        _build(new WeirTestToken("Weir Test", "WTT", uint8(decimals)), _defaultParameters(decimals));
        _setCommission(700);
        uint160 shares = _stake(own * unit);
        assertEq(shares, own * unit * 1e6, "a million shares a unit");
        _delegate(delegator, delegated * unit);
        _addRewards(rewards * unit);
        skip(elapsed);
        uint160 bought = _stake(own * unit);
        _slash(agent);
        uint256 ratio = (uint256(bought) * 1e18) / shares;
        assertLe(ratio, 1e18, "no cheaper than at first");
        return
            [
                _valueOf(operator),
                _valueOf(delegator),
                stakes.rewardsOf(operator),
                stakes.rewardsOf(reporter),
                stakes.burned()
            ];
    }

    function _silently(SilentToken silent, address holder, uint256 amount) private {
        silent.mint(holder, amount);
        vm.prank(holder);
        silent.approve(address(stakes), amount);
    }
}
