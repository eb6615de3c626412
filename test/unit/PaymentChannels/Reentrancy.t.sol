// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {ReentrantToken} from "../../../contracts/mocks/ReentrantToken.sol";
import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/// @notice A reentrant token that takes any permit and any authorization: only the escrow is under test here.
contract GullibleReentrantToken is ReentrantToken {
    function permit(address holder, address spender, uint256 amount, uint256, uint8, bytes32, bytes32) external {
        _approve(holder, spender, amount);
    }

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 amount,
        uint256,
        uint256,
        bytes32,
        bytes calldata
    ) external {
        _transfer(from, to, amount);
    }
}

/*
 * every call that touches the token, when the token calls back before or after the balances moved
 * ├── into a call that touches the token as well: ReentrancyGuardReentrantCall, and the whole is undone
 * └── into one that does not: it finds the books in order, and so does everybody afterwards (I1)
 */
contract ReentrancyTest is PaymentChannelsTest {
    uint96 private constant AMOUNT = 1e18;

    ReentrantToken private hooked;
    IPaymentChannels.Channel private open;
    IPaymentChannels.Channel private ripe;

    function setUp() public override {
        super.setUp();
        hooked = new GullibleReentrantToken();
        // The same calls as any token's: mint, approve, balanceOf.
        token = WeirTestToken(address(hooked));
        escrow = _deployEscrow(token, registry, FEE_BPS, collector);
        open = _channel(uint96(GIB), 1 days, 1);
        ripe = _channel(uint96(GIB), 1 hours, 2);
        _openChannel(open, AMOUNT);
        _openChannel(ripe, AMOUNT);
        _settle(open, 1e15);
        _requestClose(ripe);
        skip(1 hours);
        _deposit(AMOUNT);
        token.mint(owner, AMOUNT);
        vm.prank(owner);
        token.approve(address(escrow), AMOUNT);
    }

    function testFuzz_attack_reenterAGuardedCall_itReverts(
        uint256 outer,
        uint256 inner,
        bool afterMove,
        bool nested
    ) public {
        bytes memory payload = _touching(inner);
        if (nested) payload = _multicall(payload);
        hooked.arm(address(escrow), payload, afterMove);
        (address caller, bytes memory call) = _outer(outer);
        bytes32 before = _books();
        vm.expectRevert(ReentrancyGuard.ReentrancyGuardReentrantCall.selector);
        vm.prank(caller);
        (bool reverted, ) = address(escrow).call(call);
        assertTrue(reverted, "did not revert as expected");
        assertEq(_books(), before, "something stayed");
    }

    function testFuzz_attack_reenterAnUnguardedCall_theBooksStayInOrder(
        uint256 outer,
        uint256 inner,
        bool afterMove,
        bool nested
    ) public {
        bytes memory payload = _moving(inner);
        if (nested) payload = _multicall(payload);
        (address caller, bytes memory call) = _outer(outer);
        uint256 snapshot = vm.snapshotState();

        hooked.arm(address(escrow), payload, afterMove);
        _run(caller, call);
        assertEq(hooked.calls(), 1, "the token never called back");
        _assertSolvent();
        bytes32 within = _books();

        // The same as one after the other: the call that touches the token booked everything before the token was asked.
        vm.revertToState(snapshot);
        _run(caller, call);
        _run(address(hooked), payload);
        assertEq(_books(), within, "worth more inside than after");
    }

    /// What is withdrawn cannot be reserved as well while it leaves.
    function testFuzz_attack_fundWhileWithdrawing_findsTheAccountEmpty(bool afterMove) public {
        hooked.arm(address(escrow), _moving(1), afterMove);
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.FundSkipped(_idOf(open), payee, IPaymentChannels.SkipReason.AccountEmpty);
        vm.prank(owner);
        escrow.withdraw(signer, AMOUNT, owner);
        _assertSolvent();
    }

    /// Earnings that are being paid cannot be paid again, and what is settled meanwhile stays booked.
    function testFuzz_attack_settleWhileWithdrawing_isKept(bool afterMove) public {
        hooked.arm(address(escrow), _moving(0), afterMove);
        uint256 earned = escrow.earningsOf(payee).balance;
        escrow.withdrawEarnings(payee);
        assertEq(token.balanceOf(payee), earned);
        uint256 later = escrow.withdrawEarnings(payee);
        assertGt(later, 0);
        assertEq(token.balanceOf(payee), earned + later);
        _assertSolvent();
    }

    /// @dev A call that touches the token, with its rightful caller.
    function _outer(uint256 which) private view returns (address caller, bytes memory call) {
        caller = which % 6 == 5 ? collector : owner;
        call = _touching(which);
    }

    function _touching(uint256 which) private view returns (bytes memory) {
        IPaymentChannels.Signature memory none;
        which %= 6;
        if (which == 0) return abi.encodeCall(IPaymentChannels.deposit, (signer, owner, AMOUNT, none));
        if (which == 1) {
            IPaymentChannels.Permit memory permit;
            return abi.encodeCall(IPaymentChannels.depositWithPermit, (signer, owner, AMOUNT, none, permit));
        }
        if (which == 2) {
            IPaymentChannels.Authorization memory authorization;
            authorization.from = owner;
            return
                abi.encodeCall(IPaymentChannels.depositWithAuthorization, (signer, owner, AMOUNT, none, authorization));
        }
        if (which == 3) return abi.encodeCall(IPaymentChannels.withdraw, (signer, AMOUNT, owner));
        if (which == 4) return abi.encodeCall(IPaymentChannels.withdrawEarnings, (payee));
        return abi.encodeCall(IPaymentChannels.collectFees, (payee));
    }

    /// @dev What anybody may call, the token too, and what moves money between the books.
    function _moving(uint256 which) private view returns (bytes memory) {
        which %= 4;
        if (which == 0) {
            IPaymentChannels.SettleRow memory row = _signedRow(SIGNER_KEY, open, 5e17, "root");
            return abi.encodeCall(IPaymentChannels.settle, (payee, _rows(row)));
        }
        if (which == 1) {
            IPaymentChannels.Signature memory signature = _signedFund(SIGNER_KEY, open, 2 * AMOUNT, FOR_EVER);
            return abi.encodeCall(IPaymentChannels.fundWithSignature, (open, 2 * AMOUNT, FOR_EVER, signature));
        }
        if (which == 2) return abi.encodeCall(IPaymentChannels.finalizeClose, (ripe));
        IPaymentChannels.Signature memory close = _signedClose(PAYEE_KEY, _idOf(open), 0);
        return abi.encodeCall(IPaymentChannels.closeWithSignature, (open, 0, close));
    }

    function _multicall(bytes memory call) private pure returns (bytes memory) {
        bytes[] memory calls = new bytes[](1);
        calls[0] = call;
        return abi.encodeCall(IPaymentChannels.multicall, (calls));
    }

    function _run(address caller, bytes memory call) private {
        vm.prank(caller);
        (bool success, ) = address(escrow).call(call);
        assertTrue(success);
    }

    function _books() private view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    escrow.account(signer),
                    _stateOf(open),
                    _stateOf(ripe),
                    escrow.earningsOf(payee),
                    token.balanceOf(address(escrow)),
                    token.balanceOf(owner),
                    token.balanceOf(payee)
                )
            );
    }

    function _assertSolvent() private view {
        IPaymentChannels.Earnings memory earnings = escrow.earningsOf(payee);
        uint256 booked = _balance() + earnings.balance + earnings.fees;
        booked += _stateOf(open).deposit - _owed(_stateOf(open).settledBytes, GIB);
        booked += _stateOf(ripe).deposit - _owed(_stateOf(ripe).settledBytes, GIB);
        assertEq(token.balanceOf(address(escrow)), booked, "I1");
    }
}
