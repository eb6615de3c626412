// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "forge-std/Vm.sol";

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";
import {SettleReference} from "./SettleReference.sol";

/*
 * settle, beside the reference
 * ├── given channels in any state, when rows are good, stale, altered, malformed or noise
 * │   └── it returns, emits and stores the same, to the byte and to the slot
 * └── it writes one slot for each channel that it pays from, and one for the payee
 */
contract SettleDifferentialTest is PaymentChannelsTest {
    uint256 private constant CHANNELS = 6;

    SettleReference private plain;
    IPaymentChannels.Channel[CHANNELS] private channels;
    uint256[CHANNELS] private keys;

    function testFuzz_settle_isTheReference(uint256 seed, uint256 feeBps, uint8 length) public {
        _deploy(_bound(feeBps, 0, 1_000));
        for (uint256 i; i < CHANNELS; ++i) _makeChannel(i, uint256(keccak256(abi.encode(seed, "channel", i))));
        // Twice, so that the second batch meets what the first one left.
        for (uint256 batch; batch < 2; ++batch) {
            IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](_bound(length, 0, 16));
            for (uint256 i; i < rows.length; ++i) rows[i] = _row(uint256(keccak256(abi.encode(seed, batch, i))));
            _compare(rows);
        }
    }

    function testFuzz_settle_isTheReference_onNoise(IPaymentChannels.SettleRow[] memory rows) public {
        _deploy(FEE_BPS);
        _compare(rows);
    }

    /// One channel, any receipts: the arithmetic at its bounds.
    function testFuzz_settle_isTheReference_atAnyAmounts(uint96 price, uint96 deposit, uint64[4] memory totals) public {
        _deploy(FEE_BPS);
        IPaymentChannels.Channel memory terms = _channel(price, 1 hours, 1);
        _openChannel(terms, uint96(_bound(deposit, 1, MAX_AMOUNT)));
        plain.setChannel(_idOf(terms), _stateOf(terms));
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](totals.length);
        for (uint256 i; i < rows.length; ++i) rows[i] = _signedRow(SIGNER_KEY, terms, totals[i], bytes32(i));
        _compare(rows);
    }

    /// Earnings near the end of their slot, which no test could earn.
    function testFuzz_settle_isTheReference_givenAnyEarnings(uint96 balance, uint96 fees, uint64 proven) public {
        _deploy(FEE_BPS);
        IPaymentChannels.Channel memory terms = _channel(uint96(GIB), 1 hours, 1);
        _openChannel(terms, 2 ** 40);
        plain.setChannel(_idOf(terms), _stateOf(terms));
        IPaymentChannels.Earnings memory earnings = IPaymentChannels.Earnings(
            uint96(_bound(balance, 0, MAX_AMOUNT - 2 ** 40)),
            uint96(_bound(fees, 0, MAX_AMOUNT - 2 ** 40)),
            proven
        );
        plain.setEarnings(payee, earnings);
        bytes32 slot = keccak256(abi.encode(payee, uint256(3)));
        vm.store(address(escrow), slot, vm.load(address(plain), slot));
        _assertEarnings(payee, earnings.balance, earnings.fees, earnings.provenBytes);
        _compare(_rows(_signedRow(SIGNER_KEY, terms, 2 ** 40 - 1, "root")));
    }

    function testFuzz_settle_writesOneSlotAChannelAndOneForThePayee(uint8 length) public {
        _deploy(FEE_BPS);
        uint256 count = _bound(length, 1, 8);
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](count);
        for (uint256 i; i < count; ++i) {
            IPaymentChannels.Channel memory terms = _channel(uint96(GIB), 1 hours, uint64(i));
            _openChannel(terms, 2 ** 40);
            rows[i] = _signedRow(SIGNER_KEY, terms, uint64(i + 1), "root");
        }
        vm.record();
        escrow.settle(payee, rows);
        (, bytes32[] memory writes) = vm.accesses(address(escrow));
        assertEq(writes.length, count + 1);
    }

    function _deploy(uint256 feeBps) private {
        escrow = _deployEscrow(token, registry, feeBps, collector);
        plain = new SettleReference(_separator(), feeBps);
    }

    /// @dev A channel in any state that calls can bring it to, copied to the plain.
    function _makeChannel(uint256 i, uint256 dice) private {
        keys[i] = SIGNER_KEY + (i % 3);
        IPaymentChannels.Channel memory terms = _channel(uint96(dice >> (dice % 64)), uint32(dice >> 64), uint64(dice));
        terms.signer = vm.addr(keys[i]);
        channels[i] = terms;
        if (dice % 7 == 0) return;
        uint96 deposit = uint96(_bound(dice >> 100, 1, MAX_AMOUNT / CHANNELS));
        _deposit(keys[i], deposit);
        vm.prank(owner);
        escrow.fund(terms, deposit);
        if (dice % 3 == 0) _settleSome(i, dice);
        if (dice % 5 == 0) _requestClose(terms);
        if (dice % 11 == 0) _close(terms);
        plain.setChannel(_idOf(terms), _stateOf(terms));
        plain.setEarnings(payee, escrow.earningsOf(payee));
    }

    function _settleSome(uint256 i, uint256 dice) private {
        escrow.settle(payee, _rows(_signedRow(keys[i], channels[i], uint64(dice >> 32), "before")));
    }

    /// @dev Mostly good rows, about the channels and about others, and every kind of bad one.
    function _row(uint256 dice) private view returns (IPaymentChannels.SettleRow memory row) {
        uint256 i = dice % CHANNELS;
        IPaymentChannels.Channel memory terms = channels[i];
        uint64 total = uint64(_covered(MAX_AMOUNT / CHANNELS, terms.pricePerGiB) >> ((dice >> 8) % 64));
        if (dice & (1 << 20) != 0) total = uint64(dice >> 96);
        row = _signedRow(keys[i], terms, total, bytes32(dice));
        uint256 kind = (dice >> 32) % 16;
        uint256 bit = uint256(1) << ((dice >> 40) % 256);
        if (kind == 0) row.terms ^= bytes32(bit);
        if (kind == 1) row.segmentsRoot ^= bytes32(bit);
        if (kind == 2) row.r ^= bytes32(bit);
        if (kind == 3) row.vs ^= bytes32(bit);
        if (kind == 4) row.vs = _malleated(row.vs);
        if (kind == 5) row.r = 0;
        if (kind == 6) row.vs = 0;
        if (kind == 7) row.r = bytes32(type(uint256).max);
    }

    function _compare(IPaymentChannels.SettleRow[] memory rows) private {
        vm.record();
        vm.recordLogs();
        uint256 earned = escrow.settle(payee, rows);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 expected = plain.settle(payee, rows);
        Vm.Log[] memory expectedLogs = vm.getRecordedLogs();

        assertEq(earned, expected, "earned");
        assertEq(logs.length, expectedLogs.length, "number of events");
        for (uint256 i; i < logs.length; ++i) {
            assertEq(logs[i].emitter, address(escrow));
            assertEq(logs[i].topics, expectedLogs[i].topics, "topics");
            assertEq(logs[i].data, expectedLogs[i].data, "data");
        }
        (, bytes32[] memory writes) = vm.accesses(address(escrow));
        _compareSlots(writes);
        (, writes) = vm.accesses(address(plain));
        _compareSlots(writes);
    }

    /// @dev Whatever either of them wrote, both now hold the same there.
    function _compareSlots(bytes32[] memory slots) private view {
        for (uint256 i; i < slots.length; ++i) {
            assertEq(vm.load(address(escrow), slots[i]), vm.load(address(plain), slots[i]), "storage");
        }
    }
}
