// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IPaymentChannels} from "./interfaces/IPaymentChannels.sol";
import {IRewardsDistributor} from "./interfaces/IRewardsDistributor.sol";
import {IStakeManager} from "./interfaces/IStakeManager.sol";
import {RewardCurve} from "./libraries/RewardCurve.sol";

/// @title RewardsDistributor
/// @dev Re-entering `distribute` finds the epoch used.
contract RewardsDistributor is IRewardsDistributor {
    using SafeERC20 for IERC20;

    /// @notice Bounds of `RHO_BPS`: at least a tenth of all fees never comes back.
    uint256 public constant MAX_RHO_BPS = 9_000;
    /// @notice Bounds of `LAMBDA`, with 18 decimals.
    uint256 public constant MIN_LAMBDA = 0.0001e18;
    /// @notice Bounds of `LAMBDA`, with 18 decimals.
    uint256 public constant MAX_LAMBDA = 1e18;

    /// @inheritdoc IRewardsDistributor
    IPaymentChannels public immutable PAYMENT_CHANNELS;
    /// @inheritdoc IRewardsDistributor
    IStakeManager public immutable STAKE_MANAGER;
    /// @inheritdoc IRewardsDistributor
    uint256 public immutable RHO_BPS;
    /// @inheritdoc IRewardsDistributor
    uint256 public immutable LAMBDA;
    IERC20 private immutable TOKEN;

    /// @inheritdoc IRewardsDistributor
    mapping(address operator => uint256) public distributedIn;

    /// @param paymentChannels Whose fee collector is this contract
    /// @param stakeManager Whose distributor is this contract
    /// @param rhoBps At most `MAX_RHO_BPS`
    /// @param lambda `MIN_LAMBDA` to `MAX_LAMBDA`
    constructor(IPaymentChannels paymentChannels, IStakeManager stakeManager, uint256 rhoBps, uint256 lambda) {
        IERC20 token = paymentChannels.TOKEN();
        _same(address(paymentChannels), address(this), paymentChannels.FEE_COLLECTOR());
        _same(address(stakeManager), address(this), stakeManager.REWARDS_DISTRIBUTOR());
        _same(address(stakeManager), address(token), address(stakeManager.TOKEN()));
        require(rhoBps <= MAX_RHO_BPS, ParameterOutOfBounds("rhoBps", 0, MAX_RHO_BPS, rhoBps));
        require(
            lambda >= MIN_LAMBDA && lambda <= MAX_LAMBDA,
            ParameterOutOfBounds("lambda", MIN_LAMBDA, MAX_LAMBDA, lambda)
        );
        PAYMENT_CHANNELS = paymentChannels;
        STAKE_MANAGER = stakeManager;
        TOKEN = token;
        RHO_BPS = rhoBps;
        LAMBDA = lambda;
    }

    /// @inheritdoc IRewardsDistributor
    function distribute(address operator) external returns (uint96 rewards) {
        uint96 stake = STAKE_MANAGER.rewardableStake(operator);
        require(stake != 0 || msg.sender == operator, NoStake(operator));
        uint256 epoch = STAKE_MANAGER.epoch();
        require(distributedIn[operator] < epoch, DistributedAlready(operator, epoch));
        uint96 fees = PAYMENT_CHANNELS.earningsOf(operator).fees;
        if (fees == 0) return 0;

        rewards = _rewards(fees, stake);
        distributedIn[operator] = epoch;
        emit RewardsDistributed(operator, epoch, fees, rewards, stake);
        PAYMENT_CHANNELS.collectFees(operator);
        if (rewards == 0) return 0;
        TOKEN.forceApprove(address(STAKE_MANAGER), rewards);
        STAKE_MANAGER.addRewards(operator, rewards);
    }

    /// @inheritdoc IRewardsDistributor
    function pendingRewards(address operator) external view returns (uint96 fees, uint96 rewards) {
        fees = PAYMENT_CHANNELS.earningsOf(operator).fees;
        rewards = _rewards(fees, STAKE_MANAGER.rewardableStake(operator));
    }

    function _rewards(uint96 fees, uint96 stake) private view returns (uint96) {
        // Less than the fees, for rho is below one.
        return uint96(RewardCurve.rewardDown(fees, stake, RHO_BPS, LAMBDA));
    }

    function _same(address account, address expected, address actual) private pure {
        require(actual == expected, WrongContract(account, expected, actual));
    }
}
