// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";

/**
 * @notice Settling as one would write it without a thought for gas, in checked arithmetic and without assembly: what the
 * escrow's `settle` and the libraries under it are held against. Its storage is laid out as the escrow's, so that slots
 * can be compared as they are.
 */
contract SettleReference {
    bytes32 private constant RECEIPT_TYPE = keccak256(
        "SegmentReceipt(address payee,uint96 pricePerGiB,uint32 gracePeriod,uint64 nonce,uint64 deliveredBytes,bytes32 segmentsRoot)"
    );

    /// @dev The escrow keeps its reentrancy guard and its accounts here.
    uint256[2] private _unused;
    mapping(bytes32 channelId => IPaymentChannels.ChannelState) public channels;
    mapping(address payee => IPaymentChannels.Earnings) public earnings;

    bytes32 private immutable SEPARATOR;
    uint256 private immutable FEE_BPS;

    constructor(bytes32 separator, uint256 feeBps) {
        SEPARATOR = separator;
        FEE_BPS = feeBps;
    }

    /// @notice Puts a channel into the state it has in the escrow.
    function setChannel(bytes32 channelId, IPaymentChannels.ChannelState calldata state) external {
        channels[channelId] = state;
    }

    /// @notice Puts a payee's earnings into the state they have in the escrow.
    function setEarnings(address payee, IPaymentChannels.Earnings calldata earnings_) external {
        earnings[payee] = earnings_;
    }

    /// @notice What `IPaymentChannels.settle` says it does.
    function settle(address payee, IPaymentChannels.SettleRow[] calldata rows) external returns (uint256 earned) {
        IPaymentChannels.Settlement[] memory settlements = new IPaymentChannels.Settlement[](0);
        uint256 amount;
        uint256 newBytes;
        for (uint256 i = 0; i < rows.length; ++i) {
            (bytes32 id, IPaymentChannels.SkipReason reason, uint256 paid, uint256 rowBytes) = _settleRow(
                payee,
                rows[i]
            );
            if (reason != IPaymentChannels.SkipReason.None) {
                emit IPaymentChannels.SettleSkipped(payee, id, i, reason);
                continue;
            }
            amount += paid;
            newBytes += rowBytes;
            settlements = _with(
                settlements,
                IPaymentChannels.Settlement(id, paid * 2 ** 64 + channels[id].settledBytes)
            );
        }
        if (settlements.length == 0) return 0;
        uint256 fee = (amount * FEE_BPS) / 10_000;
        earned = amount - fee;
        IPaymentChannels.Earnings storage booked = earnings[payee];
        booked.balance += uint96(earned);
        booked.fees += uint96(fee);
        uint256 proven = booked.provenBytes + newBytes;
        booked.provenBytes = proven > type(uint64).max ? type(uint64).max : uint64(proven);
        emit IPaymentChannels.Settled(payee, settlements);
    }

    /// @notice The channel that a row's receipt names, zero when the signature is malformed.
    function channelOf(
        address payee,
        bytes32 separator,
        IPaymentChannels.SettleRow calldata row
    ) public pure returns (bytes32) {
        bytes32 digest = digestOf(payee, separator, row.terms, row.segmentsRoot);
        (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecover(digest, row.r, row.vs);
        if (failure != ECDSA.RecoverError.NoError) return 0;
        (IPaymentChannels.Channel memory channel, ) = unpack(row.terms);
        channel.signer = signer;
        channel.payee = payee;
        return keccak256(abi.encode(channel));
    }

    /// @notice What the signer of a receipt signs.
    function digestOf(
        address payee,
        bytes32 separator,
        bytes32 terms,
        bytes32 segmentsRoot
    ) public pure returns (bytes32) {
        (IPaymentChannels.Channel memory channel, uint64 deliveredBytes) = unpack(terms);
        bytes32 structHash = keccak256(
            abi.encode(
                RECEIPT_TYPE,
                payee,
                channel.pricePerGiB,
                channel.gracePeriod,
                channel.nonce,
                deliveredBytes,
                segmentsRoot
            )
        );
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    /// @notice The fields of a word of terms; the parties are left out.
    function unpack(
        bytes32 terms
    ) public pure returns (IPaymentChannels.Channel memory channel, uint64 deliveredBytes) {
        uint256 word = uint256(terms);
        channel.pricePerGiB = uint96(word / 2 ** 160);
        channel.gracePeriod = uint32((word / 2 ** 128) % 2 ** 32);
        channel.nonce = uint64((word / 2 ** 64) % 2 ** 64);
        deliveredBytes = uint64(word % 2 ** 64);
    }

    function _settleRow(
        address payee,
        IPaymentChannels.SettleRow calldata row
    ) private returns (bytes32 id, IPaymentChannels.SkipReason reason, uint256 paid, uint256 newBytes) {
        id = channelOf(payee, SEPARATOR, row);
        if (id == 0) return (id, IPaymentChannels.SkipReason.BadSignature, 0, 0);
        (IPaymentChannels.Channel memory channel, uint256 total) = unpack(row.terms);
        IPaymentChannels.ChannelState storage state = channels[id];
        if (state.closed) return (id, IPaymentChannels.SkipReason.ChannelClosed, 0, 0);
        if (state.deposit == 0) return (id, IPaymentChannels.SkipReason.ChannelUnknown, 0, 0);
        if (total <= state.settledBytes) return (id, IPaymentChannels.SkipReason.NothingNew, 0, 0);

        uint256 price = channel.pricePerGiB;
        if ((total * price) / 2 ** 30 > state.deposit) total = _covered(state.deposit, price);
        if (total <= state.settledBytes) return (id, IPaymentChannels.SkipReason.DepositSpent, 0, 0);
        newBytes = total - state.settledBytes;
        paid = (total * price) / 2 ** 30 - (uint256(state.settledBytes) * price) / 2 ** 30;
        state.settledBytes = uint64(total);
    }

    /// @dev The most bytes that cost no more than the deposit, by halving the range in which they lie.
    function _covered(uint256 deposit, uint256 price) private pure returns (uint256 least) {
        uint256 most = type(uint64).max;
        while (least < most) {
            uint256 middle = (least + most + 1) / 2;
            if ((middle * price) / 2 ** 30 <= deposit) least = middle;
            else most = middle - 1;
        }
    }

    function _with(
        IPaymentChannels.Settlement[] memory list,
        IPaymentChannels.Settlement memory added
    ) private pure returns (IPaymentChannels.Settlement[] memory longer) {
        longer = new IPaymentChannels.Settlement[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) longer[i] = list[i];
        longer[list.length] = added;
    }
}
