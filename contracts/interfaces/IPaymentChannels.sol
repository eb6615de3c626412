// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IOperatorRegistry} from "./IOperatorRegistry.sol";

/// @title PaymentChannels: the escrow between payers and payees
/// @notice A payer (an owner wallet and a signer session key) keeps a deposit in an account, reserves parts of it in
/// channels, and signs cumulative receipts for the bytes it verified. A payee turns the latest receipt of each channel
/// into earnings. One ERC-20 per deployment; no owner, no proxy, no pause.
///
/// Units: amounts are base units of `TOKEN`; prices are base units per GiB (2^30 bytes); times are Unix seconds.
/// Signatures are EIP-712 over this contract's domain, in the 64-byte form of EIP-2098, low s only. They are recovered as
/// plain ECDSA: the code of a signer, if it has any (EIP-7702), is never asked, so it cannot take a signature back.
/// @dev Every function takes ABI-encoded arguments strictly: truncated calldata and values wider than their type revert.
interface IPaymentChannels is IERC5267 {
    /// @notice A channel's descriptor. Its hash is the channel's id; the descriptor itself is never stored, callers pass it.
    /// @param signer The payer's session key: signs receipts and fundings; always a plain key
    /// @param payee Who delivers and is paid
    /// @param pricePerGiB Base units per 2^30 bytes, fixed for the channel's life; not zero
    /// @param gracePeriod Seconds between the payer's request to close and the earliest finalization
    /// @param nonce Tells channels of equal terms apart; random
    struct Channel {
        address signer;
        address payee;
        uint96 pricePerGiB;
        uint32 gracePeriod;
        uint64 nonce;
    }

    /// @notice The deposit behind one session key.
    /// @param owner The wallet that may withdraw; set once, by the signer's `Session`
    /// @param balance What is neither withdrawn nor reserved in a channel
    struct Account {
        address owner;
        uint96 balance;
    }

    /// @notice What is stored of a channel. Open means `deposit > 0 && !closed`.
    /// @param deposit Everything ever reserved in the channel; after closing, exactly what the settled bytes cost
    /// @param settledBytes The cumulative bytes paid for; never falls
    /// @param closeRequestedAt When the payer asked to close, zero when no request is pending
    /// @param closed True for ever once closed
    struct ChannelState {
        uint96 deposit;
        uint64 settledBytes;
        uint40 closeRequestedAt;
        bool closed;
    }

    /// @notice What settlements credited to a payee.
    /// @param balance What `withdrawEarnings` pays out
    /// @param fees What `collectFees` pays out
    /// @param provenBytes Bytes paid for so far, at most 2^64 - 1. A statistic: anyone can inflate it by paying himself
    struct Earnings {
        uint96 balance;
        uint96 fees;
        uint64 provenBytes;
    }

    /// @notice A 64-byte signature (EIP-2098).
    /// @param r The signature's r
    /// @param vs The signature's s, which is in the lower half of the order, with the parity of y in the highest bit
    struct Signature {
        bytes32 r;
        bytes32 vs;
    }

    /// @notice An EIP-2612 permit of the caller's, for this escrow and exactly the deposited amount.
    struct Permit {
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice An ERC-3009 `receiveWithAuthorization`, to this escrow and of exactly the deposited amount.
    /// @param from Whose tokens they are
    /// @param validAfter The earliest time, exclusive
    /// @param validBefore The latest time, exclusive
    /// @param salt Tells authorizations of equal purpose apart; the nonce is `authorizationNonce(signer, owner, salt)`
    /// @param signature 65 bytes (r, s, v) go to the token's variant with v, r and s; any other length, as of a contract
    /// wallet, goes to its variant with `bytes`, if it has one
    struct Authorization {
        address from;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 salt;
        bytes signature;
    }

    /// @notice One channel to fund in a batch, without its signer.
    /// @param payee The channel's payee
    /// @param terms `pricePerGiB << 160 | gracePeriod << 128 | nonce << 64`; the last 64 bits are not read
    /// @param total What the channel's deposit is to be raised to
    struct Funding {
        address payee;
        bytes32 terms;
        uint96 total;
    }

    /// @notice One receipt to settle: a `SegmentReceipt` without the payee, packed into four words.
    /// @param terms `pricePerGiB << 160 | gracePeriod << 128 | nonce << 64 | deliveredBytes`
    /// @param segmentsRoot The receipt's running hash
    /// @param r The signature's r
    /// @param vs The signature's s and parity (EIP-2098)
    struct SettleRow {
        bytes32 terms;
        bytes32 segmentsRoot;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice What one row of a batch settled, as `Settled` reports it.
    /// @param channelId The channel
    /// @param settled `amount << 64 | settledBytes`: what this row paid, before the fee, and the channel's new total of
    /// bytes. With the channel's deposit spent, `settledBytes` is less than the receipt's `deliveredBytes`
    struct Settlement {
        bytes32 channelId;
        uint256 settled;
    }

