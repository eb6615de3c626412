// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * withdraw
 * ├── when the caller does not own the account: NotAccountOwner
 * ├── when the recipient is zero or the escrow: InvalidAddress
 * ├── when more is asked than is free: InsufficientBalance
 * └── else: it pays at once, and what channels hold stays
 */
contract WithdrawTest is PaymentChannelsTest {
    function testFuzz_withdraw_itPaysTheFreeBalance(uint96 balance, uint96 reserved, uint96 amount, address to) public {
        vm.assume(to != address(0) && to != address(escrow));
        balance = uint96(_bound(balance, 1, MAX_AMOUNT));
        reserved = uint96(_bound(reserved, 0, balance));
        amount = uint96(_bound(amount, 0, balance - reserved));
        _deposit(balance);
        vm.startPrank(owner);
        escrow.fund(_channel(), reserved);
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.Withdrawn(signer, to, amount);
        escrow.withdraw(signer, amount, to);
        assertEq(_balance(), balance - reserved - amount);
        assertEq(_stateOf(_channel()).deposit, reserved);
        assertEq(token.balanceOf(to), amount);
        assertEq(token.balanceOf(address(escrow)), balance - amount);
    }

    /// What a channel reserves is out of reach until the channel is closed.
    function testFuzz_attack_withdrawReservedMoney_itReverts(uint96 balance, uint96 reserved, uint96 amount) public {
        balance = uint96(_bound(balance, 1, MAX_AMOUNT));
        reserved = uint96(_bound(reserved, 1, balance));
        amount = uint96(_bound(amount, balance - reserved + 1, MAX_AMOUNT));
        _deposit(balance);
        vm.startPrank(owner);
        escrow.fund(_channel(), reserved);
        vm.expectRevert(
            abi.encodeWithSelector(IPaymentChannels.InsufficientBalance.selector, amount, balance - reserved)
        );
        escrow.withdraw(signer, amount, owner);
    }

    /// Nobody but the owner: not the session key, which lives in a browser, nor the payee.
    function testFuzz_withdraw_whenNotTheOwner_itReverts(address caller, uint8 which, uint96 amount) public {
        if (which % 4 == 0) caller = signer;
        if (which % 4 == 1) caller = payee;
        vm.assume(caller != owner);
        _deposit(1e18);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotAccountOwner.selector, owner, caller));
        vm.prank(caller);
        escrow.withdraw(signer, amount, caller);
    }

    function testFuzz_withdraw_givenNeverOpened_itReverts(address caller, uint96 amount) public {
        vm.assume(caller != address(0));
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotAccountOwner.selector, address(0), caller));
        vm.prank(caller);
        escrow.withdraw(signer, amount, caller);
    }

    function testFuzz_withdraw_toNobodyOrTheEscrow_itReverts(uint96 amount, bool toZero) public {
        _deposit(1e18);
        address to = toZero ? address(0) : address(escrow);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.InvalidAddress.selector, to));
        vm.prank(owner);
        escrow.withdraw(signer, amount, to);
    }

    /// One account's owner reaches no other account.
    function test_attack_withdrawFromAnotherAccount_itReverts() public {
        _deposit(1e18);
        escrow.deposit(vm.addr(99), stranger, 0, _signedSession(99, stranger));
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.InsufficientBalance.selector, 1, 0));
        escrow.withdraw(vm.addr(99), 1, stranger);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotAccountOwner.selector, owner, stranger));
        escrow.withdraw(signer, 1, stranger);
    }
}
