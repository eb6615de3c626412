// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * depositWithPermit
 * ├── when the permit is the caller's: deposits without an approval before
 * ├── when the permit was used already: deposits all the same
 * ├── when the permit fails and no allowance is there: as the token reverts
 * ├── when the permit is another's: the caller pays or nobody does
 * └── who owns the account and how much fits: as in deposit
 */
contract DepositWithPermitTest is PaymentChannelsTest {
    bytes32 private constant PERMIT_TYPE = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );

    function testFuzz_depositWithPermit_itDeposits(uint96 amount, uint256 deadline) public {
        deadline = _bound(deadline, block.timestamp, type(uint256).max);
        token.mint(owner, amount);
        IPaymentChannels.Permit memory permit = _permit(OWNER_KEY, amount, deadline);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.AccountOpened(signer, owner);
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.Deposited(signer, owner, amount);
        vm.prank(owner);
        escrow.depositWithPermit(signer, owner, amount, session, permit);
        assertEq(_balance(), amount);
        assertEq(token.balanceOf(address(escrow)), amount);
        assertEq(token.allowance(owner, address(escrow)), 0);
    }

    /// Somebody who sends the permit ahead helps: the allowance is there, and the deposit works.
    function testFuzz_attack_permitSentAhead_doesNotBrickTheDeposit(uint96 amount) public {
        token.mint(owner, amount);
        IPaymentChannels.Permit memory permit = _permit(OWNER_KEY, amount, type(uint256).max);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        vm.prank(stranger);
        token.permit(owner, address(escrow), amount, permit.deadline, permit.v, permit.r, permit.s);
        vm.prank(owner);
        escrow.depositWithPermit(signer, owner, amount, session, permit);
        assertEq(_balance(), amount);
    }

    /// The permit of somebody else, in a thief's call, takes nothing from anybody.
    function testFuzz_attack_anothersPermit_takesNothing(uint96 amount, uint96 own) public {
        amount = uint96(_bound(amount, 1, MAX_AMOUNT));
        own = uint96(_bound(own, 0, amount));
        token.mint(owner, amount);
        token.mint(stranger, own);
        IPaymentChannels.Permit memory permit = _permit(OWNER_KEY, amount, type(uint256).max);
        IPaymentChannels.Signature memory session = _signedSession(99, stranger);
        for (uint256 i; i < 2; ++i) {
            // The second time the permit was sent ahead, and the owner's allowance stands.
            if (i == 1) token.permit(owner, address(escrow), amount, permit.deadline, permit.v, permit.r, permit.s);
            vm.expectRevert(
                abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), 0, amount)
            );
            vm.prank(stranger);
            escrow.depositWithPermit(vm.addr(99), stranger, amount, session, permit);
        }
        assertEq(token.balanceOf(owner), amount);
    }

    function testFuzz_depositWithPermit_whenItFails_itReverts(uint96 amount, uint8 which) public {
        amount = uint96(_bound(amount, 1, MAX_AMOUNT - 1));
        token.mint(owner, amount);
        uint256 deadline = which % 4 == 0 ? block.timestamp - 1 : block.timestamp;
        IPaymentChannels.Permit memory permit = _permit(
            which % 4 == 1 ? SIGNER_KEY : OWNER_KEY,
            which % 4 == 2 ? amount + 1 : amount,
            deadline
        );
        if (which % 4 == 3) permit.s = bytes32(CURVE_ORDER - uint256(permit.s));
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), 0, amount)
        );
        vm.prank(owner);
        escrow.depositWithPermit(signer, owner, amount, session, permit);
    }

    /// With an allowance of before, no permit is needed: a token without EIP-2612 works through this call as well.
    function testFuzz_depositWithPermit_givenAnAllowance_anyPermitWill(
        uint96 amount,
        IPaymentChannels.Permit memory permit
    ) public {
        token.mint(owner, amount);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        vm.startPrank(owner);
        token.approve(address(escrow), amount);
        escrow.depositWithPermit(signer, owner, amount, session, permit);
        assertEq(_balance(), amount);
    }

    function testFuzz_depositWithPermit_whenTheSessionIsBad_itReverts(uint96 amount, uint256 seed) public {
        uint256 key = _boundKey(seed);
        vm.assume(key != SIGNER_KEY);
        token.mint(owner, amount);
        IPaymentChannels.Permit memory permit = _permit(OWNER_KEY, amount, type(uint256).max);
        IPaymentChannels.Signature memory session = _signedSession(key, owner);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.BadSignature.selector, signer, vm.addr(key)));
        vm.prank(owner);
        escrow.depositWithPermit(signer, owner, amount, session, permit);
    }

    function testFuzz_depositWithPermit_givenAnotherOwner_itReverts(address named, uint96 amount) public {
        vm.assume(named != owner);
        _deposit(0);
        token.mint(owner, amount);
        IPaymentChannels.Permit memory permit = _permit(OWNER_KEY, amount, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.AccountOwnerMismatch.selector, named, owner));
        vm.prank(owner);
        escrow.depositWithPermit(signer, named, amount, IPaymentChannels.Signature(0, 0), permit);
    }

    function testFuzz_attack_overflowTheEscrow_itReverts(uint96 first, uint96 second) public {
        first = uint96(_bound(first, 1, MAX_AMOUNT));
        second = uint96(_bound(second, uint256(MAX_AMOUNT) - first + 1, MAX_AMOUNT));
        _deposit(first);
        token.mint(owner, second);
        IPaymentChannels.Permit memory permit = _permit(OWNER_KEY, second, type(uint256).max);
        IPaymentChannels.Signature memory session = _signedSession(99, owner);
        vm.expectRevert(
            abi.encodeWithSelector(IPaymentChannels.EscrowFull.selector, MAX_AMOUNT, uint256(first) + second)
        );
        vm.prank(owner);
        escrow.depositWithPermit(vm.addr(99), owner, second, session, permit);
    }

    function _permit(
        uint256 key,
        uint256 amount,
        uint256 deadline
    ) private view returns (IPaymentChannels.Permit memory permit) {
        bytes32 structHash = keccak256(
            abi.encode(PERMIT_TYPE, owner, address(escrow), amount, token.nonces(owner), deadline)
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
        permit.deadline = deadline;
        (permit.v, permit.r, permit.s) = vm.sign(key, digest);
    }
}
