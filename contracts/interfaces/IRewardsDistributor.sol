// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "./IPaymentChannels.sol";
import {IStakeManager} from "./IStakeManager.sol";

/**
 * @title IRewardsDistributor
 * @notice Returns to each operator's stake a part of the fees that the operator's own settlements left in the escrow, and of nothing else:
 *
 *     rewards = rho * F * (1 - e^(-lambda * S / F))
 *
 * with F the fees and S the operator's rewardable stake. rho is below one, so paying oneself always loses, whatever else one does;
 * what other operators do changes nothing. What is not returned stays in this contract for ever: no call moves it.
 *
 * HAZARD for operators: anyone may distribute your fees, once an epoch, and what you stake in an epoch counts from the next one on.
 * Before you stake much more, distribute what you have.
 */
interface IRewardsDistributor {
    /// @notice In `epoch`, `rewards` of the `fees` of `operator` went to its stake of `stake`; the rest is out of the world.
    event RewardsDistributed(
        address indexed operator,
        uint256 indexed epoch,
        uint96 fees,
        uint96 rewards,
        uint96 stake
    );

    /// @notice A parameter given to the constructor is out of bounds.
    error ParameterOutOfBounds(string name, uint256 min, uint256 max, uint256 actual);
    /// @notice One of the other contracts was built for another distributor or another token.
    error WrongContract(address account, address expected, address actual);
    /// @notice The operator's fees were distributed in this epoch already.
    error DistributedAlready(address operator, uint256 epoch);
    /// @notice The operator has no rewardable stake: all would be lost, and only it may do that.
    error NoStake(address operator);

    /// @notice Distributes an operator's fees. Anyone, once an epoch; only the operator itself if it has no rewardable stake.
    /// @return rewards In token base units, rounded down. Zero without fees, which leaves the epoch unused
    function distribute(address operator) external returns (uint96 rewards);

    /// @notice What `distribute` would return and take at this moment.
    /// @return fees What the operator's settlements left in the escrow
    /// @return rewards What of it would go to its stake
    function pendingRewards(address operator) external view returns (uint96 fees, uint96 rewards);

    /// @notice The last epoch in which the operator's fees were distributed; zero for never.
    function distributedIn(address operator) external view returns (uint256);

    // solhint-disable func-name-mixedcase

    /// @notice Where the fees are.
    function PAYMENT_CHANNELS() external view returns (IPaymentChannels);
    /// @notice Where the rewards go.
    function STAKE_MANAGER() external view returns (IStakeManager);
    /// @notice rho in basis points: no more of its fees comes back to any operator.
    function RHO_BPS() external view returns (uint256);
    /// @notice lambda with 18 decimals: how soon more stake stops to matter.
    function LAMBDA() external view returns (uint256);
}
