// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * close, closeWithSignature
 * ├── when the caller (the one who signed) is neither payee nor its agent in office: NotPayee
 * ├── when the signature is malformed: BadSignature
 * ├── given the channel was never funded: ChannelUnknown
 * ├── given it is closed: ChannelIsClosed, for ever
 * ├── given fewer bytes are settled than named: SettledBytesTooLow
 * └── else: what was not paid returns to the account at once, and a tombstone stays
 */
contract CloseTest is PaymentChannelsTest {
    function testFuzz_close_itReturnsWhatWasNotPaid(
        uint96 price,
        uint32 grace,
        uint96 deposit,
        uint64 bytes_,
        uint64 least,
        uint8 by,
        bool pending
    ) public {
        IPaymentChannels.Channel memory terms = _channel(price, grace, 7);
        _openChannel(terms, uint96(_bound(deposit, 1, MAX_AMOUNT)));
        if (bytes_ != 0) _settle(terms, bytes_);
        if (pending) _requestClose(terms);
        IPaymentChannels.ChannelState memory state = _stateOf(terms);
        IPaymentChannels.Earnings memory earnings = escrow.earningsOf(payee);
        least = uint64(_bound(least, 0, state.settledBytes));
        uint256 spent = _owed(state.settledBytes, terms.pricePerGiB);
        assertEq(spent, uint256(earnings.balance) + earnings.fees);
        IPaymentChannels.Signature memory signature = _signedClose(
            by % 4 == 2 ? PAYEE_KEY : AGENT_KEY,
            _idOf(terms),
            least
        );

        vm.expectEmit(address(escrow));
        emit IPaymentChannels.Closed(_idOf(terms), signer, payee, state.settledBytes, uint96(state.deposit - spent));
        if (by % 4 < 2) {
            vm.prank(by % 4 == 0 ? payee : agent);
            escrow.close(terms, least);
        } else {
            vm.prank(stranger);
            escrow.closeWithSignature(terms, least, signature);
        }
        _assertState(terms, spent, state.settledBytes, 0, true);
        assertEq(_balance(), state.deposit - spent);
        _assertEarnings(payee, earnings.balance, earnings.fees, earnings.provenBytes);
    }

    /// The refund serves the next relay in the same transaction.
    function testFuzz_close_theRefundFundsTheNextChannel(uint96 deposit) public {
        deposit = uint96(_bound(deposit, 1, MAX_AMOUNT));
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, deposit);
        _close(terms);
        terms.nonce = 2;
        vm.prank(owner);
        escrow.fund(terms, deposit);
        assertEq(_stateOf(terms).deposit, deposit);
    }

    function testFuzz_close_whenNotThePayee_itReverts(address caller, uint64 least) public {
        vm.assume(caller != payee && caller != agent);
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotPayee.selector, payee, caller));
        vm.prank(caller);
        escrow.close(terms, least);
    }

    function test_close_whenThePayerCallsIt_itReverts() public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        for (uint256 i; i < 2; ++i) {
            address caller = i == 0 ? owner : signer;
            vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotPayee.selector, payee, caller));
            vm.prank(caller);
            escrow.close(terms, 0);
        }
    }

    function testFuzz_close_givenNeverFunded_itReverts(IPaymentChannels.Channel memory terms, uint64 least) public {
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.ChannelUnknown.selector, _idOf(terms)));
        vm.prank(terms.payee);
        escrow.close(terms, least);
    }

    function testFuzz_attack_tombstone_itIsNeverClosedAgain(uint64 bytes_, bool finalized, uint32 elapsed) public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        if (bytes_ != 0) _settle(terms, bytes_);
        if (finalized) {
            _requestClose(terms);
            skip(1 days);
            escrow.finalizeClose(terms);
        } else {
            _close(terms);
        }
        uint256 balance = _balance();
        skip(elapsed);
        bytes memory closed = abi.encodeWithSelector(IPaymentChannels.ChannelIsClosed.selector, _idOf(terms));
        IPaymentChannels.Signature memory signature = _signedClose(PAYEE_KEY, _idOf(terms), 0);
        vm.expectRevert(closed);
        vm.prank(payee);
        escrow.close(terms, 0);
        vm.expectRevert(closed);
        escrow.closeWithSignature(terms, 0, signature);
        vm.expectRevert(closed);
        vm.prank(owner);
        escrow.requestClose(terms);
        vm.expectRevert(closed);
        escrow.finalizeClose(terms);
        assertEq(_balance(), balance);
    }

    /// Whoever puts a close before the settlement burns nothing: the close waits for its bytes.
    function testFuzz_attack_closeBelowMinSettledBytes_itReverts(uint64 settled, uint64 least, bool signed) public {
        IPaymentChannels.Channel memory terms = _channel(1, 1 days, 7);
        _openChannel(terms, 2 ** 40);
        settled = uint64(_bound(settled, 0, type(uint64).max - 1));
        least = uint64(_bound(least, uint256(settled) + 1, type(uint64).max));
        if (settled != 0) _settle(terms, settled);
        IPaymentChannels.Signature memory signature = _signedClose(AGENT_KEY, _idOf(terms), least);
        bytes memory tooLow = abi.encodeWithSelector(IPaymentChannels.SettledBytesTooLow.selector, least, settled);
        vm.expectRevert(tooLow);
        if (signed) {
            escrow.closeWithSignature(terms, least, signature);
        } else {
            vm.prank(payee);
            escrow.close(terms, least);
        }
        _settle(terms, least);
        escrow.closeWithSignature(terms, least, signature);
        _assertState(terms, _owed(least, 1), least, 0, true);
    }

    // -------------------------------------------------------------------------------------------------- by signature

    function testFuzz_attack_forgedSignature_itReverts(uint256 seed, uint64 least) public {
        uint256 key =
            seed % 3 == 0
                ? SIGNER_KEY
                : seed % 3 == 1
                    ? OWNER_KEY
                    : _boundKey(seed);
        vm.assume(key != PAYEE_KEY && key != AGENT_KEY);
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        IPaymentChannels.Signature memory signature = _signedClose(key, _idOf(terms), least);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotPayee.selector, payee, vm.addr(key)));
        vm.prank(payee);
        escrow.closeWithSignature(terms, least, signature);
    }

    function testFuzz_attack_malformedSignature_itReverts(uint8 which) public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        IPaymentChannels.Signature memory signature = _signedClose(PAYEE_KEY, _idOf(terms), 0);
        bytes32 top = bytes32(uint256(1) << 255);
        if (which % 5 == 0) signature.vs = bytes32(CURVE_ORDER / 2 + 1);
        if (which % 5 == 1) signature.vs = bytes32(CURVE_ORDER / 2 + 1) | top;
        if (which % 5 == 2) signature.r = 0;
        if (which % 5 == 3) signature.vs = 0;
        if (which % 5 == 4) signature.vs = top;
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.BadSignature.selector, payee, address(0)));
        escrow.closeWithSignature(terms, 0, signature);
    }

    /// EIP-2098 has no room for a high s: its top bit reads as the parity.
    function testFuzz_attack_highS_itReverts(uint64 least) public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        IPaymentChannels.Signature memory signature = _signedClose(PAYEE_KEY, _idOf(terms), least);
        signature.vs = _malleated(signature.vs);
        vm.expectPartialRevert(IPaymentChannels.NotPayee.selector);
        escrow.closeWithSignature(terms, least, signature);
        signature.vs ^= bytes32(uint256(1) << 255);
        vm.expectPartialRevert(IPaymentChannels.NotPayee.selector);
        escrow.closeWithSignature(terms, least, signature);
    }

    function testFuzz_attack_flippedParity_itReverts(uint64 least) public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        IPaymentChannels.Signature memory signature = _signedClose(PAYEE_KEY, _idOf(terms), least);
        signature.vs ^= bytes32(uint256(1) << 255);
        vm.expectPartialRevert(IPaymentChannels.NotPayee.selector);
        escrow.closeWithSignature(terms, least, signature);
    }

    /// What was signed for one channel or one total closes nothing else.
    function testFuzz_attack_alteredClose_itReverts(uint64 least, uint64 other, bool channelDiffers) public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        IPaymentChannels.Signature memory signature = _signedClose(PAYEE_KEY, _idOf(terms), least);
        if (channelDiffers) {
            terms.nonce = 2;
            _openChannel(terms, 1e18);
            other = least;
        } else {
            vm.assume(other != least);
        }
        vm.expectPartialRevert(IPaymentChannels.NotPayee.selector);
        escrow.closeWithSignature(terms, other, signature);
    }

    function testFuzz_attack_signatureOfAnotherChain_itReverts(uint64 chainId) public {
        vm.assume(chainId != block.chainid && chainId != 0);
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        IPaymentChannels.Signature memory signature = _signedClose(PAYEE_KEY, _idOf(terms), 0);
        vm.chainId(chainId);
        vm.expectPartialRevert(IPaymentChannels.NotPayee.selector);
        escrow.closeWithSignature(terms, 0, signature);
    }

    /// A payee of zero has no signature: what malformed ones recover to must not pass for his.
    function testFuzz_attack_zeroPayee_isNobody(bytes32 vs) public {
        IPaymentChannels.Channel memory terms = _channel();
        terms.payee = address(0);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.BadSignature.selector, address(0), address(0)));
        escrow.closeWithSignature(terms, 0, IPaymentChannels.Signature(0, vs));
    }

    // -------------------------------------------------------------------------------------------------- agents

    /// A stolen agent key closes nothing once the payee let it go, neither by call nor by a signature made before.
    function testFuzz_attack_revokedAgent_closesNothing(bool signed, bool replaced) public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        IPaymentChannels.Signature memory signature = _signedClose(AGENT_KEY, _idOf(terms), 0);
        if (replaced) {
            (bytes32 r, bytes32 vs) = _signCompact(77, registry.agentDigest(payee));
            vm.prank(payee);
            registry.setAgent(vm.addr(77), r, vs);
        } else {
            vm.prank(payee);
            registry.clearAgent();
        }
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotPayee.selector, payee, agent));
        if (signed) {
            escrow.closeWithSignature(terms, 0, signature);
        } else {
            vm.prank(agent);
            escrow.close(terms, 0);
        }
        assertFalse(_stateOf(terms).closed);
    }

    function test_attack_anotherOperatorsAgent_closesNothing() public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        address other = makeAddr("other operator");
        (bytes32 r, bytes32 vs) = _signCompact(77, registry.agentDigest(other));
        vm.prank(other);
        registry.register(
            IOperatorRegistry.Listing(1, "https://other.example", "", ""),
            address(0),
            vm.addr(77),
            r,
            vs
        );
        IPaymentChannels.Signature memory signature = _signedClose(77, _idOf(terms), 0);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotPayee.selector, payee, vm.addr(77)));
        escrow.closeWithSignature(terms, 0, signature);
    }
}
