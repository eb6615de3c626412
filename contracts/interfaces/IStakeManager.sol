// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IOperatorRegistry} from "./IOperatorRegistry.sol";

/**
 * @title IStakeManager
 * @notice What operators and those who trust them have at stake, in the token that relays are paid in. Nobody owns this contract and nothing
 * in it can be changed.
 *
 * Each operator has two pools that earn, its *own* stake and what was *delegated* to it, and beside each a pool of what is *unbonding*:
 * it earns nothing, counts for nothing, and can still be slashed until it is withdrawn. Whoever puts tokens into a pool holds
 * shares of it. Rewards raise what a share is worth, evenly over the epoch that follows their distribution; slashing lowers it, and nothing
 * else does. When that leaves shares next to worthless, a billion of them become one: `stakeOf` tells what a holder has left.
 *
 * Amounts are token base units, shares are shares of one pool, times are seconds, and basis points are hundredths of a percent. Conversions
 * round down, in favour of those who stay in the pool.
 *
 * HAZARD for delegators: a slash takes the operator's own stake first, and then yours. `operatorStake` says how much stands before you.
 */
interface IStakeManager {
    /// @notice Fixed at construction.
    struct Parameters {
        /// The least own stake of an active operator. Not zero.
        uint96 minSelfStake;
        /// What one accepted proof takes. Not zero, at most `minSelfStake`, so that an active operator pays for a first proof alone.
        uint96 slashAmount;
        /// The reporter's part of what the operator itself loses, at most `MAX_REPORTER_BPS`.
        uint16 reporterBps;
        /// At most so many times its own stake can be delegated to an operator and counts for its rewards: 1 to `MAX_DELEGATION_RATIO`.
        uint16 delegationRatio;
        /// `MIN_EPOCH_LENGTH` to `MAX_EPOCH_LENGTH`.
        uint32 epochLength;
        /// Longer than the registry's dispute window, at least an epoch, at most `MAX_UNBONDING_PERIOD`.
        uint32 unbondingPeriod;
    }

    /// @notice What stands behind one operator at this moment.
    struct OperatorStake {
        /// Its own, bonded.
        uint96 own;
        uint96 ownUnbonding;
        /// Of all delegators, bonded.
        uint96 delegated;
        uint96 delegatedUnbonding;
        /// How much more can be delegated.
        uint96 delegationRoom;
        /// Counts for its next rewards: see `rewardableStake`.
        uint96 rewardable;
        /// Its part of the delegators' rewards.
        uint16 commissionBps;
        /// Whether `isActive`.
        bool active;
    }

    /// @notice Stake on its way out.
    struct Unbonding {
        address operator;
        /// What it is worth at present; less after a slash.
        uint96 amount;
        /// From then on it can be withdrawn. Zero once it was.
        uint40 endsAt;
    }

    /// @notice `operator` added `amount` to its own stake for `shares`.
    event Staked(address indexed operator, uint96 amount, uint160 shares);
    /// @notice `delegator` delegated `amount` to `operator` for `shares`.
    event Delegated(address indexed operator, address indexed delegator, uint96 amount, uint160 shares);
    /// @notice `holder` (the operator itself, or a delegator) is taking `shares`, worth `amount`, out of the stake behind `operator`.
    event UnbondingStarted(
        address indexed operator,
        address indexed holder,
        uint256 index,
        uint96 amount,
        uint160 shares,
        uint40 endsAt
    );
    /// @notice What `holder` unbonded at `index` was paid to `to`: `amount`, less than was unbonded after a slash.
    event StakeWithdrawn(address indexed operator, address indexed holder, uint256 index, address to, uint96 amount);
    /// @notice From now on `operator` keeps `commissionBps` of its delegators' rewards.
    event CommissionSet(address indexed operator, uint16 commissionBps);
    /// @notice Rewards of `operator`: `own` and `delegated` reach their pools over the next epoch, `commission` can be claimed.
    event RewardsAdded(address indexed operator, uint96 own, uint96 delegated, uint96 commission);
    /// @notice `amount` of rewards, or of reporter's cuts, of `account` were paid to `to`.
    event RewardsClaimed(address indexed account, address indexed to, uint96 amount);
    /// @notice `operator` lost `own` and its delegators lost `delegated` for what its `agent` signed. `reporterCut` of `own` belongs to
    /// `reporter`, the rest to nobody. The agent is retired.
    event Slashed(
        address indexed operator,
        address indexed agent,
        address indexed reporter,
        uint96 own,
        uint96 delegated,
        uint96 reporterCut
    );

