// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IStakeManager} from "./interfaces/IStakeManager.sol";
import {RewardStreams} from "./libraries/RewardStreams.sol";
import {SharePools} from "./libraries/SharePools.sol";

/// @title StakeManager
/// @dev Money is in five places: pools, streams, rewards to be claimed, and what was burned; see `_pull` for why no sum of them overflows.
/// Every entry point brings the operator it touches up to date first (`_touch`).
contract StakeManager is IStakeManager, ReentrancyGuard {
    using RewardStreams for RewardStreams.Stream;
    using SafeERC20 for IERC20;
    using SharePools for SharePools.Pool;

    /// @dev All about one operator.
    struct Book {
        SharePools.Pool own;
        SharePools.Pool ownUnbonding;
        SharePools.Pool delegated;
        SharePools.Pool delegatedUnbonding;
        RewardStreams.Stream ownStream;
        RewardStreams.Stream delegatedStream;
        uint16 commissionBps;
        /// The epoch in which the commission was last raised under delegators. An epoch takes an hour at least: 24 bits last for
        /// 1,900 years.
        uint24 raisedIn;
        /// The epoch at whose start the rest was there: the last one in which anything changed.
        uint24 checkedIn;
        uint96 ownAtStart;
        uint96 delegatedAtStart;
    }

    /// @dev One holder's stake on its way out.
    struct Exit {
        address operator;
        uint40 endsAt;
        SharePools.Holding holding;
    }

    /// @inheritdoc IStakeManager
    uint16 public constant MAX_COMMISSION_BPS = 5_000;
    /// @inheritdoc IStakeManager
    uint16 public constant MAX_COMMISSION_STEP_BPS = 100;
    /// @notice See `Parameters`.
    uint16 public constant MAX_REPORTER_BPS = 3_000;
    /// @notice See `Parameters`.
    uint16 public constant MAX_DELEGATION_RATIO = 100;
    /// @notice See `Parameters`.
    uint32 public constant MIN_EPOCH_LENGTH = 1 hours;
    /// @notice See `Parameters`.
    uint32 public constant MAX_EPOCH_LENGTH = 30 days;
    /// @notice See `Parameters`.
    uint32 public constant MAX_UNBONDING_PERIOD = 90 days;
    uint256 private constant BPS = 10_000;

    /// @inheritdoc IStakeManager
    IERC20 public immutable TOKEN;
    /// @inheritdoc IStakeManager
    IOperatorRegistry public immutable OPERATOR_REGISTRY;
    /// @inheritdoc IStakeManager
    address public immutable REWARDS_DISTRIBUTOR;
    /// @inheritdoc IStakeManager
    address public immutable DELIVERY_DISPUTES;
    /// @inheritdoc IStakeManager
    uint96 public immutable MIN_SELF_STAKE;
    /// @inheritdoc IStakeManager
    uint96 public immutable SLASH_AMOUNT;
    /// @inheritdoc IStakeManager
    uint16 public immutable REPORTER_BPS;
    /// @inheritdoc IStakeManager
    uint16 public immutable DELEGATION_RATIO;
    /// @inheritdoc IStakeManager
    uint32 public immutable EPOCH_LENGTH;
    /// @inheritdoc IStakeManager
    uint32 public immutable UNBONDING_PERIOD;

    /// @inheritdoc IStakeManager
    uint256 public burned;

    mapping(address operator => Book) private _books;
    /// Bonded stake; an operator's holding of itself is its own stake.
    mapping(address operator => mapping(address holder => SharePools.Holding)) private _holdings;
    mapping(address holder => Exit[]) private _exits;
    mapping(address account => uint96) private _rewards;
    mapping(address agent => bool) private _retired;

    /// @param token The ERC-20 that relays are paid in
    /// @param operatorRegistry Where operators, agents and beneficiaries are looked up
    /// @param rewardsDistributor May not exist yet; it checks that this names it
    /// @param deliveryDisputes May not exist yet; it checks that this names it
    constructor(
        IERC20 token,
        IOperatorRegistry operatorRegistry,
        address rewardsDistributor,
        address deliveryDisputes,
        Parameters memory parameters
    ) {
        require(address(token).code.length > 0, NotAContract(address(token)));
        require(address(operatorRegistry).code.length > 0, NotAContract(address(operatorRegistry)));
        uint256 shortest = Math.max(operatorRegistry.DISPUTE_WINDOW() + 1, parameters.epochLength);
        _bound("minSelfStake", 1, type(uint96).max, parameters.minSelfStake);
        _bound("slashAmount", 1, parameters.minSelfStake, parameters.slashAmount);
        _bound("reporterBps", 0, MAX_REPORTER_BPS, parameters.reporterBps);
        _bound("delegationRatio", 1, MAX_DELEGATION_RATIO, parameters.delegationRatio);
        _bound("epochLength", MIN_EPOCH_LENGTH, MAX_EPOCH_LENGTH, parameters.epochLength);
        _bound("unbondingPeriod", shortest, MAX_UNBONDING_PERIOD, parameters.unbondingPeriod);
        TOKEN = token;
        OPERATOR_REGISTRY = operatorRegistry;
        REWARDS_DISTRIBUTOR = rewardsDistributor;
        DELIVERY_DISPUTES = deliveryDisputes;
        MIN_SELF_STAKE = parameters.minSelfStake;
        SLASH_AMOUNT = parameters.slashAmount;
        REPORTER_BPS = parameters.reporterBps;
        DELEGATION_RATIO = parameters.delegationRatio;
        EPOCH_LENGTH = parameters.epochLength;
        UNBONDING_PERIOD = parameters.unbondingPeriod;
    }

    // --------------------------------------------------------------------------------------------------- stake

    /// @inheritdoc IStakeManager
    function stake(uint96 amount) external nonReentrant returns (uint160 shares) {
        require(OPERATOR_REGISTRY.isRegistered(msg.sender), NotRegistered(msg.sender));
        Book storage book = _touch(msg.sender);
        shares = book.own.deposit(_holdings[msg.sender][msg.sender], amount);
        require(shares != 0, ZeroAmount());
        emit Staked(msg.sender, amount, shares);
        _pull(amount);
    }

    /// @inheritdoc IStakeManager
    function delegate(
        address operator,
        uint96 amount,
        uint16 maxCommissionBps
    ) external nonReentrant returns (uint160 shares) {
        require(msg.sender != operator, CannotDelegateToSelf(operator));
        require(isActive(operator), OperatorNotActive(operator));
        Book storage book = _touch(operator);
        require(book.commissionBps <= maxCommissionBps, CommissionTooHigh(maxCommissionBps, book.commissionBps));
        uint256 room = _delegationRoom(book.own.assets, book.delegated.assets);
        require(amount <= room, DelegationTooHigh(room, amount));
        shares = book.delegated.deposit(_holdings[operator][msg.sender], amount);
        require(shares != 0, ZeroAmount());
        emit Delegated(operator, msg.sender, amount, shares);
        _pull(amount);
    }

    /// @inheritdoc IStakeManager
    function unbond(address operator, uint160 shares) external nonReentrant returns (uint256 index) {
        Book storage book = _touch(operator);
        bool isOwn = msg.sender == operator;
        SharePools.Pool storage bonded = isOwn ? book.own : book.delegated;
        SharePools.Holding storage holding = _holdings[operator][msg.sender];
        uint160 held = bonded.sharesOf(holding);
        require(shares <= held, InsufficientShares(held, shares));

        uint96 amount = bonded.redeem(holding, shares);
        require(amount != 0, ZeroAmount());
        index = _exits[msg.sender].length;
        Exit storage exit = _exits[msg.sender].push();
        exit.operator = operator;
        exit.endsAt = uint40(block.timestamp + UNBONDING_PERIOD);
        (isOwn ? book.ownUnbonding : book.delegatedUnbonding).deposit(exit.holding, amount);
        emit UnbondingStarted(operator, msg.sender, index, amount, shares, exit.endsAt);
    }

    /// @inheritdoc IStakeManager
    function withdraw(uint256 index) external nonReentrant returns (uint96 amount) {
        Exit[] storage exits = _exits[msg.sender];
        require(index < exits.length && exits[index].endsAt != 0, UnbondingUnknown(msg.sender, index));
        Exit storage exit = exits[index];
        require(block.timestamp >= exit.endsAt, StillUnbonding(exit.endsAt, block.timestamp));

        address operator = exit.operator;
        SharePools.Pool storage pool = _unbondingPool(operator, msg.sender);
        amount = pool.redeem(exit.holding, pool.sharesOf(exit.holding));
        delete exits[index];
        address to = msg.sender == operator ? _payoutAddress(operator) : msg.sender;
        emit StakeWithdrawn(operator, msg.sender, index, to, amount);
        TOKEN.safeTransfer(to, amount);
    }

    // ------------------------------------------------------------------------------------------------- rewards

    /// @inheritdoc IStakeManager
    function setCommission(uint16 commissionBps) external {
        Book storage book = _books[msg.sender];
        uint16 current = book.commissionBps;
        uint16 max = MAX_COMMISSION_BPS;
        if (commissionBps > current && book.delegated.shares != 0) {
            uint256 epoch_ = epoch();
            require(book.raisedIn < epoch_, CommissionRaisedAlready(epoch_));
            book.raisedIn = uint24(epoch_);
            max = uint16(Math.min(current + MAX_COMMISSION_STEP_BPS, max));
        }
        require(commissionBps <= max, CommissionTooHigh(max, commissionBps));
        book.commissionBps = commissionBps;
        emit CommissionSet(msg.sender, commissionBps);
    }

    /// @inheritdoc IStakeManager
    function claimRewards(address account) external nonReentrant returns (uint96 amount) {
        amount = _rewards[account];
        if (amount == 0) return 0;
        _rewards[account] = 0;
        address to = _payoutAddress(account);
        emit RewardsClaimed(account, to, amount);
        TOKEN.safeTransfer(to, amount);
    }

    /// @inheritdoc IStakeManager
    function addRewards(address operator, uint96 amount) external nonReentrant {
        require(msg.sender == REWARDS_DISTRIBUTOR, NotAuthorized(REWARDS_DISTRIBUTOR, msg.sender));
        Book storage book = _touch(operator);
        // What came since the epoch began did not count for these rewards, and takes nothing from what did.
        uint256 own = Math.min(book.ownAtStart, book.own.assets);
        uint256 delegated = book.delegated.shares == 0 ? 0 : Math.min(book.delegatedAtStart, book.delegated.assets);
        // All rounds down: commissions for the delegators, and what they earn for the operator, which may round as it likes.
        uint96 delegators = delegated == 0 ? 0 : uint96(Math.mulDiv(amount, delegated, own + delegated));
        uint96 commission = uint96((uint256(delegators) * book.commissionBps) / BPS);
        uint96 ownPart = amount - delegators;
        delegators -= commission;
        book.ownStream.add(ownPart, EPOCH_LENGTH);
        book.delegatedStream.add(delegators, EPOCH_LENGTH);
        _rewards[operator] += commission;
        emit RewardsAdded(operator, ownPart, delegators, commission);
        _pull(amount);
    }

    // ------------------------------------------------------------------------------------------------ slashing

    /// @inheritdoc IStakeManager
    function slash(address operator, address agent, address reporter) external nonReentrant {
        require(msg.sender == DELIVERY_DISPUTES, NotAuthorized(DELIVERY_DISPUTES, msg.sender));
        require(!_retired[agent], AgentRetired(agent));
        _retired[agent] = true;
        Book storage book = _touch(operator);
        uint256 open = SLASH_AMOUNT;
        uint96 own = book.own.slash(open);
        own += book.ownUnbonding.slash(open - own);
        open -= own;

        // Pro rata. What is rounded up for the unbonding is never more than it has, for `open` is not more than both have.
        uint256 bonded = book.delegated.assets;
        uint256 all = bonded + book.delegatedUnbonding.assets;
        open = Math.min(open, all);
        uint256 fromBonded = all == 0 ? 0 : Math.mulDiv(open, bonded, all);
        uint96 delegated = book.delegated.slash(fromBonded);
        delegated += book.delegatedUnbonding.slash(open - fromBonded);

        uint96 cut = uint96((uint256(own) * REPORTER_BPS) / BPS);
        _rewards[reporter] += cut;
        burned += own + delegated - cut;
        emit Slashed(operator, agent, reporter, own, delegated, cut);
    }

    // --------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IStakeManager
    function isActive(address operator) public view returns (bool) {
        (uint256 own, ) = _bonded(_books[operator]);
        if (own < MIN_SELF_STAKE) return false;
        address agent = OPERATOR_REGISTRY.agentOf(operator);
        return agent != address(0) && !_retired[agent];
    }

    /// @inheritdoc IStakeManager
    function isRetired(address agent) external view returns (bool) {
        return _retired[agent];
    }

    /// @inheritdoc IStakeManager
    function rewardableStake(address operator) public view returns (uint96) {
        if (!isActive(operator)) return 0;
        Book storage book = _books[operator];
        (uint256 own, uint256 delegated) = _bonded(book);
        uint256 now_ = _rewardable(own, delegated);
        if (book.checkedIn != epoch()) return uint96(now_);
        return uint96(Math.min(_rewardable(book.ownAtStart, book.delegatedAtStart), now_));
    }

    /// @inheritdoc IStakeManager
    function operatorStake(address operator) public view returns (OperatorStake memory) {
        Book storage book = _books[operator];
        (uint256 own, uint256 delegated) = _bonded(book);
        return
            OperatorStake({
                own: uint96(own),
                ownUnbonding: book.ownUnbonding.assets,
                delegated: uint96(delegated),
                delegatedUnbonding: book.delegatedUnbonding.assets,
                delegationRoom: uint96(_delegationRoom(own, delegated)),
                rewardable: rewardableStake(operator),
                commissionBps: book.commissionBps,
                active: isActive(operator)
            });
    }

    /// @inheritdoc IStakeManager
    function operatorStakes(address[] calldata operators) external view returns (OperatorStake[] memory stakes) {
        stakes = new OperatorStake[](operators.length);
        for (uint256 i; i < operators.length; ++i) stakes[i] = operatorStake(operators[i]);
    }

    /// @inheritdoc IStakeManager
    function stakeOf(address operator, address holder) external view returns (uint160 shares, uint96 amount) {
        Book storage book = _books[operator];
        (uint256 own, uint256 delegated) = _bonded(book);
        bool isOwn = holder == operator;
        SharePools.Pool storage pool = isOwn ? book.own : book.delegated;
        shares = pool.sharesOf(_holdings[operator][holder]);
        amount = pool.toAssetsDown(shares, isOwn ? own : delegated);
    }

    /// @inheritdoc IStakeManager
    function unbondingCount(address holder) external view returns (uint256) {
        return _exits[holder].length;
    }

    /// @inheritdoc IStakeManager
    function unbonding(address holder, uint256 index) external view returns (Unbonding memory) {
        require(index < _exits[holder].length, UnbondingUnknown(holder, index));
        Exit storage exit = _exits[holder][index];
        SharePools.Pool storage pool = _unbondingPool(exit.operator, holder);
        return Unbonding(exit.operator, pool.toAssetsDown(pool.sharesOf(exit.holding), pool.assets), exit.endsAt);
    }

    /// @inheritdoc IStakeManager
    function rewardsOf(address account) external view returns (uint96) {
        return _rewards[account];
    }

    /// @inheritdoc IStakeManager
    function epoch() public view returns (uint256) {
        return block.timestamp / EPOCH_LENGTH;
    }

    // ------------------------------------------------------------------------------------------------- private

    /// @dev Brings an operator up to date before anything changes: its streams, and what it had when the epoch began. Streams
    /// only add, so that what has arrived since the epoch began makes it no smaller than it was; the smaller of it and the present counts.
    function _touch(address operator) private returns (Book storage book) {
        book = _books[operator];
        book.own.assets += book.ownStream.advance(book.own.shares != 0);
        book.delegated.assets += book.delegatedStream.advance(book.delegated.shares != 0);
        uint256 epoch_ = epoch();
        if (book.checkedIn == epoch_) return book;
        book.checkedIn = uint24(epoch_);
        book.ownAtStart = book.own.assets;
        book.delegatedAtStart = book.delegated.assets;
    }

    /// @dev Takes tokens from the caller, last of all. The exact difference rules out tokens that take a fee on transfer. The bound on the
    /// balance bounds everything that is booked, for only this raises that.
    function _pull(uint96 amount) private {
        uint256 expected = TOKEN.balanceOf(address(this)) + amount;
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
        uint256 actual = TOKEN.balanceOf(address(this));
        require(actual == expected, InexactTransfer(expected, actual));
        require(actual <= type(uint96).max, StakeFull(type(uint96).max, actual));
    }

    /// @dev What is in the pools that earn, with what has arrived since they were touched.
    function _bonded(Book storage book) private view returns (uint256 own, uint256 delegated) {
        own = uint256(book.own.assets) + book.ownStream.arrivedDown(book.own.shares != 0);
        delegated = uint256(book.delegated.assets) + book.delegatedStream.arrivedDown(book.delegated.shares != 0);
    }

    function _rewardable(uint256 own, uint256 delegated) private view returns (uint256) {
        return own + Math.min(delegated, own * DELEGATION_RATIO);
    }

    /// @dev Cut to what an amount can be.
    function _delegationRoom(uint256 own, uint256 delegated) private view returns (uint256) {
        return Math.min(Math.saturatingSub(own * DELEGATION_RATIO, delegated), type(uint96).max);
    }

    function _unbondingPool(address operator, address holder) private view returns (SharePools.Pool storage) {
        Book storage book = _books[operator];
        return holder == operator ? book.ownUnbonding : book.delegatedUnbonding;
    }

    function _payoutAddress(address account) private view returns (address) {
        address beneficiary = OPERATOR_REGISTRY.beneficiaryOf(account);
        return beneficiary == address(0) ? account : beneficiary;
    }

    function _bound(string memory name, uint256 min, uint256 max, uint256 actual) private pure {
        require(actual >= min && actual <= max, ParameterOutOfBounds(name, min, max, actual));
    }
}
