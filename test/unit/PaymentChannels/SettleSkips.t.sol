// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Vm} from "forge-std/Vm.sol";

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * settle, a row that cannot be paid
 * ├── when the signature is malformed or its s is high: skipped, channel zero, BadSignature
 * ├── when anything in the receipt was altered or somebody else signed it: skipped, some empty channel, ChannelUnknown
 * ├── given the channel was never funded: skipped, ChannelUnknown
 * ├── given it is closed: skipped for ever, ChannelClosed
 * ├── when the total is not above what is settled: skipped, NothingNew
 * ├── given the deposit pays for no byte more: skipped, DepositSpent
 * └── whatever the rows: the others are paid, nothing reverts
 * settle, calldata that is not what the ABI says
 * ├── when it is truncated, or an address is wider than its type: it reverts
 * └── when something follows it: ignored
 */
contract SettleSkipsTest is PaymentChannelsTest {
    IPaymentChannels.Channel private terms;

    function setUp() public override {
        super.setUp();
        terms = _channel();
        _openChannel(terms, 10e18);
    }

    function testFuzz_settle_whenStale_itIsSkipped(uint64 settled, uint64 stale) public {
        settled = uint64(_bound(settled, 1, type(uint48).max));
        stale = uint64(_bound(stale, 0, settled));
        _settle(terms, settled);
        _expectNothing(_signedRow(SIGNER_KEY, terms, stale, "other root"), IPaymentChannels.SkipReason.NothingNew);
    }

    function testFuzz_settle_replayed_itIsSkipped(uint64 settled, address sender) public {
        settled = uint64(_bound(settled, 1, type(uint48).max));
        IPaymentChannels.SettleRow memory row = _signedRow(SIGNER_KEY, terms, settled, "root");
        IPaymentChannels.SettleRow[] memory twice = new IPaymentChannels.SettleRow[](2);
        twice[0] = twice[1] = row;
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.SettleSkipped(payee, _idOf(terms), 1, IPaymentChannels.SkipReason.NothingNew);
        vm.prank(sender);
        escrow.settle(payee, twice);
        assertEq(_stateOf(terms).settledBytes, settled);
        _expectNothing(row, IPaymentChannels.SkipReason.NothingNew);
    }

    function testFuzz_settle_givenTheDepositSpent_itIsSkipped(uint96 deposit, uint64 more) public {
        IPaymentChannels.Channel memory small = _channel(1e18, 0, 9);
        deposit = uint96(_bound(deposit, 1, 1e18));
        _openChannel(small, deposit);
        _settle(small, uint64(4 * GIB));
        uint256 covered = _covered(deposit, 1e18);
        more = uint64(_bound(more, covered + 1, type(uint64).max));
        _expectNothing(
            _signedRow(SIGNER_KEY, small, more, "root"),
            _idOf(small),
            IPaymentChannels.SkipReason.DepositSpent
        );
    }

    /// A deposit that does not cover one byte settles none.
    function test_settle_givenNoByteIsCovered_itIsSkipped() public {
        IPaymentChannels.Channel memory dear = _channel(type(uint96).max, 0, 9);
        _openChannel(dear, 1);
        _expectNothing(_signedRow(SIGNER_KEY, dear, 1, "root"), _idOf(dear), IPaymentChannels.SkipReason.DepositSpent);
    }

    function testFuzz_settle_givenNeverFunded_itIsSkipped(
        uint96 price,
        uint32 grace,
        uint64 nonce,
        uint64 bytes_
    ) public {
        IPaymentChannels.Channel memory other = IPaymentChannels.Channel(signer, payee, price, grace, nonce);
        vm.assume(_idOf(other) != _idOf(terms));
        _expectNothing(
            _signedRow(SIGNER_KEY, other, bytes_, "root"),
            _idOf(other),
            IPaymentChannels.SkipReason.ChannelUnknown
        );
    }

    function testFuzz_attack_tombstone_itIsNeverSettledAgain(uint64 settled, uint64 later, uint32 elapsed) public {
        settled = uint64(_bound(settled, 0, type(uint40).max));
        if (settled != 0) _settle(terms, settled);
        _close(terms);
        skip(elapsed);
        _expectNothing(_signedRow(SIGNER_KEY, terms, later, "root"), IPaymentChannels.SkipReason.ChannelClosed);
    }

    /// Somebody else's signature names a channel of that somebody, with money in it or not; never the payer's.
    function testFuzz_attack_forgedSignature_namesTheForgersChannel(uint256 seed, uint64 bytes_) public {
        uint256 forger = _boundKey(seed);
        vm.assume(forger != SIGNER_KEY);
        IPaymentChannels.SettleRow memory row = _signedRow(forger, terms, bytes_, "root");
        IPaymentChannels.Channel memory forged = terms;
        forged.signer = vm.addr(forger);
        _expectNothing(row, _idOf(forged), IPaymentChannels.SkipReason.ChannelUnknown);
    }

    function testFuzz_attack_alteredReceipt_namesAnEmptyChannel(uint64 bytes_, uint256 bit) public {
        IPaymentChannels.SettleRow memory row = _signedRow(SIGNER_KEY, terms, bytes_, "root");
        bit = _bound(bit, 0, 511);
        if (bit < 256) row.terms ^= bytes32(1 << bit);
        else row.segmentsRoot ^= bytes32(1 << (bit - 256));
        _expectNothing(row, _recoveredId(payee, row), IPaymentChannels.SkipReason.ChannelUnknown);
    }

    function testFuzz_attack_receiptForAnotherPayee_paysNobody(address thief, uint64 bytes_) public {
        vm.assume(thief != payee);
        IPaymentChannels.SettleRow memory row = _signedRow(SIGNER_KEY, terms, bytes_, "root");
        bytes32 id = _recoveredId(thief, row);
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.SettleSkipped(thief, id, 0, IPaymentChannels.SkipReason.ChannelUnknown);
        vm.prank(thief);
        assertEq(escrow.settle(thief, _rows(row)), 0);
        _assertEarnings(thief, 0, 0, 0);
        _assertState(terms, 10e18, 0, 0, false);
    }

    function testFuzz_attack_receiptOfAnotherDomain_paysNobody(uint64 bytes_, uint64 chainId, bool fork) public {
        vm.assume(chainId != block.chainid && chainId != 0);
        IPaymentChannels.SettleRow memory row = _signedRow(SIGNER_KEY, terms, bytes_, "root");
        if (fork) {
            // The same state on a branch with another chain id: receipts of this one are void there, and new ones work.
            vm.chainId(chainId);
            _expectNothing(row, _recoveredId(payee, row), IPaymentChannels.SkipReason.ChannelUnknown);
            _settle(terms, uint64(GIB));
            assertEq(_stateOf(terms).settledBytes, GIB);
        } else {
            escrow = _deployEscrow(token, registry, FEE_BPS, collector);
            _openChannel(terms, 10e18);
            _expectNothing(row, _recoveredId(payee, row), IPaymentChannels.SkipReason.ChannelUnknown);
        }
    }

    /// EIP-2098 keeps the parity in the top bit of s: a high s is malformed, or it is another signature altogether.
    function testFuzz_attack_highS_isMalformed(uint64 bytes_, uint256 s) public {
        IPaymentChannels.SettleRow memory row = _signedRow(SIGNER_KEY, terms, bytes_, "root");
        bytes32 vs = row.vs;
        row.vs = _malleated(vs);
        _expectAnother(row);
        row.vs = _malleated(vs) ^ bytes32(uint256(1) << 255);
        _expectAnother(row);
        s = _bound(s, CURVE_ORDER / 2 + 1, type(uint256).max >> 1);
        row.vs = bytes32(s);
        _expectBad(row);
        row.vs = bytes32(s | (1 << 255));
        _expectBad(row);
    }

    function test_attack_highS_theLargestLowOneIsRead() public {
        IPaymentChannels.SettleRow memory row = _signedRow(SIGNER_KEY, terms, 1, "root");
        row.vs = bytes32(CURVE_ORDER / 2);
        (address recovered, , ) = ECDSA.tryRecover(_rowDigest(payee, row), row.r, row.vs);
        assertNotEq(recovered, address(0));
        _expectNothing(row, _recoveredId(payee, row), IPaymentChannels.SkipReason.ChannelUnknown);
        row.vs = bytes32(CURVE_ORDER / 2 + 1);
        _expectBad(row);
    }

    function testFuzz_attack_flippedParity_namesAnEmptyChannel(uint64 bytes_) public {
        IPaymentChannels.SettleRow memory row = _signedRow(SIGNER_KEY, terms, bytes_, "root");
        row.vs ^= bytes32(uint256(1) << 255);
        bytes32 id = _recoveredId(payee, row);
        assertNotEq(id, _idOf(terms));
        _expectNothing(row, id, IPaymentChannels.SkipReason.ChannelUnknown);
    }

    function testFuzz_attack_zeroROrS_isMalformed(uint64 bytes_, bool parity) public {
        bytes32 top = parity ? bytes32(uint256(1) << 255) : bytes32(0);
        IPaymentChannels.SettleRow memory row = _signedRow(SIGNER_KEY, terms, bytes_, "root");
        IPaymentChannels.SettleRow memory bad = _signedRow(SIGNER_KEY, terms, bytes_, "root");
        bad.r = 0;
        _expectBad(bad);
        bad.vs = top;
        _expectBad(bad);
        bad.r = row.r;
        _expectBad(bad);
        // Values of r that are not below the order.
        bad.vs = row.vs;
        bad.r = bytes32(CURVE_ORDER);
        _expectBad(bad);
        bad.r = bytes32(type(uint256).max);
        _expectBad(bad);
    }

    /// A malformed row after a good one must not find the good one's signer where the signer is kept.
    function testFuzz_attack_malformedAfterGood_inheritsNothing(uint64 bytes_, bytes32 vs) public {
        bytes_ = uint64(_bound(bytes_, 1, type(uint48).max - 1));
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](3);
        rows[0] = _signedRow(SIGNER_KEY, terms, bytes_, "root");
        rows[1] = IPaymentChannels.SettleRow(_packed(terms, bytes_ + 1), "root", 0, vs);
        rows[2] = _signedRow(SIGNER_KEY, terms, bytes_ + 1, "root");
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.SettleSkipped(payee, 0, 1, IPaymentChannels.SkipReason.BadSignature);
        escrow.settle(payee, rows);
        assertEq(_stateOf(terms).settledBytes, bytes_ + 1);
    }

    function testFuzz_settle_whenRowsAreNoise_nothingRevertsAndGoodRowsPay(
        IPaymentChannels.SettleRow[] memory noise,
        uint256 position
    ) public {
        vm.assume(noise.length != 0);
        position %= noise.length;
        noise[position] = _signedRow(SIGNER_KEY, terms, uint64(GIB), "root");
        escrow.settle(payee, noise);
        assertEq(_stateOf(terms).settledBytes, GIB);
        uint256 amount = _owed(GIB, terms.pricePerGiB);
        _assertEarnings(payee, amount - _fee(amount), _fee(amount), GIB);
    }

    function testFuzz_settle_skipsKeepTheirNumbers(uint256 good) public {
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](5);
        good %= 5;
        rows[good] = _signedRow(SIGNER_KEY, terms, uint64(GIB), "root");
        for (uint256 i; i < 5; ++i) {
            if (i == good) continue;
            vm.expectEmit(address(escrow));
            emit IPaymentChannels.SettleSkipped(payee, 0, i, IPaymentChannels.SkipReason.BadSignature);
        }
        escrow.settle(payee, rows);
    }

    /// A payee of zero is nobody's payee: no channel of his can be funded.
    function testFuzz_settle_forTheZeroPayee_paysNothing(uint64 bytes_) public {
        IPaymentChannels.Channel memory zero = terms;
        zero.payee = address(0);
        IPaymentChannels.SettleRow memory row = _signedRow(SIGNER_KEY, zero, bytes_, "root");
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.SettleSkipped(address(0), _idOf(zero), 0, IPaymentChannels.SkipReason.ChannelUnknown);
        escrow.settle(address(0), _rows(row));
    }

    // -------------------------------------------------------------------------------------------------- calldata

    function testFuzz_attack_truncatedCalldata_itReverts(uint256 cut) public {
        bytes memory data = _goodCall();
        cut = _bound(cut, 1, data.length - 4);
        assembly ("memory-safe") {
            mstore(data, sub(mload(data), cut))
        }
        (bool success, ) = address(escrow).call(data);
        assertFalse(success);
        _assertState(terms, 10e18, 0, 0, false);
    }

    function testFuzz_attack_oversizedCalldata_theRestIsIgnored(bytes memory rest) public {
        (bool success, bytes memory result) = address(escrow).call(bytes.concat(_goodCall(), rest));
        assertTrue(success);
        uint256 amount = _owed(GIB, terms.pricePerGiB);
        assertEq(abi.decode(result, (uint256)), amount - _fee(amount));
        _assertState(terms, 10e18, GIB, 0, false);
    }

    function testFuzz_attack_lyingLength_itReverts(uint256 length) public {
        length = _bound(length, 2, type(uint256).max);
        _expectRefused(0x44, length);
    }

    function testFuzz_attack_lyingOffset_itReverts(uint256 offset) public {
        offset = _bound(offset, 0xe0, type(uint256).max);
        _expectRefused(0x24, offset);
    }

    function testFuzz_attack_dirtyPayee_itReverts(uint96 dirt) public {
        vm.assume(dirt != 0);
        _expectRefused(0x04, (uint256(dirt) << 160) | uint160(payee));
    }

    function _goodCall() private view returns (bytes memory) {
        return
            abi.encodeCall(IPaymentChannels.settle, (payee, _rows(_signedRow(SIGNER_KEY, terms, uint64(GIB), "root"))));
    }

    /// @dev One word of a good call replaced.
    function _expectRefused(uint256 position, uint256 word) private {
        bytes memory data = _goodCall();
        assembly ("memory-safe") {
            mstore(add(add(data, 0x20), position), word)
        }
        (bool success, ) = address(escrow).call(data);
        assertFalse(success);
        _assertState(terms, 10e18, 0, 0, false);
    }

    /// @dev Not the signer's signature: either malformed or somebody else's, who has no channel.
    function _expectAnother(IPaymentChannels.SettleRow memory row) private {
        bytes32 id = _recoveredId(payee, row);
        assertNotEq(id, _idOf(terms));
        _expectNothing(
            row,
            id,
            id == 0 ? IPaymentChannels.SkipReason.BadSignature : IPaymentChannels.SkipReason.ChannelUnknown
        );
    }

    function _expectBad(IPaymentChannels.SettleRow memory row) private {
        _expectNothing(row, 0, IPaymentChannels.SkipReason.BadSignature);
    }

    function _expectNothing(IPaymentChannels.SettleRow memory row, IPaymentChannels.SkipReason reason) private {
        _expectNothing(row, _idOf(terms), reason);
    }

    /// @dev Settling the row alone emits the skip and nothing else, and writes nothing.
    function _expectNothing(
        IPaymentChannels.SettleRow memory row,
        bytes32 id,
        IPaymentChannels.SkipReason reason
    ) private {
        IPaymentChannels.SettleRow[] memory rows = _rows(row);
        vm.record();
        vm.recordLogs();
        assertEq(escrow.settle(payee, rows), 0, "earned");
        (, bytes32[] memory writes) = vm.accesses(address(escrow));
        assertEq(writes.length, 0, "a skipped row wrote");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1, "events");
        assertEq(logs[0].topics.length, 3);
        assertEq(logs[0].topics[0], IPaymentChannels.SettleSkipped.selector);
        assertEq(logs[0].topics[1], bytes32(uint256(uint160(payee))));
        assertEq(logs[0].topics[2], id, "channel");
        assertEq(logs[0].data, abi.encode(uint256(0), reason), "reason");
    }

    function _rowDigest(address to, IPaymentChannels.SettleRow memory row) private view returns (bytes32) {
        uint256 word = uint256(row.terms);
        return
            _digestOf(
                keccak256(
                    abi.encode(
                        RECEIPT_TYPE,
                        to,
                        uint96(word >> 160),
                        uint32(word >> 128),
                        uint64(word >> 64),
                        uint64(word),
                        row.segmentsRoot
                    )
                )
            );
    }

    function _recoveredId(address to, IPaymentChannels.SettleRow memory row) private view returns (bytes32) {
        (address recovered, , ) = ECDSA.tryRecover(_rowDigest(to, row), row.r, row.vs);
        if (recovered == address(0)) return 0;
        uint256 word = uint256(row.terms);
        return
            _idOf(
                IPaymentChannels.Channel(recovered, to, uint96(word >> 160), uint32(word >> 128), uint64(word >> 64))
            );
    }
}