    /// @notice There is no contract at this address.
    error NotAContract(address account);
    /// @notice A parameter given to the constructor is out of bounds. `name` is its name in `Parameters`.
    error ParameterOutOfBounds(string name, uint256 min, uint256 max, uint256 actual);
    /// @notice Only registered operators stake.
    error NotRegistered(address operator);
    /// @notice `operator` has too little own stake, no agent, or a retired one: delegating to it earns nothing.
    error OperatorNotActive(address operator);
    /// @notice More cannot be delegated to this operator until it stakes more itself.
    error DelegationTooHigh(uint256 max, uint256 actual);
    /// @notice Operators `stake`; only others `delegate`.
    error CannotDelegateToSelf(address operator);
    /// @notice The operator's commission is higher than its delegator agreed to, or than anyone may ask for.
    error CommissionTooHigh(uint256 max, uint256 actual);
    /// @notice The commission was raised in this epoch already.
    error CommissionRaisedAlready(uint256 epoch);
    /// @notice Amount or shares are zero, or worth nothing.
    error ZeroAmount();
    /// @notice `holder` has fewer shares.
    error InsufficientShares(uint256 available, uint256 actual);
    /// @notice There is no such unbonding, or it was withdrawn.
    error UnbondingUnknown(address holder, uint256 index);
    /// @notice It can be withdrawn later.
    error StillUnbonding(uint256 endsAt, uint256 now_);
    /// @notice The caller is not the one contract that may call this.
    error NotAuthorized(address expected, address actual);
    /// @notice `agent` was slashed for before.
    error AgentRetired(address agent);
    /// @notice A deposit did not raise the token balance by exactly its amount.
    error InexactTransfer(uint256 expectedBalance, uint256 actualBalance);
    /// @notice This contract would hold more than amounts here can count.
    error StakeFull(uint256 max, uint256 actual);

    /// @notice Adds to the caller's own stake. Set the commission first: nobody can delegate before there is own stake.
    /// Only a registered operator. Needs an allowance.
    /// @return shares What the caller holds more of its own pool
    function stake(uint96 amount) external returns (uint160 shares);

    /// @notice Delegates to an active operator. Anyone but the operator itself. Needs an allowance.
    /// @param maxCommissionBps Reverts if the operator keeps more
    /// @return shares What the caller holds more of the operator's delegated pool
    function delegate(address operator, uint96 amount, uint16 maxCommissionBps) external returns (uint160 shares);

    /// @notice Starts to take stake out, the caller's own stake if it is the operator. It stops earning at once, can still be slashed, and can
    /// be withdrawn after `UNBONDING_PERIOD`. Each call runs by itself.
    /// @param shares How many; `stakeOf` tells what the caller holds
    /// @return index Names it in `withdraw`
    function unbond(address operator, uint160 shares) external returns (uint256 index);

    /// @notice Pays out what the caller unbonded: an operator's own stake to its beneficiary, if it has one; else to the caller.
    function withdraw(uint256 index) external returns (uint96 amount);

    /// @notice Sets which part of its delegators' rewards the caller keeps, at most `MAX_COMMISSION_BPS`. It can fall at any time; while
    /// anyone delegates it can rise by `MAX_COMMISSION_STEP_BPS` once an epoch.
    function setCommission(uint16 commissionBps) external;

