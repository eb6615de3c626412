// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * settle
 * ├── when no row pays: nothing is credited and no Settled is emitted
 * ├── when the deposit covers the receipt: it pays all of it, less the fee, whoever sends it
 * ├── when it does not: it pays what is covered, and the rest after a top-up
 * ├── when receipts of one channel are settled in steps: the same amount as the last one alone
 * ├── when rows of several channels come together: one credit, one event, each channel as if alone, in any order (I5)
 * ├── when a batch is split: the payee saves less than one unit of fee a batch
 * ├── given a request to close is pending: it pays
 * ├── given the signer has code by now: it pays
 * ├── given provenBytes would overflow: they stay at the maximum, and it pays
 * └── given the escrow is full to the last unit: it pays
 */
contract SettleTest is PaymentChannelsTest {
    function testFuzz_settle_whenCovered_itPaysWhatTheBytesCost(
        uint96 price,
        uint32 grace,
        uint64 nonce,
        uint96 deposit,
        uint64 bytes_,
        bytes32 root,
        address sender
    ) public {
        IPaymentChannels.Channel memory terms = _channel(price, grace, nonce);
        bytes_ = uint64(_bound(bytes_, 1, _most(MAX_AMOUNT, terms.pricePerGiB)));
        uint256 cost = _owed(bytes_, terms.pricePerGiB);
        deposit = uint96(_bound(deposit, cost == 0 ? 1 : cost, MAX_AMOUNT));
        _openChannel(terms, deposit);
        IPaymentChannels.SettleRow memory row = _signedRow(SIGNER_KEY, terms, bytes_, root);

        _expectSettled(_settlement(terms, cost, bytes_));
        vm.prank(sender);
        uint256 earned = escrow.settle(payee, _rows(row));

        assertEq(earned, cost - _fee(cost));
        _assertState(terms, deposit, bytes_, 0, false);
        _assertEarnings(payee, cost - _fee(cost), _fee(cost), bytes_);
        assertEq(_balance(), 0);
    }

    function testFuzz_settle_whenTheDepositEnds_itPaysWhatIsCovered(
        uint96 price,
        uint96 deposit,
        uint64 bytes_
    ) public {
        IPaymentChannels.Channel memory terms = _channel(uint96(_bound(price, 2 ** 20, type(uint96).max)), 0, 7);
        deposit = uint96(_bound(deposit, 1, type(uint40).max));
        uint256 covered = _covered(deposit, terms.pricePerGiB);
        vm.assume(covered != 0 && covered < type(uint64).max);
        bytes_ = uint64(_bound(bytes_, covered + 1, type(uint64).max));
        _openChannel(terms, deposit);

        uint256 cost = _owed(covered, terms.pricePerGiB);
        assertLe(cost, deposit, "I3");
        _expectSettled(_settlement(terms, cost, covered));
        assertEq(_settle(terms, bytes_), cost - _fee(cost));
        _assertState(terms, deposit, covered, 0, false);
    }

    function testFuzz_settle_afterATopUp_theSameReceiptPaysTheRest(uint96 price, uint96 first, uint64 bytes_) public {
        IPaymentChannels.Channel memory terms = _channel(uint96(_bound(price, GIB, 1e24)), 0, 7);
        bytes_ = uint64(_bound(bytes_, 2, type(uint40).max));
        uint256 cost = _owed(bytes_, terms.pricePerGiB);
        first = uint96(_bound(first, 1, cost - 1));
        IPaymentChannels.SettleRow memory row = _signedRow(SIGNER_KEY, terms, bytes_, "root");

        _openChannel(terms, first);
        _settle(row);
        uint256 covered = _stateOf(terms).settledBytes;
        uint256 paid = _owed(covered, terms.pricePerGiB);
        assertLt(covered, bytes_);

        _openChannel(terms, uint96(cost));
        _expectSettled(_settlement(terms, cost - paid, bytes_));
        _settle(row);
        _assertState(terms, cost, bytes_, 0, false);
        IPaymentChannels.Earnings memory earnings = escrow.earningsOf(payee);
        assertEq(earnings.balance + earnings.fees, cost);
        assertEq(earnings.provenBytes, bytes_);
    }

    /// Rounding is of the total: steps of single bytes pay, in sum, what one receipt over all of them pays.
    function testFuzz_settle_inSteps_itNeverAccumulatesRounding(uint96 price, uint64[6] memory steps) public {
        IPaymentChannels.Channel memory terms = _channel(uint96(_bound(price, 1, 1e24)), 0, 7);
        _openChannel(terms, MAX_AMOUNT);
        uint64 total;
        uint256 fees;
        uint256 paid;
        for (uint256 i; i < steps.length; ++i) {
            total += uint64(_bound(steps[i], 1, i % 2 == 0 ? 3 : 2 ** 33));
            uint256 gross = _owed(total, terms.pricePerGiB) - paid;
            _expectSettled(_settlement(terms, gross, total));
            _settle(terms, total);
            paid += gross;
            fees += _fee(gross);
        }
        assertEq(paid, _owed(total, terms.pricePerGiB));
        _assertEarnings(payee, paid - fees, fees, total);
    }

    function test_settle_whenOneByteIsWorthNothing_itIsSettledForNothing() public {
        IPaymentChannels.Channel memory terms = _channel(1, 0, 7);
        _openChannel(terms, 1);
        _expectSettled(_settlement(terms, 0, 1));
        assertEq(_settle(terms, 1), 0);
        _expectSettled(_settlement(terms, 1, GIB));
        assertEq(_settle(terms, uint64(GIB)), 1);
    }

    function test_settle_whenThereAreNoRows_itDoesNothing() public {
        vm.recordLogs();
        assertEq(escrow.settle(payee, new IPaymentChannels.SettleRow[](0)), 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    /// Receipts of several payers and channels in one batch: one credit and one event in the order of the rows.
    function testFuzz_settle_severalChannels_itCreditsOnceAndEmitsOnce(
        uint64[5] memory totals,
        uint256 skipped
    ) public {
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](5);
        IPaymentChannels.Settlement[] memory settlements = new IPaymentChannels.Settlement[](4);
        skipped %= 5;
        uint256 amount;
        uint256 newBytes;
        uint256 used;
        for (uint256 i; i < 5; ++i) {
            uint256 key = SIGNER_KEY + (i % 3);
            IPaymentChannels.Channel memory terms = _fundedBy(key, uint64(i));
            uint64 total = uint64(_bound(totals[i], 1, 2 ** 40));
            rows[i] = _signedRow(key, terms, total, bytes32(i));
            if (i == skipped) {
                rows[i].segmentsRoot = ~rows[i].segmentsRoot;
                continue;
            }
            uint256 cost = _owed(total, terms.pricePerGiB);
            settlements[used++] = _settlement(terms, cost, total)[0];
            amount += cost;
            newBytes += total;
        }
        _expectSettled(settlements);
        assertEq(escrow.settle(payee, rows), amount - _fee(amount));
        _assertEarnings(payee, amount - _fee(amount), _fee(amount), newBytes);
    }

    /// I5: whoever settles a receipt, in whatever order and company, it is worth the same.
    function testFuzz_attack_settleOrder_theSameReceiptsAreWorthTheSame(
        uint64[6] memory totals,
        uint256 order,
        address first,
        address second
    ) public {
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](6);
        for (uint256 i; i < 6; ++i) {
            // Two receipts for each of three channels.
            uint256 key = SIGNER_KEY + i / 2;
            IPaymentChannels.Channel memory terms = _terms(key, uint64(i / 2));
            if (i % 2 == 0) _fundedBy(key, uint64(i / 2));
            rows[i] = _signedRow(key, terms, uint64(_bound(totals[i], 1, 2 ** 43)), bytes32(i));
        }
        uint256 snapshot = vm.snapshotState();
        vm.prank(first);
        escrow.settle(payee, rows);
        bytes32 together = _outcome();

        vm.revertToState(snapshot);
        for (uint256 i = 5; i > 0; --i) {
            uint256 j = uint256(keccak256(abi.encode(order, i))) % (i + 1);
            (rows[i], rows[j]) = (rows[j], rows[i]);
        }
        for (uint256 i; i < 6; ++i) {
            vm.prank(i % 2 == 0 ? second : payee);
            escrow.settle(payee, _rows(rows[i]));
        }
        assertEq(_outcome(), together);
    }

    /// The fee is rounded down once a batch: splitting a batch saves less than one unit for each part.
    function testFuzz_attack_splitBatches_theyCannotEscapeTheFee(uint64[8] memory steps, uint96 price) public {
        IPaymentChannels.Channel memory terms = _channel(uint96(_bound(price, 1, 1e15)), 0, 7);
        _openChannel(terms, MAX_AMOUNT);
        uint64 total;
        for (uint256 i; i < steps.length; ++i) {
            total += uint64(_bound(steps[i], 1, 2 ** 31));
            _settle(terms, total);
        }
        uint256 whole = _fee(_owed(total, terms.pricePerGiB));
        uint256 fees = escrow.earningsOf(payee).fees;
        assertLe(fees, whole);
        assertLt(whole, fees + steps.length);
    }

    function testFuzz_settle_givenAClosePending_itPays(uint32 grace, uint32 elapsed) public {
        IPaymentChannels.Channel memory terms = _channel(1e18, grace, 7);
        _openChannel(terms, 10e18);
        _requestClose(terms);
        uint256 requestedAt = block.timestamp;
        skip(elapsed);
        _expectSettled(_settlement(terms, 1e18, GIB));
        _settle(terms, uint64(GIB));
        _assertState(terms, 10e18, GIB, requestedAt, false);
    }

    /// EIP-7702: a signer that delegates to code later takes nothing back; its code is never asked.
    function testFuzz_attack_unsignByDelegating_itPaysAllTheSame(bytes memory code) public {
        vm.assume(code.length != 0);
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 10e18);
        IPaymentChannels.SettleRow memory row = _signedRow(SIGNER_KEY, terms, uint64(GIB), "root");
        vm.etch(signer, bytes.concat(hex"fe", code));
        _settle(row);
        assertEq(_stateOf(terms).settledBytes, GIB);
        vm.etch(signer, bytes.concat(hex"ef0100", bytes20(address(token))));
        _settle(terms, uint64(2 * GIB));
        assertEq(_stateOf(terms).settledBytes, 2 * GIB);
    }

    /// Nothing outside can stop a settlement: neither the token nor the registry is called.
    function test_settle_callsNothingOutside() public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 10e18);
        vm.etch(address(token), hex"fe");
        vm.etch(address(registry), hex"fe");
        vm.etch(payee, hex"fe");
        _settle(terms, uint64(GIB));
        assertEq(_stateOf(terms).settledBytes, GIB);
    }

    /// A stranger who pays himself absurd totals cannot make the payee's settlements revert.
    function testFuzz_attack_overflowProvenBytes_theySaturate(uint64 second) public {
        second = uint64(_bound(second, 1, type(uint64).max));
        IPaymentChannels.Channel memory terms = _channel(1, 0, 7);
        IPaymentChannels.Channel memory other = _channel(1, 0, 8);
        _openChannel(terms, 2 ** 40);
        _openChannel(other, 2 ** 40);
        _settle(terms, type(uint64).max);
        assertEq(escrow.earningsOf(payee).provenBytes, type(uint64).max);
        _settle(other, second);
        assertEq(escrow.earningsOf(payee).provenBytes, type(uint64).max);
        assertEq(_stateOf(other).settledBytes, second);
    }

    function test_attack_overflowProvenBytes_inOneBatch() public {
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](4);
        for (uint256 i; i < 4; ++i) {
            IPaymentChannels.Channel memory terms = _channel(1, 0, uint64(i));
            _openChannel(terms, 2 ** 40);
            rows[i] = _signedRow(SIGNER_KEY, terms, type(uint64).max, "root");
        }
        uint256 amount = 4 * _owed(type(uint64).max, 1);
        assertEq(escrow.settle(payee, rows), amount - _fee(amount));
        _assertEarnings(payee, amount - _fee(amount), _fee(amount), type(uint64).max);
    }

    /// All there can be, earned in one row: the sum of balance and fees ends exactly at the largest amount.
    function testFuzz_attack_overflowEarnings_theEscrowIsFull(uint96 price, uint64 part) public {
        IPaymentChannels.Channel memory terms = _channel(uint96(_bound(price, 2 ** 64, type(uint96).max)), 0, 7);
        IPaymentChannels.Channel memory other = _channel(uint96(GIB), 0, 8);
        part = uint64(_bound(part, 1, 2 ** 63));
        _openChannel(other, part);
        _openChannel(terms, MAX_AMOUNT - part);
        _settle(other, part);
        _settle(terms, type(uint64).max);
        IPaymentChannels.Earnings memory earnings = escrow.earningsOf(payee);
        uint256 paid = _owed(_covered(MAX_AMOUNT - part, terms.pricePerGiB), terms.pricePerGiB);
        assertEq(uint256(earnings.balance) + earnings.fees, paid + part);
        assertEq(token.balanceOf(address(escrow)), MAX_AMOUNT);
    }

    function _most(uint256 deposit, uint256 price) private pure returns (uint256) {
        uint256 covered = _covered(deposit, price);
        return covered < type(uint64).max ? covered : type(uint64).max;
    }

    function _terms(uint256 key, uint64 nonce) private view returns (IPaymentChannels.Channel memory terms) {
        terms = _channel();
        terms.signer = vm.addr(key);
        terms.nonce = nonce;
    }

    /// @dev A channel that a few GiB do not exhaust, of the account behind this key.
    function _fundedBy(uint256 key, uint64 nonce) private returns (IPaymentChannels.Channel memory terms) {
        terms = _terms(key, nonce);
        _deposit(key, 1e16);
        vm.prank(owner);
        escrow.fund(terms, 1e16);
    }

    /// @dev What the three channels and the payee have in the end, fees joined to earnings (their split rounds).
    function _outcome() private view returns (bytes32) {
        IPaymentChannels.ChannelState[3] memory states;
        for (uint256 i; i < 3; ++i) states[i] = _stateOf(_terms(SIGNER_KEY + i, uint64(i)));
        IPaymentChannels.Earnings memory earnings = escrow.earningsOf(payee);
        return keccak256(abi.encode(states, earnings.balance + earnings.fees, earnings.provenBytes));
    }

    function _settlement(
        IPaymentChannels.Channel memory terms,
        uint256 amount,
        uint256 settledBytes
    ) private pure returns (IPaymentChannels.Settlement[] memory settlements) {
        settlements = new IPaymentChannels.Settlement[](1);
        settlements[0] = IPaymentChannels.Settlement(_idOf(terms), (amount << 64) | settledBytes);
    }

    function _expectSettled(IPaymentChannels.Settlement[] memory settlements) private {
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.Settled(payee, settlements);
    }
}
