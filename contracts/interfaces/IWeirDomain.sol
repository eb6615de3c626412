// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/// @title The EIP-712 domain of a Weir contract
/// @notice Name `Weir`, version `1`, the chain id, the contract's address and a salt drawn from a block hash at
/// construction. The salt keeps two networks with one chain id apart even where a deployment script gives a contract the
/// same address on both. `eip712Domain` (EIP-5267) reports all five fields (`0x1f`).
interface IWeirDomain is IERC5267 {
    /// @notice The domain separator that signatures for this contract commit to.
    /// @dev Follows the chain id: after a fork that changes it, signatures of the other branch are void here.
    function domainSeparator() external view returns (bytes32);
}
