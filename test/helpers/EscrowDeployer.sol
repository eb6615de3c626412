// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Test} from "forge-std/Test.sol";

import {IOperatorRegistry} from "../../contracts/interfaces/IOperatorRegistry.sol";
import {IPaymentChannels} from "../../contracts/interfaces/IPaymentChannels.sol";

/// @notice The escrow as it is deployed. `new` would give what the compiler makes of it together with the tests, which is
/// other code (hardhat.config.ts).
abstract contract EscrowDeployer is Test {
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
