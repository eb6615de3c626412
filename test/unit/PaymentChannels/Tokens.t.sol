// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {BlacklistToken} from "../../../contracts/mocks/BlacklistToken.sol";
import {InexactToken} from "../../../contracts/mocks/InexactToken.sol";
import {PhantomToken} from "../../../contracts/mocks/PhantomToken.sol";
import {RefusingToken} from "../../../contracts/mocks/RefusingToken.sol";
import {SilentToken} from "../../../contracts/mocks/SilentToken.sol";
import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * tokens that misbehave
 * ├── when more or less arrives than was sent: InexactTransfer
 * ├── when a transfer answers false: SafeERC20FailedOperation, and the books stay
 * ├── when a token answers nothing: it works
 * ├── when any call seems to succeed: neither a permit nor an authorization that did nothing is credited
 * └── when a token bars somebody: everybody else is paid
 */
contract TokensTest is PaymentChannelsTest {
    function testFuzz_attack_feeOnTransfer_itReverts(uint96 amount, uint96 skew, bool bonus, uint96 before) public {
        amount = uint96(_bound(amount, 1, MAX_AMOUNT / 2));
        before = uint96(_bound(before, 0, MAX_AMOUNT / 4));
        skew = uint96(_bound(skew, 1, bonus ? MAX_AMOUNT / 4 : amount));
        _use(address(new InexactToken(bonus ? int256(uint256(skew)) : -int256(uint256(skew)))));
        token.mint(address(escrow), before);
        token.mint(owner, amount);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        uint256 expected = uint256(before) + amount;
        vm.startPrank(owner);
        token.approve(address(escrow), amount);
        vm.expectRevert(
            abi.encodeWithSelector(
                IPaymentChannels.InexactTransfer.selector,
                expected,
                bonus ? expected + skew : expected - skew
            )
        );
        escrow.deposit(signer, owner, amount, session);
    }

    function testFuzz_tokens_thatRefuse_moveNoBooks(uint96 amount) public {
        amount = uint96(_bound(amount, 1, MAX_AMOUNT));
        _use(address(new RefusingToken()));
        IPaymentChannels.Channel memory terms = _channel(uint96(GIB), 1 days, 1);
        _openChannel(terms, amount);
        _settle(terms, type(uint64).max);
        IPaymentChannels.Earnings memory earnings = escrow.earningsOf(payee);
        _deposit(MAX_AMOUNT - amount);
        RefusingToken(address(token)).refuse(true);
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token));

        vm.expectRevert(failed);
        vm.prank(owner);
        escrow.withdraw(signer, MAX_AMOUNT - amount, owner);
        vm.expectRevert(failed);
        escrow.withdrawEarnings(payee);
        if (earnings.fees != 0) {
            vm.expectRevert(failed);
            vm.prank(collector);
            escrow.collectFees(payee);
        }
        vm.expectRevert(failed);
        escrow.deposit(signer, owner, 0, IPaymentChannels.Signature(0, 0));
        assertEq(_balance(), MAX_AMOUNT - amount);
        _assertEarnings(payee, earnings.balance, earnings.fees, earnings.provenBytes);
    }

    function testFuzz_tokens_thatAnswerNothing_work(uint96 amount, uint64 bytes_) public {
        SilentToken silent = new SilentToken();
        escrow = _deployEscrow(IERC20(address(silent)), registry, FEE_BPS, collector);
        amount = uint96(_bound(amount, 1, MAX_AMOUNT));
        bytes_ = uint64(_bound(bytes_, 1, type(uint64).max));
        IPaymentChannels.Channel memory terms = _channel(uint96(GIB), 1 days, 1);
        silent.mint(owner, amount);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        vm.startPrank(owner);
        silent.approve(address(escrow), amount);
        escrow.deposit(signer, owner, amount, session);
        escrow.fund(terms, amount);
        vm.stopPrank();
        _settle(terms, bytes_);
        _close(terms);
        escrow.withdrawEarnings(payee);
        vm.prank(collector);
        escrow.collectFees(payee);
        uint96 left = escrow.account(signer).balance;
        vm.prank(owner);
        escrow.withdraw(signer, left, owner);
        assertEq(silent.balanceOf(payee) + silent.balanceOf(collector) + silent.balanceOf(owner), amount);
        assertEq(silent.balanceOf(address(escrow)), 0);
    }

    /// WETH's fallback takes any call: a call that did nothing must not be worth anything.
    function testFuzz_attack_phantomAuthorization_itReverts(
        uint96 amount,
        bytes memory signature,
        uint96 before
    ) public {
        amount = uint96(_bound(amount, 1, MAX_AMOUNT / 2));
        before = uint96(_bound(before, 0, MAX_AMOUNT / 2));
        _use(address(new PhantomToken()));
        token.mint(address(escrow), before);
        IPaymentChannels.Authorization memory authorization;
        authorization.from = owner;
        authorization.signature = signature;
        IPaymentChannels.Signature memory session = _signedSession(99, stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IPaymentChannels.InexactTransfer.selector, uint256(before) + amount, before)
        );
        escrow.depositWithAuthorization(vm.addr(99), stranger, amount, session, authorization);
    }

    /// Nor does a permit that did nothing let a thief use somebody's standing allowance.
    function testFuzz_attack_phantomPermit_takesNothing(uint96 amount, IPaymentChannels.Permit memory permit) public {
        amount = uint96(_bound(amount, 1, MAX_AMOUNT));
        _use(address(new PhantomToken()));
        token.mint(owner, amount);
        vm.prank(owner);
        token.approve(address(escrow), amount);
        IPaymentChannels.Signature memory session = _signedSession(99, stranger);
        vm.expectPartialRevert(bytes4(keccak256("ERC20InsufficientAllowance(address,uint256,uint256)")));
        vm.prank(stranger);
        escrow.depositWithPermit(vm.addr(99), stranger, amount, session, permit);
        assertEq(token.balanceOf(owner), amount);
    }

    function testFuzz_tokens_thatBarOne_payTheOthers(uint64 bytes_) public {
        _use(address(new BlacklistToken()));
        IPaymentChannels.Channel memory terms = _channel(uint96(GIB), 1 days, 1);
        _openChannel(terms, MAX_AMOUNT);
        _settle(terms, uint64(_bound(bytes_, 100, type(uint64).max)));
        IPaymentChannels.Earnings memory earnings = escrow.earningsOf(payee);
        BlacklistToken(address(token)).bar(payee, true);
        vm.expectRevert(abi.encodeWithSelector(BlacklistToken.Barred.selector, payee));
        escrow.withdrawEarnings(payee);
        vm.prank(collector);
        assertEq(escrow.collectFees(payee), earnings.fees);
        _close(terms);
        uint96 left = escrow.account(signer).balance;
        vm.prank(owner);
        escrow.withdraw(signer, left, cold);
        // The barred payee leaves by a beneficiary.
        vm.prank(payee);
        registry.setBeneficiary(payee, stranger);
        assertEq(escrow.withdrawEarnings(payee), earnings.balance);
        assertEq(token.balanceOf(stranger), earnings.balance);
    }

    /// @dev From here on the escrow holds this token; of the test token's calls only those of any token are made.
    function _use(address token_) private {
        token = WeirTestToken(token_);
        escrow = _deployEscrow(token, registry, FEE_BPS, collector);
    }
}