    /// @notice Why a row or a funding was passed over.
    enum SkipReason {
        /// Not a reason; never emitted
        None,
        /// The signature is malformed, has a high s, or (in a funding) is not the channel's signer's
        BadSignature,
        /// Nothing was ever reserved in the channel. A receipt that was forged or altered names such a channel
        ChannelUnknown,
        /// The channel is closed for ever
        ChannelClosed,
        /// The receipt's total is not above what is settled already
        NothingNew,
        /// The deposit pays for no byte more; the receipt stays good for a top-up
        DepositSpent,
        /// The funding's `validUntil` has passed
        Expired,
        /// The payer asked to close; a signature made before cannot hold it back
        ClosePending,
        /// A zero payee, a zero price or a grace period out of range
        TermsRefused,
        /// The channel's deposit is at or above the funding's total
        AlreadyFunded,
        /// The account is empty
        AccountEmpty
    }

    // ------------------------------------------------------------------------------------------------- events

    /// @notice The signer's account was opened for its owner.
    event AccountOpened(address indexed signer, address indexed owner);
    /// @notice `amount` was credited to the signer's account, taken from `from`.
    event Deposited(address indexed signer, address indexed from, uint96 amount);
    /// @notice The account's owner took `amount` out of the signer's account.
    event Withdrawn(address indexed signer, address indexed to, uint96 amount);
    /// @notice The channel's deposit was raised to `deposit`. The first such event of a channel opens it.
    /// @param terms `pricePerGiB << 160 | gracePeriod << 128 | nonce << 64`: with the parties, the channel's descriptor
    /// @param deposit Everything reserved in the channel so far
    event Funded(
        bytes32 indexed channelId,
        address indexed signer,
        address indexed payee,
        bytes32 terms,
        uint96 deposit
    );
    /// @notice A signed funding changed nothing.
    event FundSkipped(bytes32 indexed channelId, address indexed payee, SkipReason reason);
    /// @notice A batch was settled. One event a batch: a payee finds all its settlements by the one topic.
    /// @dev The payee was credited the sum of all amounts less the fee, `sum * FEE_BPS / 10000` rounded down.
    /// @param payee The payee of every row
    /// @param settlements What each settled row paid, in the order of the rows, without the skipped ones
    event Settled(address indexed payee, Settlement[] settlements);
    /// @notice Row number `row` (from zero) of a batch was passed over.
    /// @param channelId The channel the row names, zero when its signature is malformed
    event SettleSkipped(address indexed payee, bytes32 indexed channelId, uint256 row, SkipReason reason);
    /// @notice The payer asked to close; from `closableAt` on anyone may finalize.
    event CloseRequested(bytes32 indexed channelId, address indexed signer, address indexed payee, uint256 closableAt);
    /// @notice The payer funded the channel and thereby took its request to close back.
    event CloseCancelled(bytes32 indexed channelId, address indexed signer, address indexed payee);
    /// @notice The channel was closed with `settledBytes` paid for; `refund` returned to the signer's account.
    event Closed(
        bytes32 indexed channelId,
        address indexed signer,
        address indexed payee,
        uint64 settledBytes,
        uint96 refund
    );
    /// @notice A payee's earnings were paid out to its beneficiary, or to itself when it registered none.
    event EarningsWithdrawn(address indexed payee, address indexed to, uint96 amount);
    /// @notice The fee collector took the fees that a payee's settlements left.
    event FeesCollected(address indexed payee, uint96 amount);

    // ------------------------------------------------------------------------------------------------- errors

