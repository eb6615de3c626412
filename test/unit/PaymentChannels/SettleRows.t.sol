// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "forge-std/Vm.sol";

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {SigningTest} from "../../helpers/SigningTest.sol";
import {LibraryHarness} from "./LibraryHarness.sol";
import {SettleReference} from "./SettleReference.sol";

/*
 * SettleRows
 * ├── channelOf: the reference's channel, for good, altered, malformed and random rows
 * ├── append, emitSettled: the log that Solidity would emit, to the byte, whatever the capacity
 * └── all of it: leaves other memory alone
 */
contract SettleRowsTest is SigningTest {
    LibraryHarness private harness;
    SettleReference private plain;

    function setUp() public {
        harness = new LibraryHarness();
        plain = new SettleReference(0, 0);
    }

    function testFuzz_channelOf_isTheReference_onNoise(
        address payee,
        bytes32 separator,
        IPaymentChannels.SettleRow[] memory rows
    ) public view {
        _compareChannels(payee, separator, rows);
    }

    function testFuzz_channelOf_isTheReference_onSignedAndSpoiledRows(
        address payee,
        bytes32 separator,
        bytes32[8] memory terms,
        uint256 seed
    ) public view {
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](terms.length);
        for (uint256 i; i < rows.length; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            rows[i] = _signed(_boundKey(dice), payee, separator, terms[i], bytes32(dice));
            if (dice % 8 == 0) rows[i].terms ^= bytes32(uint256(1) << ((dice >> 8) % 256));
            if (dice % 8 == 1) rows[i].vs ^= bytes32(uint256(1) << 255);
            if (dice % 8 == 2) rows[i].vs = _malleated(rows[i].vs);
            if (dice % 8 == 3) rows[i].r = bytes32(dice >> 255);
            if (dice % 8 == 4) rows[i].vs = bytes32((dice >> 255) << 255);
        }
        _compareChannels(payee, separator, rows);
    }

    /// The signer of a good row stays in memory when the next one is malformed.
    function testFuzz_channelOf_whenMalformed_isZeroWhateverCameBefore(
        uint256 seed,
        address payee,
        bytes32 separator,
        bytes32 terms
    ) public view {
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](3);
        rows[0] = _signed(_boundKey(seed), payee, separator, terms, "root");
        rows[1] = IPaymentChannels.SettleRow(terms, "root", 0, rows[0].vs);
        rows[2] = IPaymentChannels.SettleRow(terms, "root", rows[0].r, bytes32(CURVE_ORDER / 2 + 1));
        bytes32[] memory ids = harness.channelsOf(payee, separator, rows);
        IPaymentChannels.Channel memory channel;
        (channel, ) = plain.unpack(terms);
        channel.signer = vm.addr(_boundKey(seed));
        channel.payee = payee;
        assertEq(ids[0], keccak256(abi.encode(channel)));
        assertEq(ids[1], 0);
        assertEq(ids[2], 0);
    }

    function testFuzz_emitSettled_isWhatSolidityEmits(
        address payee,
        IPaymentChannels.Settlement[] memory entries,
        uint8 unused
    ) public {
        vm.recordLogs();
        harness.emitSettled(payee, entries, unused);
        emit IPaymentChannels.Settled(payee, entries);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 2);
        assertEq(logs[0].topics, logs[1].topics);
        assertEq(logs[0].data, logs[1].data);
    }

    function testFuzz_channelOfAndAppend_doNotDisturbEachOther(
        address payee,
        bytes32 separator,
        IPaymentChannels.SettleRow[] memory rows
    ) public {
        vm.recordLogs();
        bytes32[] memory ids = harness.interleaved(payee, separator, rows);
        IPaymentChannels.Settlement[] memory entries = new IPaymentChannels.Settlement[](rows.length);
        for (uint256 i; i < rows.length; ++i) {
            entries[i] = IPaymentChannels.Settlement(plain.channelOf(payee, separator, rows[i]), i);
            assertEq(ids[i], entries[i].channelId);
        }
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].topics[1], bytes32(uint256(uint160(payee))));
        assertEq(logs[0].data, abi.encode(entries));
    }

    function _compareChannels(address payee, bytes32 separator, IPaymentChannels.SettleRow[] memory rows) private view {
        bytes32[] memory ids = harness.channelsOf(payee, separator, rows);
        for (uint256 i; i < rows.length; ++i) {
            assertEq(ids[i], plain.channelOf(payee, separator, rows[i]));
        }
    }

    function _signed(
        uint256 key,
        address payee,
        bytes32 separator,
        bytes32 terms,
        bytes32 root
    ) private view returns (IPaymentChannels.SettleRow memory) {
        bytes32 digest = plain.digestOf(payee, separator, terms, root);
        (bytes32 r, bytes32 vs) = _signCompact(key, digest);
        return IPaymentChannels.SettleRow(terms, root, r, vs);
    }
}
