// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title ContractWallet
/// @notice A wallet for tests: one key acts for it and signs for it (ERC-1271), and can hand over to another.
contract ContractWallet is IERC1271 {
    /// @notice The key in charge.
    address public key;

    error NotKey(address expected, address actual);

    constructor(address key_) {
        key = key_;
    }

    /// @notice Calls `target` with `data` as this wallet. Only the key.
    function execute(address target, bytes calldata data) external returns (bytes memory result) {
        require(msg.sender == key, NotKey(key, msg.sender));
        bool success;
        // solhint-disable-next-line avoid-low-level-calls
        (success, result) = target.call(data);
        if (!success) {
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }

    /// @notice Puts another key in charge: signatures of the old one stop counting. Only the key.
    function rotate(address next) external {
        require(msg.sender == key, NotKey(key, msg.sender));
        key = next;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address recovered, ECDSA.RecoverError failure, ) = ECDSA.tryRecover(hash, signature);
        bool valid = failure == ECDSA.RecoverError.NoError && recovered == key;
        return valid ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
