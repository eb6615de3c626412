// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {ReentrantToken} from "../../../contracts/mocks/ReentrantToken.sol";
import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {StakeManagerTest} from "./StakeManagerTest.sol";

/*
 * every call that moves tokens, when the token calls back before or after the balances moved
 * ├── into any call that changes money, by whoever may make it: ReentrancyGuardReentrantCall, and the whole is undone
 * ├── into setCommission: it finds the delegation that is under way
 * └── into a view: it sees the books as they will be
 */
contract StakeManagerReentrancyTest is StakeManagerTest {
    uint256 private constant CALLS = 5;
    uint96 private constant AMOUNT = 100e18;

    ReentrantToken private hooked;

    function setUp() public override {
        super.setUp();
        hooked = new ReentrantToken();
        // The same calls as any token's: mint, approve, balanceOf.
        _build(WeirTestToken(address(hooked)), _defaultParameters(18));
        _setCommission(1_000);
        _stakeAndDelegate(OWN, OWN);
        _addRewards(AMOUNT);
        _unbond(operator, uint256(AMOUNT) * 1e6);
        skip(UNBONDING);
        // For what is called from within: the token is a holder of everything, too.
        _register(address(hooked), 2);
        _stake(address(hooked), OWN);
        _delegate(address(hooked), operator, OWN);
        _unbond(address(hooked), operator, uint256(AMOUNT) * 1e6);
        skip(UNBONDING);
        _slash(operator, vm.addr(77), address(hooked));
        _fundHolder(operator, AMOUNT);
        _fundHolder(delegator, AMOUNT);
        _fundHolder(address(hooked), AMOUNT);
        _fundHolder(address(weir.distributor), AMOUNT);
    }

    function testFuzz_attack_reenterAnyCallThatMovesMoney_itReverts(
        uint256 outer,
        uint256 inner,
        bool afterMove
    ) public {
        (address caller, bytes memory call) = _touching(outer);
        hooked.arm(address(stakes), _moving(inner), afterMove);
        bytes32 before = _books();
        vm.expectRevert(ReentrancyGuard.ReentrancyGuardReentrantCall.selector);
        vm.prank(caller);
        (bool reverted, ) = address(stakes).call(call);
        assertTrue(reverted, "did not revert as expected");
        assertEq(_books(), before, "something stayed");
    }

    /// Each of them works when it is not called from within another: the test above would prove nothing else.
    function test_reentrancy_everyCallWorksByItself() public {
        for (uint256 i; i < CALLS; ++i) {
            (address caller, bytes memory call) = _touching(i);
            vm.prank(caller);
            (bool success, ) = address(stakes).call(call);
            assertTrue(success, "outer");
        }
        for (uint256 i; i < 5; ++i) {
            vm.prank(address(hooked));
            (bool success, ) = address(stakes).call(_moving(i));
            assertTrue(success, "inner");
        }
    }

    /// Slashing and adding rewards are for others than the token, but would find the guard before they ask who calls.
    function testFuzz_attack_reenterForOthers_itReverts(uint256 outer, bool afterMove, bool slashes) public {
        (address caller, bytes memory call) = _touching(outer);
        bytes memory payload =
            slashes
                ? abi.encodeCall(IStakeManager.slash, (operator, agent, stranger))
                : abi.encodeCall(IStakeManager.addRewards, (operator, AMOUNT));
        hooked.arm(address(stakes), payload, afterMove);
        vm.expectRevert(ReentrancyGuard.ReentrancyGuardReentrantCall.selector);
        vm.prank(caller);
        (bool reverted, ) = address(stakes).call(call);
        assertTrue(reverted, "did not revert as expected");
    }

    /// The first delegation is not in yet when the token calls the operator, but it binds its commission already.
    function testFuzz_attack_raiseCommissionInTheMiddleOfADelegation_itReverts(bool afterMove) public {
        // The token itself is an operator without delegators: free to set what it likes until one comes.
        hooked.arm(address(stakes), abi.encodeCall(IStakeManager.setCommission, (5_000)), afterMove);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.CommissionTooHigh.selector, 100, 5_000));
        vm.prank(delegator);
        stakes.delegate(address(hooked), AMOUNT, 0);
    }

    /// Who reads in between sees what is being paid as paid, and what is coming in as there.
    function testFuzz_attack_readInTheMiddle_seesWhatWillBe(uint256 which, bool afterMove) public {
        ViewProbe probe = new ViewProbe(stakes, operator);
        (address caller, bytes memory call) = _touching(which);
        hooked.arm(address(probe), abi.encodeCall(ViewProbe.look, ()), afterMove);
        vm.prank(caller);
        (bool success, ) = address(stakes).call(call);
        assertTrue(success, "the call");
        assertEq(hooked.calls(), 1, "the token never called back");
        bytes32 within = probe.seen();
        probe.look();
        assertEq(within, probe.seen(), "seen within and after");
    }

    /// @dev A call that touches the token, with its rightful caller.
    function _touching(uint256 which) private view returns (address caller, bytes memory call) {
        which %= CALLS;
        if (which == 0) return (operator, abi.encodeCall(IStakeManager.stake, (AMOUNT)));
        if (which == 1) return (delegator, abi.encodeCall(IStakeManager.delegate, (operator, AMOUNT, ANY_COMMISSION)));
        if (which == 2) return (operator, abi.encodeCall(IStakeManager.withdraw, (0)));
        if (which == 3) return (stranger, abi.encodeCall(IStakeManager.claimRewards, (operator)));
        return (address(weir.distributor), abi.encodeCall(IStakeManager.addRewards, (operator, AMOUNT)));
    }

    /// @dev A call that the token may make for itself.
    function _moving(uint256 which) private view returns (bytes memory) {
        which %= 5;
        if (which == 0) return abi.encodeCall(IStakeManager.stake, (AMOUNT / 2));
        if (which == 1) return abi.encodeCall(IStakeManager.delegate, (operator, AMOUNT / 2, ANY_COMMISSION));
        if (which == 2) return abi.encodeCall(IStakeManager.unbond, (operator, 1e24));
        if (which == 3) return abi.encodeCall(IStakeManager.withdraw, (0));
        return abi.encodeCall(IStakeManager.claimRewards, (address(hooked)));
    }

    function _books() private view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    _state(),
                    stakes.operatorStake(address(hooked)),
                    stakes.rewardsOf(operator),
                    stakes.rewardsOf(address(hooked)),
                    stakes.unbondingCount(operator),
                    stakes.unbondingCount(address(hooked)),
                    stakes.burned(),
                    token.balanceOf(address(stakes))
                )
            );
    }
}

/// @notice Looks at the books when it is called.
contract ViewProbe {
    IStakeManager private immutable STAKES;
    address private immutable OPERATOR;
    bytes32 public seen;

    constructor(IStakeManager stakes, address operator) {
        STAKES = stakes;
        OPERATOR = operator;
    }

    function look() external {
        (uint160 shares, uint96 amount) = STAKES.stakeOf(OPERATOR, OPERATOR);
        seen = keccak256(abi.encode(STAKES.operatorStake(OPERATOR), shares, amount, STAKES.rewardsOf(OPERATOR)));
    }
}
