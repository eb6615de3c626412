// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * fundWithSignature: never reverts for what signature, channel or account are like
 * ├── when the signature is malformed, high s, altered or another's: skipped, BadSignature
 * ├── when the terms are refused: skipped, TermsRefused
 * ├── given validUntil has passed: skipped, Expired
 * ├── given the channel is closed: skipped, ChannelClosed
 * ├── given a request to close is pending: skipped, ClosePending
 * ├── given the deposit is at or above the total: skipped, AlreadyFunded
 * ├── given the account is empty: skipped, AccountEmpty
 * ├── given the account holds less than is missing: it moves all there is
 * └── else: it moves what is missing, whoever calls
 */
contract FundWithSignatureTest is PaymentChannelsTest {
    function testFuzz_fundWithSignature_itMovesUpToTheTotal(
        uint96 price,
        uint32 grace,
        uint64 nonce,
        uint96 balance,
        uint96 total,
        uint40 validUntil,
        address caller
    ) public {
        IPaymentChannels.Channel memory terms = _channel(price, grace, nonce);
        balance = uint96(_bound(balance, 1, MAX_AMOUNT));
        total = uint96(_bound(total, 1, MAX_AMOUNT));
        validUntil = uint40(_bound(validUntil, block.timestamp, FOR_EVER));
        _deposit(balance);
        uint96 moved = total < balance ? total : balance;
        IPaymentChannels.Signature memory signature = _signedFund(SIGNER_KEY, terms, total, validUntil);

        vm.expectEmit(address(escrow));
        emit IPaymentChannels.Funded(_idOf(terms), signer, payee, _packed(terms, 0), moved);
        vm.prank(caller);
        escrow.fundWithSignature(terms, total, validUntil, signature);
        _assertState(terms, moved, 0, 0, false);
        assertEq(_balance(), balance - moved);
    }

    /// What an account could not pay at first, the same signature fetches later, and never more than its total.
    function testFuzz_attack_replayedSignature_neverExceedsItsTotal(uint96 first, uint96 second, uint96 total) public {
        IPaymentChannels.Channel memory terms = _channel();
        first = uint96(_bound(first, 1, MAX_AMOUNT / 2));
        second = uint96(_bound(second, 1, MAX_AMOUNT / 2));
        total = uint96(_bound(total, 1, MAX_AMOUNT));
        IPaymentChannels.Signature memory signature = _signedFund(SIGNER_KEY, terms, total, FOR_EVER);
        _deposit(first);
        escrow.fundWithSignature(terms, total, FOR_EVER, signature);
        _deposit(second);
        escrow.fundWithSignature(terms, total, FOR_EVER, signature);
        escrow.fundWithSignature(terms, total, FOR_EVER, signature);
        uint256 all = uint256(first) + second;
        uint256 expected = all < total ? all : total;
        _assertState(terms, expected, 0, 0, false);
        assertEq(_balance(), all - expected);
    }

    function testFuzz_attack_replayedSignature_isSkipped(uint96 total, uint96 lower) public {
        IPaymentChannels.Channel memory terms = _channel();
        total = uint96(_bound(total, 1, MAX_AMOUNT / 2));
        lower = uint96(_bound(lower, 0, total));
        _openChannel(terms, total);
        _deposit(total);
        _expectSkip(terms, lower, FOR_EVER, IPaymentChannels.SkipReason.AlreadyFunded);
        assertEq(_balance(), total);
    }

    function testFuzz_fundWithSignature_givenTheAccountIsEmpty_itIsSkipped(uint96 total, bool opened) public {
        if (opened) _deposit(0);
        total = uint96(_bound(total, 1, MAX_AMOUNT));
        _expectSkip(_channel(), total, FOR_EVER, IPaymentChannels.SkipReason.AccountEmpty);
    }

    function testFuzz_fundWithSignature_givenItExpired_itIsSkipped(uint40 validUntil, uint96 total) public {
        _deposit(1e18);
        validUntil = uint40(_bound(validUntil, 0, block.timestamp - 1));
        _expectSkip(_channel(), total, validUntil, IPaymentChannels.SkipReason.Expired);
    }

    function test_fundWithSignature_itIsGoodUntilTheLastSecond() public {
        _deposit(2);
        uint40 last = uint40(block.timestamp + 100);
        IPaymentChannels.Channel memory terms = _channel();
        skip(100);
        escrow.fundWithSignature(terms, 1, last, _signedFund(SIGNER_KEY, terms, 1, last));
        assertEq(_stateOf(terms).deposit, 1);
        skip(1);
        _expectSkip(terms, 2, last, IPaymentChannels.SkipReason.Expired);
    }

    function testFuzz_fundWithSignature_whenTheTermsAreRefused_itIsSkipped(uint8 which, uint32 grace) public {
        _deposit(1e18);
        IPaymentChannels.Channel memory terms = _channel();
        if (which % 4 == 0) terms.payee = address(0);
        if (which % 4 == 1) terms.pricePerGiB = 0;
        if (which % 4 == 2) terms.gracePeriod = uint32(_bound(grace, 0, 1 hours - 1));
        if (which % 4 == 3) terms.gracePeriod = uint32(_bound(grace, 30 days + 1, type(uint32).max));
        _expectSkip(terms, 1e18, FOR_EVER, IPaymentChannels.SkipReason.TermsRefused);
    }

    function testFuzz_attack_tombstone_aSignatureFundsItNoMore(uint96 total, uint64 settled) public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        if (settled != 0) _settle(terms, settled);
        _close(terms);
        _deposit(1e18);
        _expectSkip(terms, total, FOR_EVER, IPaymentChannels.SkipReason.ChannelClosed);
    }

    /// A relay that kept a signature cannot hold a payer who leaves, however often it posts it.
    function testFuzz_attack_fundHeldAgainstALeavingPayer_isSkipped(uint96 total, uint32 elapsed) public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        _deposit(1e18);
        total = uint96(_bound(total, 0, MAX_AMOUNT));
        _requestClose(terms);
        uint256 requestedAt = block.timestamp;
        elapsed = uint32(_bound(elapsed, 0, 2 days));
        skip(elapsed);
        _expectSkip(terms, total, FOR_EVER, IPaymentChannels.SkipReason.ClosePending);
        _assertState(terms, 1e18, 0, requestedAt, false);
        vm.warp(requestedAt + terms.gracePeriod);
        escrow.finalizeClose(terms);
        assertEq(_balance(), 2e18);
    }

    /// After the payer took his request back, the signature counts again.
    function test_fundWithSignature_givenTheRequestWasTakenBack_itCounts() public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        _deposit(1e18);
        IPaymentChannels.Signature memory signature = _signedFund(SIGNER_KEY, terms, 2e18, FOR_EVER);
        _requestClose(terms);
        vm.prank(signer);
        escrow.fund(terms, 0);
        escrow.fundWithSignature(terms, 2e18, FOR_EVER, signature);
        assertEq(_stateOf(terms).deposit, 2e18);
    }

    // -------------------------------------------------------------------------------------------------- signatures

    /// Not the owner's, not the payee's, nobody's but the signer's.
    function testFuzz_attack_forgedSignature_isSkipped(uint256 seed, uint96 total) public {
        uint256 key =
            seed % 3 == 0
                ? OWNER_KEY
                : seed % 3 == 1
                    ? PAYEE_KEY
                    : _boundKey(seed);
        vm.assume(key != SIGNER_KEY);
        _deposit(1e18);
        IPaymentChannels.Channel memory terms = _channel();
        _expectSkip(terms, total, FOR_EVER, _signedFund(key, terms, total, FOR_EVER));
    }

    function testFuzz_attack_alteredFund_isSkipped(uint8 which, uint96 delta) public {
        _deposit(MAX_AMOUNT);
        IPaymentChannels.Channel memory terms = _channel();
        uint96 total = 1e18;
        uint40 validUntil = uint40(block.timestamp + 100);
        IPaymentChannels.Signature memory signature = _signedFund(SIGNER_KEY, terms, total, validUntil);
        delta = uint96(_bound(delta, 1, type(uint16).max));
        if (which % 6 == 0) terms.payee = address(uint160(payee) ^ uint160(delta));
        if (which % 6 == 1) terms.pricePerGiB += delta;
        if (which % 6 == 2) terms.gracePeriod += uint32(delta);
        if (which % 6 == 3) terms.nonce += uint64(delta);
        if (which % 6 == 4) total += delta;
        if (which % 6 == 5) validUntil += uint40(delta);
        _expectSkip(terms, total, validUntil, signature);
    }

    /// A signature of this key says nothing about another signer's account.
    function testFuzz_attack_signatureForAnotherAccount_isSkipped(uint256 seed) public {
        uint256 other = _boundKey(seed);
        vm.assume(other != SIGNER_KEY);
        _deposit(other, 1e18);
        IPaymentChannels.Channel memory terms = _channel();
        IPaymentChannels.Signature memory signature = _signedFund(SIGNER_KEY, terms, 1e18, FOR_EVER);
        terms.signer = vm.addr(other);
        _expectSkip(terms, 1e18, FOR_EVER, signature);
    }

    function testFuzz_attack_malformedSignature_isSkipped(uint96 total, bytes32 noise) public {
        _deposit(1e18);
        IPaymentChannels.Channel memory terms = _channel();
        IPaymentChannels.Signature memory good = _signedFund(SIGNER_KEY, terms, total, FOR_EVER);
        bytes32 top = bytes32(uint256(1) << 255);
        vm.assume(noise != good.r && noise != good.vs);
        _expectSkip(terms, total, FOR_EVER, IPaymentChannels.Signature(good.r, _malleated(good.vs)));
        _expectSkip(terms, total, FOR_EVER, IPaymentChannels.Signature(good.r, _malleated(good.vs) | top));
        _expectSkip(terms, total, FOR_EVER, IPaymentChannels.Signature(good.r, good.vs ^ top));
        _expectSkip(terms, total, FOR_EVER, IPaymentChannels.Signature(0, good.vs));
        _expectSkip(terms, total, FOR_EVER, IPaymentChannels.Signature(good.r, 0));
        _expectSkip(terms, total, FOR_EVER, IPaymentChannels.Signature(good.r, top));
        _expectSkip(terms, total, FOR_EVER, IPaymentChannels.Signature(0, 0));
        _expectSkip(terms, total, FOR_EVER, IPaymentChannels.Signature(good.r, noise));
        _expectSkip(terms, total, FOR_EVER, IPaymentChannels.Signature(noise, good.vs));
    }

    /// What a malformed signature recovers to is zero: a zero signer must not be fundable by it.
    function testFuzz_attack_zeroSigner_isNobody(uint96 total, bytes32 vs) public {
        IPaymentChannels.Channel memory terms = _channel();
        terms.signer = address(0);
        _expectSkip(terms, total, FOR_EVER, IPaymentChannels.Signature(0, vs));
    }

    function testFuzz_attack_signatureOfAnotherChain_isSkipped(uint64 chainId) public {
        vm.assume(chainId != block.chainid && chainId != 0);
        _deposit(1e18);
        IPaymentChannels.Channel memory terms = _channel();
        IPaymentChannels.Signature memory signature = _signedFund(SIGNER_KEY, terms, 1e18, FOR_EVER);
        vm.chainId(chainId);
        _expectSkip(terms, 1e18, FOR_EVER, signature);
    }

    /// EIP-7702: what the key signed stays signed, whatever code the signer has by now.
    function test_attack_unsignByDelegating_itFundsAllTheSame() public {
        _deposit(1e18);
        IPaymentChannels.Channel memory terms = _channel();
        vm.etch(signer, hex"fe");
        escrow.fundWithSignature(terms, 1e18, FOR_EVER, _signedFund(SIGNER_KEY, terms, 1e18, FOR_EVER));
        assertEq(_stateOf(terms).deposit, 1e18);
    }

    function testFuzz_attack_truncatedCalldata_itReverts(uint256 cut) public {
        _deposit(1e18);
        IPaymentChannels.Channel memory terms = _channel();
        bytes memory data = abi.encodeCall(
            IPaymentChannels.fundWithSignature,
            (terms, 1e18, FOR_EVER, _signedFund(SIGNER_KEY, terms, 1e18, FOR_EVER))
        );
        cut = _bound(cut, 1, data.length - 4);
        assembly ("memory-safe") {
            mstore(data, sub(mload(data), cut))
        }
        (bool success, ) = address(escrow).call(data);
        assertFalse(success);
        assertEq(_balance(), 1e18);
    }

    function testFuzz_attack_dirtyUpperBits_itReverts(uint256 dirt, uint256 field) public {
        _deposit(1e18);
        IPaymentChannels.Channel memory terms = _channel();
        bytes memory data = abi.encodeCall(
            IPaymentChannels.fundWithSignature,
            (terms, 1e18, FOR_EVER, _signedFund(SIGNER_KEY, terms, 1e18, FOR_EVER))
        );
        uint256[7] memory bits = [uint256(160), 160, 96, 32, 64, 96, 40];
        field %= 7;
        dirt = _bound(dirt, 1, type(uint256).max >> bits[field]);
        assembly ("memory-safe") {
            let word := add(add(data, 0x24), mul(field, 0x20))
            mstore(word, or(mload(word), shl(mload(add(bits, mul(field, 0x20))), dirt)))
        }
        (bool success, ) = address(escrow).call(data);
        assertFalse(success);
        assertEq(_balance(), 1e18);
    }

    function _expectSkip(
        IPaymentChannels.Channel memory terms,
        uint96 total,
        uint40 validUntil,
        IPaymentChannels.Signature memory signature
    ) private {
        _expectSkip(terms, total, validUntil, signature, IPaymentChannels.SkipReason.BadSignature);
    }

    function _expectSkip(
        IPaymentChannels.Channel memory terms,
        uint96 total,
        uint40 validUntil,
        IPaymentChannels.SkipReason reason
    ) private {
        _expectSkip(terms, total, validUntil, _signedFund(SIGNER_KEY, terms, total, validUntil), reason);
    }

    /// @dev Called by a stranger: the event is there and nothing is written.
    function _expectSkip(
        IPaymentChannels.Channel memory terms,
        uint96 total,
        uint40 validUntil,
        IPaymentChannels.Signature memory signature,
        IPaymentChannels.SkipReason reason
    ) private {
        vm.record();
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.FundSkipped(_idOf(terms), terms.payee, reason);
        vm.prank(stranger);
        escrow.fundWithSignature(terms, total, validUntil, signature);
        (, bytes32[] memory writes) = vm.accesses(address(escrow));
        assertEq(writes.length, 0, "a skipped funding wrote");
    }
}
