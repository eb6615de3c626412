// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IPaymentChannels} from "./interfaces/IPaymentChannels.sol";
import {Amounts} from "./libraries/Amounts.sol";
import {Authorizations} from "./libraries/Authorizations.sol";
import {Messages} from "./libraries/Messages.sol";
import {SettleRows} from "./libraries/SettleRows.sol";
import {Terms} from "./libraries/Terms.sol";
import {WeirDomain} from "./libraries/WeirDomain.sol";

/// @title PaymentChannels
/// @dev Money is in four places: accounts, the unsettled part of open channels' deposits, earnings, and fees. Every call
/// but the deposits and the three exits to the token (`withdraw`, `withdrawEarnings`, `collectFees`) only moves it between
/// them. The escrow never holds more than 2^96 - 1, so no sum of these can overflow an amount; see `receivesExactly`.
contract PaymentChannels is IPaymentChannels, WeirDomain, ReentrancyGuard {
    using Authorizations for IERC20;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;
    using SettleRows for SettleRows.Batch;
    using Terms for bytes32;

    /// @inheritdoc IPaymentChannels
    uint256 public constant MAX_FEE_BPS = 1000;
    /// @inheritdoc IPaymentChannels
    uint256 public constant MIN_GRACE_PERIOD = 1 hours;
    /// @inheritdoc IPaymentChannels
    uint256 public constant MAX_GRACE_PERIOD = 30 days;
    uint256 private constant BPS = 10_000;

    /// @inheritdoc IPaymentChannels
    IERC20 public immutable TOKEN;
    /// @inheritdoc IPaymentChannels
    IOperatorRegistry public immutable OPERATOR_REGISTRY;
    /// @inheritdoc IPaymentChannels
    uint256 public immutable FEE_BPS;
    /// @inheritdoc IPaymentChannels
    address public immutable FEE_COLLECTOR;

    mapping(address signer => Account) private _accounts;
    mapping(bytes32 channelId => ChannelState) private _channels;
    mapping(address payee => Earnings) private _earnings;

    /// @dev Around every deposit. The exact difference rules out tokens that take a fee on transfer. The guard keeps a
    /// token that calls its sender from moving the balance by other calls meanwhile. The bound on the balance bounds
    /// everything that is booked, for only a deposit raises that.
    modifier receivesExactly(uint256 amount) {
        uint256 expected = TOKEN.balanceOf(address(this)) + amount;
        _;
        uint256 actual = TOKEN.balanceOf(address(this));
        require(actual == expected, InexactTransfer(expected, actual));
        require(actual <= type(uint96).max, EscrowFull(type(uint96).max, actual));
    }

    /// @param token The ERC-20 to hold. Not one that takes fees on transfer or changes balances by itself
    /// @param operatorRegistry Where agents and beneficiaries are looked up
    /// @param feeBps Hundredths of a percent of every settlement, at most `MAX_FEE_BPS`
    /// @param feeCollector Who collects the fees. Need not exist yet; may be zero when `feeBps` is
    constructor(IERC20 token, IOperatorRegistry operatorRegistry, uint256 feeBps, address feeCollector) {
        require(address(token).code.length > 0, NotAContract(address(token)));
        require(address(operatorRegistry).code.length > 0, NotAContract(address(operatorRegistry)));
        require(feeBps <= MAX_FEE_BPS, FeeTooHigh(MAX_FEE_BPS, feeBps));
        require(feeBps == 0 || feeCollector != address(0), FeeCollectorMissing());
        TOKEN = token;
        OPERATOR_REGISTRY = operatorRegistry;
        FEE_BPS = feeBps;
        FEE_COLLECTOR = feeCollector;
    }

    // ------------------------------------------------------------------------------------------------ accounts

    /// @inheritdoc IPaymentChannels
    function deposit(
        address signer,
        address owner,
        uint96 amount,
        Signature calldata session
    ) external nonReentrant receivesExactly(amount) {
        _credit(signer, owner, amount, session, msg.sender);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IPaymentChannels
    function depositWithPermit(
        address signer,
        address owner,
        uint96 amount,
        Signature calldata session,
        Permit calldata permit
    ) external nonReentrant receivesExactly(amount) {
        _credit(signer, owner, amount, session, msg.sender);
        // A permit is spent by whoever sends it first. Then this call fails and the allowance is there all the same;
        // without an allowance the transfer reverts.
        IERC20Permit token = IERC20Permit(address(TOKEN));
        try token.permit(msg.sender, address(this), amount, permit.deadline, permit.v, permit.r, permit.s) {} catch {}
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IPaymentChannels
    function depositWithAuthorization(
        address signer,
        address owner,
        uint96 amount,
        Signature calldata session,
        Authorization calldata authorization
    ) external nonReentrant receivesExactly(amount) {
        _credit(signer, owner, amount, session, authorization.from);
        bytes32 nonce = authorizationNonce(signer, owner, authorization.salt);
        TOKEN.receiveTokens(amount, nonce, authorization);
    }

    /// @inheritdoc IPaymentChannels
    function withdraw(address signer, uint96 amount, address to) external nonReentrant {
        Account storage account_ = _accounts[signer];
        require(account_.owner == msg.sender, NotAccountOwner(account_.owner, msg.sender));
        require(to != address(0) && to != address(this), InvalidAddress(to));
        require(amount <= account_.balance, InsufficientBalance(amount, account_.balance));
        account_.balance -= amount;
        emit Withdrawn(signer, to, amount);
        TOKEN.safeTransfer(to, amount);
    }

    // ------------------------------------------------------------------------------------------------ channels

    /// @inheritdoc IPaymentChannels
    function fund(Channel calldata channel_, uint96 total) external {
        Account storage account_ = _accounts[channel_.signer];
        uint256 available = _payersBalance(account_, channel_.signer);
        uint256 moved = _fund(channel_.signer, channel_.payee, Terms.pack(channel_), total, available);
        account_.balance = uint96(available - moved);
    }

    /// @inheritdoc IPaymentChannels
    function fundMany(address signer, Funding[] calldata fundings) external {
        Account storage account_ = _accounts[signer];
        uint256 available = _payersBalance(account_, signer);
        // `_fund` moves no more than is available.
        unchecked {
            for (uint256 i; i < fundings.length; ++i) {
                Funding calldata funding = fundings[i];
                available -= _fund(signer, funding.payee, funding.terms.withoutBytes(), funding.total, available);
            }
        }
        account_.balance = uint96(available);
    }

    /// @inheritdoc IPaymentChannels
    function fundWithSignature(
        Channel calldata channel_,
        uint96 total,
        uint40 validUntil,
        Signature calldata signature
    ) external {
        address signer = channel_.signer;
        bytes32 terms = Terms.pack(channel_);
        bytes32 id = terms.channelId(signer, channel_.payee);
        ChannelState memory state = _channels[id];
        uint96 available = _accounts[signer].balance;
        (bool isValid, ) = _checkSigner(signer, Messages.fundHash(channel_, total, validUntil), signature);
        SkipReason reason;
        if (!isValid) {
            reason = SkipReason.BadSignature;
        } else if (!_areValidTerms(channel_.payee, terms)) {
            reason = SkipReason.TermsRefused;
        } else if (block.timestamp > validUntil) {
            reason = SkipReason.Expired;
        } else if (state.closed) {
            reason = SkipReason.ChannelClosed;
        } else if (state.closeRequestedAt != 0) {
            reason = SkipReason.ClosePending;
        } else if (total <= state.deposit) {
            reason = SkipReason.AlreadyFunded;
        } else if (available == 0) {
            reason = SkipReason.AccountEmpty;
        } else {
            uint96 amount = uint96(Math.min(total - state.deposit, available));
            _accounts[signer].balance = available - amount;
            _channels[id].deposit = state.deposit + amount;
            emit Funded(id, signer, channel_.payee, terms, state.deposit + amount);
            return;
        }
        emit FundSkipped(id, channel_.payee, reason);
    }

    /// @inheritdoc IPaymentChannels
    function settle(address payee, SettleRow[] calldata rows) external returns (uint256 earned) {
        SettleRows.Batch batch = SettleRows.open(payee, _domainSeparator(), rows.length);
        uint256 amount;
        uint256 newBytes;
        // Sums of 96 and 64 bits a row.
        unchecked {
            for (uint256 i; i < rows.length; ++i) {
                SettleRow calldata row = rows[i];
                bytes32 id = batch.channelOf(row);
                (SkipReason reason, uint256 settledBytes, uint256 rowBytes, uint256 paid) = _settleRow(
                    _channels[id],
                    row.terms
                );
                if (reason == SkipReason.None) {
                    amount += paid;
                    newBytes += rowBytes;
                    batch.append(id, (paid << 64) | settledBytes);
                } else {
                    emit SettleSkipped(payee, id, i, id == 0 ? SkipReason.BadSignature : reason);
                }
            }
            if (newBytes == 0) return 0;

            // Rounded down, in the payee's favour: a payee that splits a batch saves less than one unit a batch.
            uint256 fee = (amount * FEE_BPS) / BPS;
            earned = amount - fee;
            _earn(_earnings[payee], earned, fee, newBytes);
        }
        batch.emitSettled();
    }

    /// @inheritdoc IPaymentChannels
    function close(Channel calldata channel_, uint64 minSettledBytes) external {
        _requirePayee(channel_.payee, msg.sender);
        _closeByPayee(channel_, minSettledBytes);
    }

    /// @inheritdoc IPaymentChannels
    function closeWithSignature(
        Channel calldata channel_,
        uint64 minSettledBytes,
        Signature calldata signature
    ) external {
        address closer = _recover(Messages.closeHash(channelId(channel_), minSettledBytes), signature);
        require(closer != address(0), BadSignature(channel_.payee, closer));
        _requirePayee(channel_.payee, closer);
        _closeByPayee(channel_, minSettledBytes);
    }

    /// @inheritdoc IPaymentChannels
    function requestClose(Channel calldata channel_) external {
        _requirePayer(_accounts[channel_.signer], channel_.signer);
        (bytes32 id, ChannelState storage state) = _openChannel(channel_);
        uint256 requestedAt = state.closeRequestedAt;
        require(requestedAt == 0, CloseAlreadyRequested(id, requestedAt + channel_.gracePeriod));
        state.closeRequestedAt = block.timestamp.toUint40();
        emit CloseRequested(id, channel_.signer, channel_.payee, block.timestamp + channel_.gracePeriod);
    }

    /// @inheritdoc IPaymentChannels
    function finalizeClose(Channel calldata channel_) external {
        (bytes32 id, ChannelState storage state) = _openChannel(channel_);
        uint256 requestedAt = state.closeRequestedAt;
        require(requestedAt != 0, CloseNotRequested(id));
        uint256 closableAt = requestedAt + channel_.gracePeriod;
        require(block.timestamp >= closableAt, GracePeriodNotOver(closableAt, block.timestamp));
        _close(channel_, id, state);
    }

    // ------------------------------------------------------------------------------------------------ earnings

    /// @inheritdoc IPaymentChannels
    function withdrawEarnings(address payee) external nonReentrant returns (uint256 amount) {
        amount = _earnings[payee].balance;
        if (amount == 0) return 0;
        _earnings[payee].balance = 0;
        address beneficiary = OPERATOR_REGISTRY.beneficiaryOf(payee);
        address to = beneficiary == address(0) ? payee : beneficiary;
        emit EarningsWithdrawn(payee, to, uint96(amount));
        TOKEN.safeTransfer(to, amount);
    }

    /// @inheritdoc IPaymentChannels
    function collectFees(address payee) external nonReentrant returns (uint256 amount) {
        require(msg.sender == FEE_COLLECTOR, NotFeeCollector(FEE_COLLECTOR, msg.sender));
        amount = _earnings[payee].fees;
        if (amount == 0) return 0;
        _earnings[payee].fees = 0;
        emit FeesCollected(payee, uint96(amount));
        TOKEN.safeTransfer(FEE_COLLECTOR, amount);
    }

    // ------------------------------------------------------------------------------------------------ batching

    /// @inheritdoc IPaymentChannels
    function multicall(bytes[] calldata calls) external returns (bytes[] memory results) {
        results = new bytes[](calls.length);
        for (uint256 i; i < calls.length; ++i) {
            results[i] = Address.functionDelegateCall(address(this), calls[i]);
        }
    }

    // --------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IPaymentChannels
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparator();
    }

    /// @inheritdoc IPaymentChannels
    function account(address signer) external view returns (Account memory) {
        return _accounts[signer];
    }

    /// @inheritdoc IPaymentChannels
    function channel(bytes32 channelId_) external view returns (ChannelState memory) {
        return _channels[channelId_];
    }

    /// @inheritdoc IPaymentChannels
    function earningsOf(address payee) external view returns (Earnings memory) {
        return _earnings[payee];
    }

    /// @inheritdoc IPaymentChannels
    function channelId(Channel calldata channel_) public pure returns (bytes32) {
        return keccak256(abi.encode(channel_));
    }

    /// @inheritdoc IPaymentChannels
    function owed(uint64 deliveredBytes, uint96 pricePerGiB) external pure returns (uint256) {
        return Amounts.owedDown(deliveredBytes, pricePerGiB);
    }

    /// @inheritdoc IPaymentChannels
    function coveredBytes(uint96 deposit_, uint96 pricePerGiB) external pure returns (uint256) {
        return Amounts.coveredBytesDown(deposit_, pricePerGiB);
    }

    /// @inheritdoc IPaymentChannels
    function authorizationNonce(address signer, address owner, bytes32 salt) public view returns (bytes32) {
        return keccak256(abi.encode(_domainSeparator(), signer, owner, salt));
    }

    // ------------------------------------------------------------------------------------------------ internal

    /// @dev Books a deposit, opening the account when nobody owns it yet.
    function _credit(address signer, address owner, uint96 amount, Signature calldata session, address from) private {
        Account storage account_ = _accounts[signer];
        if (account_.owner == address(0)) {
            require(owner != address(0), InvalidAddress(owner));
            (bool isValid, address recovered) = _checkSigner(signer, Messages.sessionHash(owner), session);
            require(isValid, BadSignature(signer, recovered));
            account_.owner = owner;
            emit AccountOpened(signer, owner);
        } else {
            require(account_.owner == owner, AccountOwnerMismatch(owner, account_.owner));
        }
        account_.balance += amount;
        emit Deposited(signer, from, amount);
    }

    /// @dev Raises a channel's deposit to `total` for its payer.
    /// @param terms Without bytes
    /// @param available What the signer's account holds
    /// @return moved What of it went into the channel; the caller books it
    function _fund(
        address signer,
        address payee,
        bytes32 terms,
        uint256 total,
        uint256 available
    ) private returns (uint256 moved) {
        // Not `require`, which would work out the error's arguments first.
        if (!_areValidTerms(payee, terms)) revert InvalidTerms(payee, terms.pricePerGiB(), terms.gracePeriod());
        bytes32 id = terms.channelId(signer, payee);
        ChannelState storage state = _channels[id];
        uint256 before = state.deposit;
        bool isClosePending = state.closeRequestedAt != 0;
        if (state.closed) revert ChannelIsClosed(id);
        if (total < before) total = before;
        unchecked {
            moved = total - before;
        }
        if (moved > available) revert InsufficientBalance(moved, available);
        state.deposit = uint96(total);
        state.closeRequestedAt = 0;
        if (isClosePending) emit CloseCancelled(id, signer, payee);
        if (moved != 0) emit Funded(id, signer, payee, terms, uint96(total));
    }

    /// @dev Settles one row on the channel that its signature names. A malformed signature names channel zero, which is
    /// never funded.
    /// @return reason None, or why the row is skipped and nothing changed
    /// @return settledBytes The channel's new total
    /// @return newBytes How many bytes the row pays for: not zero, unless it is skipped
    /// @return paid What the row pays, before the fee
    function _settleRow(
        ChannelState storage state,
        bytes32 terms
    ) private returns (SkipReason reason, uint256 settledBytes, uint256 newBytes, uint256 paid) {
        uint256 deposit_ = state.deposit;
        uint256 before = state.settledBytes;
        if (state.closed) return (SkipReason.ChannelClosed, 0, 0, 0);
        if (deposit_ == 0) return (SkipReason.ChannelUnknown, 0, 0, 0);
        settledBytes = terms.deliveredBytes();
        if (settledBytes <= before) return (SkipReason.NothingNew, 0, 0, 0);

        uint256 pricePerGiB = terms.pricePerGiB();
        uint256 cost = Amounts.owedDown(settledBytes, pricePerGiB);
        if (cost > deposit_) {
            settledBytes = Amounts.coveredBytesDown(deposit_, pricePerGiB);
            if (settledBytes <= before) return (SkipReason.DepositSpent, 0, 0, 0);
            cost = Amounts.owedDown(settledBytes, pricePerGiB);
        }
        // Fits: what a deposit covers is less than the receipt's 64 bits once the receipt costs more.
        state.settledBytes = uint64(settledBytes);
        // Both grow with the bytes, which exceed `before`.
        unchecked {
            newBytes = settledBytes - before;
            paid = cost - Amounts.owedDown(before, pricePerGiB);
        }
    }

    /// @dev Credits a payee. What is booked never exceeds 96 bits (see `receivesExactly`); the casts are checked all the same.
    function _earn(Earnings storage earnings, uint256 earned, uint256 fee, uint256 newBytes) private {
        unchecked {
            earned += earnings.balance;
            fee += earnings.fees;
            newBytes += earnings.provenBytes;
        }
        // Saturates, so that nobody can make a payee's settlements revert by paying himself for absurd totals.
        if (newBytes > type(uint64).max) newBytes = type(uint64).max;
        uint96 balance = earned.toUint96();
        uint96 fees = fee.toUint96();
        earnings.balance = balance;
        earnings.fees = fees;
        earnings.provenBytes = uint64(newBytes);
    }

    function _closeByPayee(Channel calldata channel_, uint64 minSettledBytes) private {
        (bytes32 id, ChannelState storage state) = _openChannel(channel_);
        require(state.settledBytes >= minSettledBytes, SettledBytesTooLow(minSettledBytes, state.settledBytes));
        _close(channel_, id, state);
    }

    /// @dev Leaves a tombstone with `deposit` at what was paid, so that nothing unsettled is left in it.
    function _close(Channel calldata channel_, bytes32 id, ChannelState storage state) private {
        uint256 spent = Amounts.owedDown(state.settledBytes, channel_.pricePerGiB);
        uint256 refund = state.deposit - spent;
        state.deposit = spent.toUint96();
        state.closeRequestedAt = 0;
        state.closed = true;
        _accounts[channel_.signer].balance += refund.toUint96();
        emit Closed(id, channel_.signer, channel_.payee, state.settledBytes, refund.toUint96());
    }

    function _openChannel(Channel calldata channel_) private view returns (bytes32 id, ChannelState storage state) {
        id = channelId(channel_);
        state = _channels[id];
        require(!state.closed, ChannelIsClosed(id));
        require(state.deposit != 0, ChannelUnknown(id));
    }

    function _requirePayer(Account storage account_, address signer) private view {
        address owner = account_.owner;
        require(msg.sender == owner || msg.sender == signer, NotPayer(owner, signer, msg.sender));
    }

    function _payersBalance(Account storage account_, address signer) private view returns (uint256) {
        _requirePayer(account_, signer);
        return account_.balance;
    }

    function _requirePayee(address payee, address closer) private view {
        require(closer == payee || OPERATOR_REGISTRY.isAgent(payee, closer), NotPayee(payee, closer));
    }

    function _checkSigner(
        address signer,
        bytes32 structHash,
        Signature calldata signature
    ) private view returns (bool isValid, address recovered) {
        recovered = _recover(structHash, signature);
        // Zero is what a malformed signature recovers to: nobody may act for a zero signer.
        isValid = recovered == signer && recovered != address(0);
    }

    /// @dev Plain ECDSA whatever code the signer has, so that a signer that delegates later (EIP-7702) cannot take back
    /// what it signed.
    /// @return signer Zero when the signature is malformed or its s is high
    function _recover(bytes32 structHash, Signature calldata signature) private view returns (address signer) {
        (signer, , ) = ECDSA.tryRecover(_digest(structHash), signature.r, signature.vs);
    }

    function _areValidTerms(address payee, bytes32 terms) private pure returns (bool) {
        uint256 gracePeriod = terms.gracePeriod();
        return
            payee != address(0) &&
            terms.pricePerGiB() != 0 &&
            gracePeriod >= MIN_GRACE_PERIOD &&
            gracePeriod <= MAX_GRACE_PERIOD;
    }
}
