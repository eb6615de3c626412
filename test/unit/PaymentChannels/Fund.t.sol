// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "forge-std/Vm.sol";

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * fund, and each funding of fundMany
 * ├── when the caller is neither owner nor signer: NotPayer
 * ├── when the payee or the price is zero, or the grace period out of range: InvalidTerms
 * ├── given the channel is closed: ChannelIsClosed, for ever
 * ├── when the account holds less than is missing: InsufficientBalance
 * ├── when the total is at or below the deposit: nothing moves
 * ├── given a request to close is pending: it is taken back
 * └── else: balance moves until the deposit is the total, and Funded tells the terms
 * fundMany
 * ├── when one funding fails: none is made
 * └── it does what single calls do, and ignores the last 64 bits of the terms
 */
contract FundTest is PaymentChannelsTest {
    function testFuzz_fund_itMovesBalanceUpToTheTotal(
        uint96 price,
        uint32 grace,
        uint64 nonce,
        uint96 balance,
        uint96 first,
        uint96 second,
        bool bySigner
    ) public {
        IPaymentChannels.Channel memory terms = _channel(price, grace, nonce);
        first = uint96(_bound(first, 1, MAX_AMOUNT - 1));
        second = uint96(_bound(second, first + 1, MAX_AMOUNT));
        balance = uint96(_bound(balance, second, MAX_AMOUNT));
        _deposit(balance);

        _expectFunded(terms, first);
        vm.prank(bySigner ? signer : owner);
        escrow.fund(terms, first);
        assertEq(_balance(), balance - first);
        _assertState(terms, first, 0, 0, false);

        _expectFunded(terms, second);
        vm.prank(bySigner ? owner : signer);
        escrow.fund(terms, second);
        assertEq(_balance(), balance - second);
        _assertState(terms, second, 0, 0, false);
    }

    function testFuzz_fund_whenNotThePayer_itReverts(address caller, uint96 total) public {
        vm.assume(caller != owner && caller != signer);
        _deposit(1e18);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotPayer.selector, owner, signer, caller));
        vm.prank(caller);
        escrow.fund(_channel(), total);
    }

    /// Nobody owns an account that was never opened, the zero address neither.
    function testFuzz_attack_fundAnUnopenedAccount_itReverts(address caller, uint96 total) public {
        vm.assume(caller != signer && caller != address(0));
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotPayer.selector, address(0), signer, caller));
        vm.prank(caller);
        escrow.fund(_channel(), total);
        vm.assume(total != 0);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.InsufficientBalance.selector, total, 0));
        vm.prank(signer);
        escrow.fund(_channel(), total);
    }

    function testFuzz_fund_whenTheTermsAreRefused_itReverts(uint8 which, uint32 grace, uint96 total) public {
        _deposit(1e18);
        IPaymentChannels.Channel memory terms = _refused(which, grace);
        vm.expectRevert(_invalid(terms));
        vm.prank(owner);
        escrow.fund(terms, total);
    }

    function test_attack_gracePeriod_itsBoundsAreExact() public {
        _deposit(1e18);
        vm.startPrank(owner);
        uint32[2] memory accepted = [uint32(1 hours), 30 days];
        uint32[2] memory refused = [uint32(1 hours - 1), 30 days + 1];
        for (uint256 i; i < 2; ++i) {
            IPaymentChannels.Channel memory terms = _channel();
            terms.gracePeriod = accepted[i];
            escrow.fund(terms, 1);
            assertEq(_stateOf(terms).deposit, 1);
            terms.gracePeriod = refused[i];
            vm.expectRevert(_invalid(terms));
            escrow.fund(terms, 1);
        }
    }

    function testFuzz_attack_zeroPrice_isRefusedByEveryWay(uint96 total) public {
        _deposit(1e18);
        IPaymentChannels.Channel memory terms = _channel();
        terms.pricePerGiB = 0;
        vm.startPrank(owner);
        vm.expectRevert(_invalid(terms));
        escrow.fund(terms, total);
        vm.expectRevert(_invalid(terms));
        escrow.fundMany(signer, _one(terms, total));
        IPaymentChannels.Signature memory signature = _signedFund(SIGNER_KEY, terms, total, FOR_EVER);
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.FundSkipped(_idOf(terms), payee, IPaymentChannels.SkipReason.TermsRefused);
        escrow.fundWithSignature(terms, total, FOR_EVER, signature);
        _assertState(terms, 0, 0, 0, false);
    }

    function testFuzz_fund_whenTheAccountHoldsTooLittle_itReverts(uint96 balance, uint96 total, uint96 before) public {
        IPaymentChannels.Channel memory terms = _channel();
        before = uint96(_bound(before, 0, MAX_AMOUNT / 2));
        balance = uint96(_bound(balance, 0, MAX_AMOUNT / 2 - 1));
        total = uint96(_bound(total, uint256(before) + balance + 1, MAX_AMOUNT));
        if (before != 0) _openChannel(terms, before);
        _deposit(balance);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.InsufficientBalance.selector, total - before, balance));
        vm.prank(owner);
        escrow.fund(terms, total);
        _assertState(terms, before, 0, 0, false);
        assertEq(_balance(), balance);
    }

    /// Cumulative: a funding sent twice, or late, does nothing.
    function testFuzz_attack_replayedFund_movesNothing(uint96 total, uint96 replayed) public {
        IPaymentChannels.Channel memory terms = _channel();
        total = uint96(_bound(total, 1, MAX_AMOUNT / 2));
        replayed = uint96(_bound(replayed, 0, total));
        _openChannel(terms, total);
        _deposit(total);
        vm.recordLogs();
        vm.prank(owner);
        escrow.fund(terms, replayed);
        assertEq(vm.getRecordedLogs().length, 0);
        _assertState(terms, total, 0, 0, false);
        assertEq(_balance(), total);
    }

    /// A total of zero for a channel that never was opens nothing.
    function test_fund_whenTheTotalIsZero_itOpensNothing() public {
        _deposit(1);
        IPaymentChannels.Channel memory terms = _channel();
        vm.startPrank(owner);
        escrow.fund(terms, 0);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.ChannelUnknown.selector, _idOf(terms)));
        escrow.requestClose(terms);
    }

    function testFuzz_fund_givenAClosePending_itTakesItBack(uint96 total, uint96 more, bool bySigner) public {
        IPaymentChannels.Channel memory terms = _channel();
        total = uint96(_bound(total, 1, MAX_AMOUNT / 2));
        more = uint96(_bound(more, 0, MAX_AMOUNT / 2));
        _openChannel(terms, total);
        _deposit(more);
        _requestClose(terms);

        vm.expectEmit(address(escrow));
        emit IPaymentChannels.CloseCancelled(_idOf(terms), signer, payee);
        if (more != 0) _expectFunded(terms, total + more);
        vm.prank(bySigner ? signer : owner);
        escrow.fund(terms, total + more);
        _assertState(terms, total + more, 0, 0, false);

        skip(30 days);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.CloseNotRequested.selector, _idOf(terms)));
        escrow.finalizeClose(terms);
    }

    /// A lower total takes the request back as well: the payer spoke, and moved nothing.
    function testFuzz_fund_givenAClosePending_aLowerTotalTakesItBack(uint96 lower) public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        _requestClose(terms);
        vm.prank(owner);
        escrow.fund(terms, uint96(_bound(lower, 0, 1e18)));
        _assertState(terms, 1e18, 0, 0, false);
    }

    function testFuzz_attack_tombstone_itIsNeverFundedAgain(uint96 total, uint64 settled, uint32 elapsed) public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        if (settled != 0) _settle(terms, settled);
        _close(terms);
        skip(elapsed);
        IPaymentChannels.ChannelState memory state = _stateOf(terms);
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.ChannelIsClosed.selector, _idOf(terms)));
        escrow.fund(terms, total);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.ChannelIsClosed.selector, _idOf(terms)));
        escrow.fundMany(signer, _one(terms, total));
        _assertState(terms, state.deposit, state.settledBytes, 0, true);
    }

    // -------------------------------------------------------------------------------------------------- fundMany

    function testFuzz_fundMany_itDoesWhatSingleCallsDo(uint96[4] memory totals, uint64 dirt, bool pending) public {
        IPaymentChannels.Funding[] memory fundings = new IPaymentChannels.Funding[](4);
        IPaymentChannels.Channel[] memory all = new IPaymentChannels.Channel[](4);
        _deposit(MAX_AMOUNT);
        vm.startPrank(owner);
        for (uint256 i; i < 4; ++i) {
            all[i] = _channel();
            // The last one is the first one again, with another total.
            all[i].nonce = uint64(i % 3);
            all[i].payee = address(uint160(0xFEE0 + (i % 3)));
            totals[i] = uint96(_bound(totals[i], 0, MAX_AMOUNT / 4));
            fundings[i] = IPaymentChannels.Funding(all[i].payee, _packed(all[i], dirt), totals[i]);
        }
        escrow.fund(all[0], 1);
        if (pending) escrow.requestClose(all[0]);

        uint256 snapshot = vm.snapshotState();
        vm.recordLogs();
        for (uint256 i; i < 4; ++i) escrow.fund(all[i], totals[i]);
        bytes32 apart = _outcome(all, vm.getRecordedLogs());
        vm.revertToState(snapshot);
        vm.recordLogs();
        escrow.fundMany(signer, fundings);
        assertEq(_outcome(all, vm.getRecordedLogs()), apart);
    }

    function testFuzz_fundMany_whenNotThePayer_itReverts(address caller, bool empty) public {
        vm.assume(caller != owner && caller != signer);
        _deposit(1e18);
        IPaymentChannels.Funding[] memory fundings = empty ? new IPaymentChannels.Funding[](0) : _one(_channel(), 1);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotPayer.selector, owner, signer, caller));
        vm.prank(caller);
        escrow.fundMany(signer, fundings);
    }

    function testFuzz_fundMany_whenOneFails_noneIsMade(uint8 which, uint32 grace, uint256 position) public {
        _deposit(1e18);
        IPaymentChannels.Funding[] memory fundings = new IPaymentChannels.Funding[](3);
        IPaymentChannels.Channel memory bad = _refused(which, grace);
        position %= 3;
        for (uint256 i; i < 3; ++i) {
            IPaymentChannels.Channel memory terms = _channel();
            terms.nonce = uint64(i);
            fundings[i] = _one(i == position ? bad : terms, 1)[0];
        }
        vm.expectRevert(_invalid(bad));
        vm.prank(owner);
        escrow.fundMany(signer, fundings);
        assertEq(_balance(), 1e18);
    }

    function testFuzz_fundMany_whenTheirSumIsTooMuch_itReverts(uint96 first, uint96 second) public {
        first = uint96(_bound(first, 1, 1e18));
        second = uint96(_bound(second, 1e18 - first + 1, MAX_AMOUNT));
        _deposit(1e18);
        IPaymentChannels.Channel memory terms = _channel();
        IPaymentChannels.Funding[] memory fundings = new IPaymentChannels.Funding[](2);
        fundings[0] = _one(terms, first)[0];
        terms.nonce = 2;
        fundings[1] = _one(terms, second)[0];
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.InsufficientBalance.selector, second, 1e18 - first));
        vm.prank(owner);
        escrow.fundMany(signer, fundings);
    }

    function test_fundMany_whenEmpty_itDoesNothing() public {
        _deposit(1e18);
        vm.recordLogs();
        vm.prank(signer);
        escrow.fundMany(signer, new IPaymentChannels.Funding[](0));
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(_balance(), 1e18);
    }

    /// The event tells the terms, not what stood below them.
    function testFuzz_attack_dirtyTerms_areCleaned(uint64 dirt) public {
        _deposit(1e18);
        IPaymentChannels.Channel memory terms = _channel();
        IPaymentChannels.Funding[] memory fundings = _one(terms, 1e18);
        fundings[0].terms = _packed(terms, dirt);
        _expectFunded(terms, 1e18);
        vm.prank(owner);
        escrow.fundMany(signer, fundings);
        _assertState(terms, 1e18, 0, 0, false);
    }

    function testFuzz_attack_dirtyUpperBits_itReverts(uint256 dirt, uint256 field) public {
        _deposit(1e18);
        // The words of fund's arguments, and how many bits each may fill.
        uint256[6] memory bits = [uint256(160), 160, 96, 32, 64, 96];
        field %= 6;
        dirt = _bound(dirt, 1, type(uint256).max >> bits[field]);
        bytes memory data = abi.encodeCall(IPaymentChannels.fund, (_channel(), 1e18));
        assembly ("memory-safe") {
            let word := add(add(data, 0x24), mul(field, 0x20))
            mstore(word, or(mload(word), shl(mload(add(bits, mul(field, 0x20))), dirt)))
        }
        vm.prank(owner);
        (bool success, ) = address(escrow).call(data);
        assertFalse(success);
        assertEq(_balance(), 1e18);
    }

    function testFuzz_attack_truncatedCalldata_itReverts(uint256 cut, bool many) public {
        _deposit(1e18);
        bytes memory data =
            many
                ? abi.encodeCall(IPaymentChannels.fundMany, (signer, _one(_channel(), 1)))
                : abi.encodeCall(IPaymentChannels.fund, (_channel(), 1));
        cut = _bound(cut, 1, data.length - 4);
        assembly ("memory-safe") {
            mstore(data, sub(mload(data), cut))
        }
        vm.prank(owner);
        (bool success, ) = address(escrow).call(data);
        assertFalse(success);
        assertEq(_balance(), 1e18);
    }

    function _one(
        IPaymentChannels.Channel memory terms,
        uint96 total
    ) private pure returns (IPaymentChannels.Funding[] memory fundings) {
        fundings = new IPaymentChannels.Funding[](1);
        fundings[0] = IPaymentChannels.Funding(terms.payee, _packed(terms, 0), total);
    }

    function _refused(uint8 which, uint32 grace) private view returns (IPaymentChannels.Channel memory terms) {
        terms = _channel();
        if (which % 4 == 0) terms.payee = address(0);
        if (which % 4 == 1) terms.pricePerGiB = 0;
        if (which % 4 == 2) terms.gracePeriod = uint32(_bound(grace, 0, 1 hours - 1));
        if (which % 4 == 3) terms.gracePeriod = uint32(_bound(grace, 30 days + 1, type(uint32).max));
    }

    function _invalid(IPaymentChannels.Channel memory terms) private pure returns (bytes memory) {
        return
            abi.encodeWithSelector(
                IPaymentChannels.InvalidTerms.selector,
                terms.payee,
                terms.pricePerGiB,
                terms.gracePeriod
            );
    }

    function _expectFunded(IPaymentChannels.Channel memory terms, uint96 deposit) private {
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.Funded(_idOf(terms), terms.signer, terms.payee, _packed(terms, 0), deposit);
    }

    /// @dev Everything that fundings leave behind.
    function _outcome(IPaymentChannels.Channel[] memory all, Vm.Log[] memory logs) private view returns (bytes32) {
        bytes memory states;
        for (uint256 i; i < all.length; ++i) states = bytes.concat(states, abi.encode(_stateOf(all[i])));
        for (uint256 i; i < logs.length; ++i) states = bytes.concat(states, abi.encode(logs[i].topics, logs[i].data));
        return keccak256(abi.encode(states, _balance()));
    }
}