    /// @notice Construction: there is no contract at this address.
    error NotAContract(address account);
    /// @notice Construction: the fee is above the maximum.
    error FeeTooHigh(uint256 maximum, uint256 actual);
    /// @notice Construction: a fee without anybody to collect it.
    error FeeCollectorMissing();
    /// @notice A zero owner, or a zero recipient, or this contract as a recipient.
    error InvalidAddress(address account);
    /// @notice The account belongs to another owner than the one named.
    error AccountOwnerMismatch(address expected, address actual);
    /// @notice The caller does not own the account (nobody does when `expected` is zero).
    error NotAccountOwner(address expected, address actual);
    /// @notice The caller is neither the account's owner nor its signer.
    error NotPayer(address owner, address signer, address actual);
    /// @notice The caller, or whoever signed, is neither the channel's payee nor its agent.
    error NotPayee(address expected, address actual);
    /// @notice The caller is not the fee collector.
    error NotFeeCollector(address expected, address actual);
    /// @notice The signature is malformed, has a high s, or is somebody else's; `actual` is zero when it is malformed.
    error BadSignature(address expected, address actual);
    /// @notice The account holds less than what is asked.
    error InsufficientBalance(uint256 needed, uint256 available);
    /// @notice A deposit did not raise the escrow's token balance by exactly its amount.
    error InexactTransfer(uint256 expectedBalance, uint256 actualBalance);
    /// @notice The escrow would hold more than an amount can express.
    error EscrowFull(uint256 maximum, uint256 actual);
    /// @notice A zero payee, a zero price, or a grace period below `MIN_GRACE_PERIOD` or above `MAX_GRACE_PERIOD`.
    error InvalidTerms(address payee, uint96 pricePerGiB, uint32 gracePeriod);
    /// @notice Nothing was ever reserved in this channel.
    error ChannelUnknown(bytes32 channelId);
    /// @notice The channel is closed for ever.
    error ChannelIsClosed(bytes32 channelId);
    /// @notice Fewer bytes are settled than the payee asked for before closing: settle first.
    error SettledBytesTooLow(uint64 minimum, uint64 actual);
    /// @notice A request to close is pending already.
    error CloseAlreadyRequested(bytes32 channelId, uint256 closableAt);
    /// @notice No request to close is pending.
    error CloseNotRequested(bytes32 channelId);
    /// @notice The grace period is still running.
    error GracePeriodNotOver(uint256 closableAt, uint256 timestamp);

    // ---------------------------------------------------------------------------------------------- parameters

    /// @notice The one token that this escrow holds.
    function TOKEN() external view returns (IERC20);
    /// @notice Where agents and beneficiaries are looked up.
    function OPERATOR_REGISTRY() external view returns (IOperatorRegistry);
    /// @notice The fee on settled amounts in hundredths of a percent, at most `MAX_FEE_BPS`.
    function FEE_BPS() external view returns (uint256);
    /// @notice Who collects the fees; may be zero when `FEE_BPS` is.
    function FEE_COLLECTOR() external view returns (address);
    /// @notice 1000: ten percent.
    function MAX_FEE_BPS() external view returns (uint256);
    /// @notice One hour.
    function MIN_GRACE_PERIOD() external view returns (uint256);
    /// @notice Thirty days.
    function MAX_GRACE_PERIOD() external view returns (uint256);

    // ------------------------------------------------------------------------------------------------ accounts

    /// @notice Credits `amount` to the signer's account, taken from the caller, who approved it before. Anyone may call.
    /// @dev Reverts with `AccountOwnerMismatch`, `BadSignature`, `InvalidAddress`, `InexactTransfer` or `EscrowFull`, or
    /// as the token does. Tokens that take a fee on transfer do not work here.
    /// @param signer The session key the account stands behind
    /// @param owner The wallet expected to own the account
    /// @param amount Base units; zero opens the account without money
    /// @param session The signer's `Session(owner)`; read only when the account is not open yet
    function deposit(address signer, address owner, uint96 amount, Signature calldata session) external;

    /// @notice `deposit` with an EIP-2612 permit of the caller's.
    /// @dev The tokens come from the caller and nobody else: a permit does not say whose account it is meant for. A
    /// permit that fails is passed over, for somebody may have sent it ahead; the allowance decides.
    function depositWithPermit(
        address signer,
        address owner,
        uint96 amount,
        Signature calldata session,
        Permit calldata permit
    ) external;

    /// @notice `deposit` with an ERC-3009 authorization. Anyone may call: the authorization's nonce says which account the
    /// tokens are meant for.
    /// @dev Whoever sends the same call ahead does what it asked for; the later one reverts in the token.
    function depositWithAuthorization(
        address signer,
        address owner,
        uint96 amount,
        Signature calldata session,
        Authorization calldata authorization
    ) external;

    /// @notice Pays `amount` of the signer's account's free balance to `to`. Only the account's owner.
    /// @dev Reverts with `NotAccountOwner`, `InsufficientBalance` or `InvalidAddress`.
    function withdraw(address signer, uint96 amount, address to) external;

    // ------------------------------------------------------------------------------------------------ channels

    /// @notice Raises the channel's deposit to `total` out of the signer's account, opening the channel the first time,
    /// and takes a pending request to close back. Only the account's owner or its signer.
    /// @dev A total at or below the deposit moves nothing. Reverts with `NotPayer`, `InvalidTerms`, `ChannelIsClosed` or
    /// `InsufficientBalance`.
    function fund(Channel calldata channel_, uint96 total) external;

    /// @notice `fund` for several channels of one signer, for less gas than several calls: all of them or none.
    /// @dev Reverts as `fund` does.
    function fundMany(address signer, Funding[] calldata fundings) external;

