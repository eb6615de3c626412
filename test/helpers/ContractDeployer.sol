// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Test} from "forge-std/Test.sol";

import {IOperatorRegistry} from "../../contracts/interfaces/IOperatorRegistry.sol";
import {IPaymentChannels} from "../../contracts/interfaces/IPaymentChannels.sol";
import {OperatorRegistry} from "../../contracts/OperatorRegistry.sol";

/// @notice Contracts as they are deployed. `new` would give what the compiler makes of them together with the tests, which is
/// other code for the escrow (hardhat.config.ts), and puts a copy into every test, which takes the compiler minutes.
abstract contract ContractDeployer is Test {
    function _deployRegistry(uint256 disputeWindow) internal returns (OperatorRegistry) {
        return OperatorRegistry(deployCode("OperatorRegistry.sol:OperatorRegistry", abi.encode(disputeWindow)));
    }

    function _deployEscrow(
        IERC20 token,
        IOperatorRegistry registry,
        uint256 feeBps,
        address feeCollector
    ) internal returns (IPaymentChannels) {
        bytes memory args = abi.encode(token, registry, feeBps, feeCollector);
        return IPaymentChannels(deployCode("PaymentChannels.sol:PaymentChannels", args));
    }
}
