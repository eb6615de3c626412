// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {IDeliveryDisputes} from "./interfaces/IDeliveryDisputes.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IPaymentChannels} from "./interfaces/IPaymentChannels.sol";
import {IStakeManager} from "./interfaces/IStakeManager.sol";
import {Messages} from "./libraries/Messages.sol";

/// @title DeliveryDisputes
/// @dev Holds no money. Calls nothing but views and, last, StakeManager's `slash`, which calls nobody.
contract DeliveryDisputes is IDeliveryDisputes {
    /// @inheritdoc IDeliveryDisputes
    uint256 public constant MIN_COMMIT_AGE = 1 minutes;
    /// @inheritdoc IDeliveryDisputes
    uint256 public constant MAX_COMMIT_AGE = 1 days;

    /// @inheritdoc IDeliveryDisputes
    IPaymentChannels public immutable PAYMENT_CHANNELS;
    /// @inheritdoc IDeliveryDisputes
    IOperatorRegistry public immutable OPERATOR_REGISTRY;
    /// @inheritdoc IDeliveryDisputes
    IStakeManager public immutable STAKE_MANAGER;

    /// @inheritdoc IDeliveryDisputes
    mapping(bytes32 commitment => uint256) public committedAt;

    /// @param paymentChannels Whose domain deliveries are signed in
    /// @param stakeManager Whose disputes are this contract
    constructor(IPaymentChannels paymentChannels, IStakeManager stakeManager) {
        IOperatorRegistry registry = paymentChannels.OPERATOR_REGISTRY();
        _same(address(stakeManager), address(this), stakeManager.DELIVERY_DISPUTES());
        _same(address(stakeManager), address(registry), address(stakeManager.OPERATOR_REGISTRY()));
        PAYMENT_CHANNELS = paymentChannels;
        OPERATOR_REGISTRY = registry;
        STAKE_MANAGER = stakeManager;
    }

    /// @inheritdoc IDeliveryDisputes
    function commit(bytes32 commitment) external {
        if (committedAt[commitment] != 0) return;
        committedAt[commitment] = block.timestamp;
        emit Committed(msg.sender, commitment);
    }

    /// @inheritdoc IDeliveryDisputes
    function reportManifestContradiction(
        SignedDelivery calldata delivery,
        bytes32 contentHash,
        uint64 size,
        bytes32[] calldata proof,
        bytes32 salt
    ) external {
        SignedDelivery[] memory deliveries = new SignedDelivery[](1);
        deliveries[0] = delivery;
        _requireCommitment(salt, deliveries);
        require(contentHash != delivery.contentHash || size != delivery.size, NoContradiction());
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(delivery.resource, contentHash, size))));
        require(
            MerkleProof.verifyCalldata(proof, delivery.manifestRoot, leaf),
            NotInManifest(delivery.manifestRoot, leaf)
        );
        _slash(_agentOf(delivery), delivery);
    }

    /// @inheritdoc IDeliveryDisputes
    function reportSelfContradiction(
        SignedDelivery calldata delivery,
        SignedDelivery calldata other,
        bytes32 salt
    ) external {
        SignedDelivery[] memory deliveries = new SignedDelivery[](2);
        deliveries[0] = delivery;
        deliveries[1] = other;
        _requireCommitment(salt, deliveries);
        address agent = _agentOf(delivery);
        require(
            delivery.manifestRoot == other.manifestRoot &&
                delivery.resource == other.resource &&
                agent == _agentOf(other),
            DifferentSubject()
        );
        require(delivery.contentHash != other.contentHash || delivery.size != other.size, NoContradiction());
        _slash(agent, delivery);
    }

    /// @inheritdoc IDeliveryDisputes
    function commitmentOf(
        address reporter,
        bytes32 salt,
        SignedDelivery[] memory deliveries
    ) public pure returns (bytes32) {
        return keccak256(abi.encode(reporter, salt, deliveries));
    }

    function _slash(address agent, SignedDelivery calldata delivery) private {
        address operator = OPERATOR_REGISTRY.accountableOperatorOf(agent);
        require(operator != address(0), NotAccountable(agent));
        require(!STAKE_MANAGER.isRetired(agent), AgentRetired(agent));
        emit DeliveryDisputed(operator, agent, msg.sender, delivery.manifestRoot, delivery.resource);
        STAKE_MANAGER.slash(operator, agent, msg.sender);
    }

    function _requireCommitment(bytes32 salt, SignedDelivery[] memory deliveries) private view {
        bytes32 commitment = commitmentOf(msg.sender, salt, deliveries);
        uint256 since = committedAt[commitment];
        require(since != 0, NotCommitted(commitment));
        (uint256 from, uint256 until) = (since + MIN_COMMIT_AGE, since + MAX_COMMIT_AGE);
        require(block.timestamp >= from && block.timestamp < until, CommitmentNotInForce(from, until, block.timestamp));
    }

    /// @dev The zero address for a malformed signature, which answers for nobody.
    function _agentOf(SignedDelivery calldata delivery) private view returns (address agent) {
        bytes32 structHash = Messages.deliveryHash(
            delivery.channelId,
            delivery.manifestRoot,
            delivery.resource,
            delivery.contentHash,
            delivery.size
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", PAYMENT_CHANNELS.domainSeparator(), structHash));
        (agent, , ) = ECDSA.tryRecover(digest, delivery.r, delivery.vs);
    }

    function _same(address account, address expected, address actual) private pure {
        require(actual == expected, WrongContract(account, expected, actual));
    }
}