    /// @notice Pays an operator its commissions, or a reporter its cuts, to the beneficiary if the account has one. Anyone may call.
    /// @return amount Zero if there is nothing to claim
    function claimRewards(address account) external returns (uint96 amount);

    /// @notice Takes rewards of an operator from the caller and splits them between own and delegated stake, less commission: in the
    /// proportion of what has been there since the present epoch began, so that nobody gains by adding stake just before. Only
    /// `REWARDS_DISTRIBUTOR`.
    function addRewards(address operator, uint96 amount) external;

    /// @notice Takes `SLASH_AMOUNT`, or what there is, from an operator: its own stake, then its own unbonding stake, then pro rata what
    /// is delegated and what delegators are unbonding; and retires the agent. Only `DELIVERY_DISPUTES`. Reverts for a retired agent only.
    /// @param agent Whose signature it is for
    /// @param reporter Gets `REPORTER_BPS` of what the operator itself loses
    function slash(address operator, address agent, address reporter) external;

    /// @notice Whether an operator has enough own stake, and an agent in office that is not retired.
    function isActive(address operator) external view returns (bool);

    /// @notice Whether a slash retired this agent key. It cannot be undone; the operator appoints another.
    function isRetired(address agent) external view returns (bool);

    /// @notice The smaller of what was staked when the present epoch began and what is now: own stake, and delegated stake as far as
    /// `DELEGATION_RATIO` lets it count. Zero unless active.
    function rewardableStake(address operator) external view returns (uint96);

    /// @notice All about the stake behind one operator.
    function operatorStake(address operator) external view returns (OperatorStake memory);

    /// @notice The same for many.
    function operatorStakes(address[] calldata operators) external view returns (OperatorStake[] memory);

    /// @notice What `holder` has behind `operator`, unbonding aside: own stake if it is the operator.
    /// @return shares What `unbond` takes
    /// @return amount What they are worth at present
    function stakeOf(address operator, address holder) external view returns (uint160 shares, uint96 amount);

    /// @notice How many unbondings `holder` started, ever.
    function unbondingCount(address holder) external view returns (uint256);

    /// @notice One of them.
    function unbonding(address holder, uint256 index) external view returns (Unbonding memory);

    /// @notice What `claimRewards` would pay.
    function rewardsOf(address account) external view returns (uint96);

    /// @notice The number of the present epoch: Unix time over `EPOCH_LENGTH`, rounded down.
    function epoch() external view returns (uint256);

    /// @notice What slashing took and paid to nobody. It stays in this contract for ever.
    function burned() external view returns (uint256);

    // solhint-disable func-name-mixedcase

    /// @notice The token staked.
    function TOKEN() external view returns (IERC20);
    /// @notice Who is an operator, with which agent, for which beneficiary.
    function OPERATOR_REGISTRY() external view returns (IOperatorRegistry);
    /// @notice Who adds rewards.
    function REWARDS_DISTRIBUTOR() external view returns (address);
    /// @notice Who slashes.
    function DELIVERY_DISPUTES() external view returns (address);
    /// @notice See `Parameters`.
    function MIN_SELF_STAKE() external view returns (uint96);
    /// @notice See `Parameters`.
    function SLASH_AMOUNT() external view returns (uint96);
    /// @notice See `Parameters`.
    function REPORTER_BPS() external view returns (uint16);
    /// @notice See `Parameters`.
    function DELEGATION_RATIO() external view returns (uint16);
    /// @notice See `Parameters`.
    function EPOCH_LENGTH() external view returns (uint32);
    /// @notice See `Parameters`.
    function UNBONDING_PERIOD() external view returns (uint32);
    /// @notice The most that an operator can keep of its delegators' rewards.
    function MAX_COMMISSION_BPS() external view returns (uint16);
    /// @notice The most by which a commission rises in one epoch while anyone delegates.
    function MAX_COMMISSION_STEP_BPS() external view returns (uint16);
}