    /// @notice Raises the channel's deposit to `total`, or as near as the account's balance allows, with the signer's
    /// `Fund`. Anyone may call, as often as he likes: totals are cumulative.
    /// @dev Never reverts for what the signature, the channel or the account are like; emits `FundSkipped` instead.
    function fundWithSignature(
        Channel calldata channel_,
        uint96 total,
        uint40 validUntil,
        Signature calldata signature
    ) external;

    /// @notice Settles receipts of any number of the payee's channels. Anyone may call.
    /// @dev Pays each row what the channel's deposit covers, cumulatively, rounded down; a row that cannot be paid is
    /// skipped with `SettleSkipped` and never reverts the batch. The fee is taken once a batch, rounded down.
    /// @param payee Who is credited: the payee of every row
    /// @param rows The receipts
    /// @return earned What the payee was credited, after the fee
    function settle(address payee, SettleRow[] calldata rows) external returns (uint256 earned);

    /// @notice Closes the channel and returns its unspent deposit to the signer's account. Only the payee or its agent.
    /// @dev Receipts above `settledBytes` are worth nothing afterwards: settle first, in the same `multicall`, and name
    /// the total reached. Reverts with `NotPayee`, `ChannelUnknown`, `ChannelIsClosed` or `SettledBytesTooLow`.
    /// @param minSettledBytes The least number of settled bytes the payee agrees to close with
    function close(Channel calldata channel_, uint64 minSettledBytes) external;

    /// @notice `close` with a `Close` of the payee's or its agent's. Anyone may call, at any time: a payee that signed one
    /// delivers nothing more on the channel. An agent's signature is void once the agent is replaced.
    /// @dev Reverts as `close` does, or with `BadSignature` when nobody signed.
    function closeWithSignature(
        Channel calldata channel_,
        uint64 minSettledBytes,
        Signature calldata signature
    ) external;

    /// @notice Asks to close the channel; from `gracePeriod` later on anyone may finalize. Only the account's owner or
    /// its signer. Receipts can be settled until it is finalized.
    /// @dev Reverts with `NotPayer`, `ChannelUnknown`, `ChannelIsClosed` or `CloseAlreadyRequested`.
    function requestClose(Channel calldata channel_) external;

    /// @notice Closes the channel after the grace period and returns its unspent deposit to the signer's account. Anyone
    /// may call.
    /// @dev Reverts with `ChannelUnknown`, `ChannelIsClosed`, `CloseNotRequested` or `GracePeriodNotOver`.
    function finalizeClose(Channel calldata channel_) external;

    // ------------------------------------------------------------------------------------------------ earnings

    /// @notice Pays all of the payee's earnings to the beneficiary it registered, else to the payee. Anyone may call.
    /// @return amount What was paid; with nothing to pay, nothing happens
    function withdrawEarnings(address payee) external returns (uint256 amount);

    /// @notice Pays the fees that the payee's settlements left to the fee collector, who alone may call.
    /// @dev Reverts with `NotFeeCollector`.
    /// @return amount What was paid; with nothing to pay, nothing happens
    function collectFees(address payee) external returns (uint256 amount);

    // ------------------------------------------------------------------------------------------------ batching

    /// @notice Runs calls to this contract one after the other, as the caller; all of them or none.
    /// @dev Reverts with what the first failing call reverts with.
    /// @param calls ABI-encoded calls
    /// @return results What each returned
    function multicall(bytes[] calldata calls) external returns (bytes[] memory results);

    // --------------------------------------------------------------------------------------------------- views

    /// @notice The EIP-712 domain separator that signatures for this escrow commit to.
    /// @dev Follows the chain id: after a fork that changes it, signatures of the other branch are void here.
    function domainSeparator() external view returns (bytes32);

    /// @notice The account behind a session key; all zero when it was never opened.
    function account(address signer) external view returns (Account memory);

    /// @notice A channel's state; all zero when it was never funded.
    function channel(bytes32 channelId_) external view returns (ChannelState memory);

    /// @notice What settlements credited to a payee and what of it is not yet paid out.
    function earningsOf(address payee) external view returns (Earnings memory);

    /// @notice A channel's id: `keccak256(abi.encode(channel))`, five words.
    function channelId(Channel calldata channel_) external pure returns (bytes32);

    /// @notice What so many bytes cost at a price, rounded down: `bytes * pricePerGiB / 2^30`.
    function owed(uint64 deliveredBytes, uint96 pricePerGiB) external pure returns (uint256);

    /// @notice The largest number of bytes that `owed` prices at no more than the deposit; may exceed 64 bits.
    /// @dev Reverts (division by zero) when the price is zero.
    function coveredBytes(uint96 deposit_, uint96 pricePerGiB) external pure returns (uint256);

    /// @notice The ERC-3009 nonce that ties an authorization to an account of this escrow:
    /// `keccak256(abi.encode(domainSeparator, signer, owner, salt))`.
    function authorizationNonce(address signer, address owner, bytes32 salt) external view returns (bytes32);
}
