// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * deposit
 * ├── given the account is not open
 * │   ├── when the owner is zero: InvalidAddress
 * │   ├── when the session is malformed, somebody else's or names another owner: BadSignature
 * │   └── else: it opens the account
 * ├── given it is open
 * │   ├── when another owner is named: AccountOwnerMismatch
 * │   └── else: the session is not read
 * ├── when the caller's allowance or balance is too low: as the token reverts
 * ├── when the escrow would hold more than an amount can express: EscrowFull
 * └── else: the caller pays, the account is credited
 */
contract DepositTest is PaymentChannelsTest {
    function testFuzz_deposit_itOpensTheAccount(uint256 seed, address owner_, uint96 amount, address caller) public {
        vm.assume(owner_ != address(0) && caller != address(0) && caller != address(escrow));
        uint256 key = _boundKey(seed);
        _provide(caller, amount);
        IPaymentChannels.Signature memory session = _signedSession(key, owner_);
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.AccountOpened(vm.addr(key), owner_);
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.Deposited(vm.addr(key), caller, amount);
        vm.prank(caller);
        escrow.deposit(vm.addr(key), owner_, amount, session);
        assertEq(escrow.account(vm.addr(key)).owner, owner_);
        assertEq(escrow.account(vm.addr(key)).balance, amount);
        assertEq(token.balanceOf(address(escrow)), amount);
        assertEq(token.balanceOf(caller), 0);
    }

    /// Anyone may add to an open account; no signature is needed any more.
    function testFuzz_deposit_givenOpen_itAdds(
        uint96 first,
        uint96 second,
        address caller,
        bytes32 r,
        bytes32 vs
    ) public {
        vm.assume(caller != address(0) && caller != address(escrow));
        first = uint96(_bound(first, 0, MAX_AMOUNT));
        second = uint96(_bound(second, 0, MAX_AMOUNT - first));
        _deposit(first);
        _provide(caller, second);
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.Deposited(signer, caller, second);
        vm.prank(caller);
        escrow.deposit(signer, owner, second, IPaymentChannels.Signature(r, vs));
        assertEq(_balance(), uint256(first) + second);
        assertEq(escrow.account(signer).owner, owner);
    }

    /// A depositor says whose account he means: money never lands in the account of somebody else.
    function testFuzz_deposit_givenAnotherOwner_itReverts(address named, uint96 amount) public {
        vm.assume(named != owner);
        _deposit(1);
        _provide(stranger, amount);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, named);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.AccountOwnerMismatch.selector, named, owner));
        vm.prank(stranger);
        escrow.deposit(signer, named, amount, session);
    }

    function testFuzz_deposit_whenTheOwnerIsZero_itReverts(uint96 amount) public {
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, address(0));
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.InvalidAddress.selector, address(0)));
        escrow.deposit(signer, address(0), amount, session);
    }

    // -------------------------------------------------------------------------------------------------- who owns it

    /// Nobody claims a stranger's key: the signer itself must have named the owner.
    function testFuzz_attack_openAStrangersAccount_itReverts(uint256 seed, address thief) public {
        uint256 key = _boundKey(seed);
        vm.assume(key != SIGNER_KEY && thief != address(0));
        IPaymentChannels.Signature memory session = _signedSession(key, thief);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.BadSignature.selector, signer, vm.addr(key)));
        vm.prank(thief);
        escrow.deposit(signer, thief, 0, session);
    }

    /// A session seen on its way says one owner; a thief cannot put himself there.
    function testFuzz_attack_sessionForAnotherOwner_itReverts(address named, address thief) public {
        vm.assume(named != thief && thief != address(0));
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, named);
        vm.expectPartialRevert(IPaymentChannels.BadSignature.selector);
        vm.prank(thief);
        escrow.deposit(signer, thief, 0, session);
    }

    /// The signer may have named two wallets; the first to come owns the account, and neither can take it from the other.
    function testFuzz_attack_secondSession_theFirstOwnerStays(address second) public {
        vm.assume(second != owner);
        _deposit(1e18);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, second);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.AccountOwnerMismatch.selector, second, owner));
        vm.prank(second);
        escrow.deposit(signer, second, 0, session);
    }

    function testFuzz_attack_malformedSession_itReverts(uint8 which) public {
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        bytes32 top = bytes32(uint256(1) << 255);
        if (which % 6 == 0) session.vs = bytes32(CURVE_ORDER / 2 + 1);
        if (which % 6 == 1) session.vs = bytes32(CURVE_ORDER / 2 + 1) | top;
        if (which % 6 == 2) session.r = 0;
        if (which % 6 == 3) session.vs = 0;
        if (which % 6 == 4) session.vs = top;
        if (which % 6 == 5) session = IPaymentChannels.Signature(0, 0);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.BadSignature.selector, signer, address(0)));
        escrow.deposit(signer, owner, 0, session);
    }

    /// EIP-2098 has no room for a high s: its top bit reads as the parity.
    function testFuzz_attack_highS_itReverts(address owner_) public {
        vm.assume(owner_ != address(0));
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner_);
        session.vs = _malleated(session.vs);
        vm.expectPartialRevert(IPaymentChannels.BadSignature.selector);
        escrow.deposit(signer, owner_, 0, session);
        session.vs ^= bytes32(uint256(1) << 255);
        vm.expectPartialRevert(IPaymentChannels.BadSignature.selector);
        escrow.deposit(signer, owner_, 0, session);
    }

    function test_attack_flippedParity_itReverts() public {
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        session.vs ^= bytes32(uint256(1) << 255);
        vm.expectPartialRevert(IPaymentChannels.BadSignature.selector);
        escrow.deposit(signer, owner, 0, session);
    }

    /// A malformed signature recovers to zero: that must not open an account for a zero signer.
    function testFuzz_attack_zeroSigner_itReverts(address thief, bytes32 vs) public {
        vm.assume(thief != address(0));
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.BadSignature.selector, address(0), address(0)));
        escrow.deposit(address(0), thief, 0, IPaymentChannels.Signature(0, vs));
    }

    function testFuzz_attack_sessionOfAnotherChain_itReverts(uint64 chainId) public {
        vm.assume(chainId != block.chainid && chainId != 0);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        vm.chainId(chainId);
        vm.expectPartialRevert(IPaymentChannels.BadSignature.selector);
        escrow.deposit(signer, owner, 0, session);
    }

    function test_deposit_givenTheSignerCarriesCode_itOpensAsAKey() public {
        vm.etch(signer, hex"fe");
        _deposit(1e18);
        assertEq(_balance(), 1e18);
    }

    /// Wallets that are contracts, or the signer itself, may own an account.
    function test_deposit_anyAddressMayOwn() public {
        address[2] memory owners = [address(token), vm.addr(99)];
        for (uint256 i; i < 2; ++i) {
            uint256 key = 98 + i;
            escrow.deposit(vm.addr(key), owners[i], 0, _signedSession(key, owners[i]));
            assertEq(escrow.account(vm.addr(key)).owner, owners[i]);
        }
    }

    // -------------------------------------------------------------------------------------------------- the money

    function testFuzz_deposit_whenTheAllowanceIsTooLow_itReverts(uint96 amount, uint96 allowed) public {
        amount = uint96(_bound(amount, 1, MAX_AMOUNT));
        allowed = uint96(_bound(allowed, 0, amount - 1));
        token.mint(owner, amount);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        vm.startPrank(owner);
        token.approve(address(escrow), allowed);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), allowed, amount)
        );
        escrow.deposit(signer, owner, amount, session);
        assertEq(escrow.account(signer).owner, address(0));
    }

    /// A standing allowance pays only for its own holder's calls.
    function testFuzz_attack_spendAnothersAllowance_itReverts(uint96 amount, address thief) public {
        amount = uint96(_bound(amount, 1, MAX_AMOUNT));
        vm.assume(thief != owner && thief != address(0) && thief != address(escrow));
        _provide(owner, amount);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), 0, amount)
        );
        vm.prank(thief);
        escrow.deposit(signer, owner, amount, session);
    }

    /// Each deposit fits; together they do not.
    function testFuzz_attack_overflowTheEscrow_itReverts(uint96 first, uint96 second) public {
        first = uint96(_bound(first, 1, MAX_AMOUNT));
        second = uint96(_bound(second, uint256(MAX_AMOUNT) - first + 1, MAX_AMOUNT));
        _deposit(first);
        _provide(stranger, second);
        // In another account, so that no single balance overflows.
        IPaymentChannels.Signature memory session = _signedSession(99, stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IPaymentChannels.EscrowFull.selector, MAX_AMOUNT, uint256(first) + second)
        );
        vm.prank(stranger);
        escrow.deposit(vm.addr(99), stranger, second, session);
    }

    function testFuzz_attack_overflowTheAccount_itReverts(uint96 first, uint96 second) public {
        first = uint96(_bound(first, 1, MAX_AMOUNT));
        second = uint96(_bound(second, uint256(MAX_AMOUNT) - first + 1, MAX_AMOUNT));
        _deposit(first);
        _provide(stranger, second);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        vm.prank(stranger);
        escrow.deposit(signer, owner, second, IPaymentChannels.Signature(0, 0));
    }

    /// Tokens sent without a call are nobody's; they neither count as a deposit nor stop one while there is room.
    function testFuzz_deposit_givenADonation_onlyTheDifferenceCounts(uint96 donated, uint96 amount) public {
        donated = uint96(_bound(donated, 1, MAX_AMOUNT - 1));
        amount = uint96(_bound(amount, 1, MAX_AMOUNT - donated));
        token.mint(address(escrow), donated);
        _deposit(amount);
        assertEq(_balance(), amount);
        vm.prank(owner);
        escrow.withdraw(signer, amount, owner);
        assertEq(token.balanceOf(address(escrow)), donated);
    }

    /// Filling the escrow with gifts stops deposits and nothing else: exits still work, and deposits after them.
    function test_attack_fillTheEscrowWithGifts_exitsStillWork() public {
        _deposit(1e18);
        token.mint(address(escrow), type(uint256).max - token.totalSupply());
        _expectFull();
        IPaymentChannels.Channel memory terms = _channel();
        vm.prank(owner);
        escrow.fund(terms, 1e18 / 2);
        _settle(terms, uint64(GIB));
        escrow.withdrawEarnings(payee);
        vm.prank(owner);
        escrow.withdraw(signer, 1e18 / 2, owner);
        assertEq(token.balanceOf(owner), 1e18 / 2);
        assertGt(token.balanceOf(payee), 0);
    }

    function testFuzz_attack_dirtyUpperBits_itReverts(uint256 dirt, uint256 field) public {
        _provide(address(this), 1e18);
        bytes memory data = abi.encodeCall(
            IPaymentChannels.deposit,
            (signer, owner, 1e18, _signedSession(SIGNER_KEY, owner))
        );
        uint256[3] memory bits = [uint256(160), 160, 96];
        field %= 3;
        dirt = _bound(dirt, 1, type(uint256).max >> bits[field]);
        assembly ("memory-safe") {
            let word := add(add(data, 0x24), mul(field, 0x20))
            mstore(word, or(mload(word), shl(mload(add(bits, mul(field, 0x20))), dirt)))
        }
        (bool success, ) = address(escrow).call(data);
        assertFalse(success);
    }

    function testFuzz_attack_truncatedCalldata_itReverts(uint256 cut) public {
        _provide(address(this), 1e18);
        bytes memory data = abi.encodeCall(
            IPaymentChannels.deposit,
            (signer, owner, 1e18, _signedSession(SIGNER_KEY, owner))
        );
        cut = _bound(cut, 1, data.length - 4);
        assembly ("memory-safe") {
            mstore(data, sub(mload(data), cut))
        }
        (bool success, ) = address(escrow).call(data);
        assertFalse(success);
    }

    /// @dev Tokens in hand and approved.
    function _provide(address from, uint256 amount) private {
        token.mint(from, amount);
        vm.prank(from);
        token.approve(address(escrow), amount);
    }

    /// @dev The escrow is full: not even nothing can be deposited.
    function _expectFull() private {
        uint256 held = token.balanceOf(address(escrow));
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.EscrowFull.selector, MAX_AMOUNT, held));
        escrow.deposit(signer, owner, 0, IPaymentChannels.Signature(0, 0));
    }
}
