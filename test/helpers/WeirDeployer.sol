// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {DeliveryDisputes} from "../../contracts/DeliveryDisputes.sol";
import {IPaymentChannels} from "../../contracts/interfaces/IPaymentChannels.sol";
import {IStakeManager} from "../../contracts/interfaces/IStakeManager.sol";
import {OperatorRegistry} from "../../contracts/OperatorRegistry.sol";
import {RewardsDistributor} from "../../contracts/RewardsDistributor.sol";
import {StakeManager} from "../../contracts/StakeManager.sol";
import {ContractDeployer} from "./ContractDeployer.sol";

/// @notice All five contracts, built for each other as scripts/deploy builds them: those that come later are named by the
/// addresses they will have.
abstract contract WeirDeployer is ContractDeployer {
    struct Weir {
        OperatorRegistry registry;
        IPaymentChannels escrow;
        StakeManager stakes;
        RewardsDistributor distributor;
        DeliveryDisputes disputes;
    }

    uint256 internal constant DISPUTE_WINDOW = 7 days;
    uint256 internal constant RHO_BPS = 8_000;
    uint256 internal constant LAMBDA = 0.01e18;

    function _deployWeir(
        IERC20 token,
        uint256 feeBps,
        IStakeManager.Parameters memory parameters
    ) internal returns (Weir memory weir) {
        uint256 nonce = vm.getNonce(address(this));
        address distributor = vm.computeCreateAddress(address(this), nonce + 3);
        address disputes = vm.computeCreateAddress(address(this), nonce + 4);
        weir.registry = _deployRegistry(DISPUTE_WINDOW);
        weir.escrow = _deployEscrow(token, weir.registry, feeBps, distributor);
        bytes memory args = abi.encode(token, weir.registry, distributor, disputes, parameters);
        weir.stakes = StakeManager(deployCode("StakeManager.sol:StakeManager", args));
        args = abi.encode(weir.escrow, weir.stakes, RHO_BPS, LAMBDA);
        weir.distributor = RewardsDistributor(deployCode("RewardsDistributor.sol:RewardsDistributor", args));
        args = abi.encode(weir.escrow, weir.stakes);
        weir.disputes = DeliveryDisputes(deployCode("DeliveryDisputes.sol:DeliveryDisputes", args));
    }

    /// @dev The defaults of scripts/deploy, for a token with so many decimals.
    function _defaultParameters(uint256 decimals) internal pure returns (IStakeManager.Parameters memory) {
        return
            IStakeManager.Parameters({
                minSelfStake: uint96(1_000 * 10 ** decimals),
                slashAmount: uint96(500 * 10 ** decimals),
                reporterBps: 3_000,
                delegationRatio: 10,
                epochLength: 7 days,
                unbondingPeriod: 14 days
            });
    }
}
