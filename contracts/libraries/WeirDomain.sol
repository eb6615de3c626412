// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/**
 * @title WeirDomain
 * @notice The EIP-712 domain of a Weir contract: name "Weir", version "1", chain id, address and a salt, published through EIP-5267.
 * @dev The salt comes from the hash of the block before construction. Chain id and address alone do not tell two networks apart
 * that share a chain id and were deployed to by the same script from the same key.
 */
abstract contract WeirDomain is IERC5267 {
    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    );
    string private constant NAME = "Weir";
    string private constant VERSION = "1";
    bytes32 private constant NAME_HASH = keccak256(bytes(NAME));
    bytes32 private constant VERSION_HASH = keccak256(bytes(VERSION));
    /// EIP-5267 bit map: all five fields are present.
    bytes1 private constant FIELDS = 0x1f;

    bytes32 private immutable SALT;
    uint256 private immutable BUILT_FOR_CHAIN;
    bytes32 private immutable BUILT_SEPARATOR;

    constructor() {
        SALT = keccak256(abi.encode(blockhash(block.number - 1), block.chainid, address(this)));
        BUILT_FOR_CHAIN = block.chainid;
        BUILT_SEPARATOR = _buildSeparator();
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (FIELDS, NAME, VERSION, block.chainid, address(this), SALT, new uint256[](0));
    }

    /// @dev Follows the chain id if a fork changes it: a signature for one side of the fork is void on the other.
    function _domainSeparator() internal view returns (bytes32) {
        return block.chainid == BUILT_FOR_CHAIN ? BUILT_SEPARATOR : _buildSeparator();
    }

    /// @dev EIP-712 digest of a struct hash in this domain.
    function _digest(bytes32 structHash) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", _domainSeparator(), structHash));
    }

    function _buildSeparator() private view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, block.chainid, address(this), SALT));
    }
}
