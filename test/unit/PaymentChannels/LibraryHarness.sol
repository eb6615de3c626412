// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {SettleRows} from "../../../contracts/libraries/SettleRows.sol";
import {Terms} from "../../../contracts/libraries/Terms.sol";

/// @notice The low-level libraries, callable. Memory in use before and after a batch is checked to be left alone.
contract LibraryHarness {
    using SettleRows for SettleRows.Batch;
    using Terms for bytes32;

    error MemoryTouched();

    function channelsOf(
        address payee,
        bytes32 separator,
        IPaymentChannels.SettleRow[] calldata rows
    ) external view returns (bytes32[] memory ids) {
        ids = new bytes32[](rows.length);
        bytes memory before = abi.encode(rows);
        SettleRows.Batch batch = SettleRows.open(payee, separator, 0);
        bytes memory beyond = abi.encode(rows);
        for (uint256 i = 0; i < rows.length; ++i) ids[i] = batch.channelOf(rows[i]);
        require(keccak256(before) == keccak256(abi.encode(rows)), MemoryTouched());
        require(keccak256(beyond) == keccak256(before), MemoryTouched());
    }

    function emitSettled(address payee, IPaymentChannels.Settlement[] calldata entries, uint256 unused) external {
        bytes memory before = abi.encode(entries);
        SettleRows.Batch batch = SettleRows.open(payee, 0, entries.length + unused);
        bytes memory beyond = abi.encode(entries);
        for (uint256 i = 0; i < entries.length; ++i) batch.append(entries[i].channelId, entries[i].settled);
        batch.emitSettled();
        require(keccak256(before) == keccak256(abi.encode(entries)), MemoryTouched());
        require(keccak256(beyond) == keccak256(before), MemoryTouched());
    }

    /// @dev Entries between rows, as a settlement makes them: neither may spoil the other's part of the memory.
    function interleaved(
        address payee,
        bytes32 separator,
        IPaymentChannels.SettleRow[] calldata rows
    ) external returns (bytes32[] memory ids) {
        ids = new bytes32[](rows.length);
        SettleRows.Batch batch = SettleRows.open(payee, separator, rows.length);
        for (uint256 i = 0; i < rows.length; ++i) {
            ids[i] = batch.channelOf(rows[i]);
            batch.append(ids[i], i);
        }
        batch.emitSettled();
    }

    function pack(IPaymentChannels.Channel calldata channel) external pure returns (bytes32) {
        return Terms.pack(channel);
    }

    function idOf(bytes32 terms, address signer, address payee) external pure returns (bytes32) {
        return terms.channelId(signer, payee);
    }

    function unpack(bytes32 terms) external pure returns (uint96 price, uint32 grace, uint64 bytes_, bytes32 without) {
        return (terms.pricePerGiB(), terms.gracePeriod(), terms.deliveredBytes(), terms.withoutBytes());
    }
}
