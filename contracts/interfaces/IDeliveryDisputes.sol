// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorRegistry} from "./IOperatorRegistry.sol";
import {IPaymentChannels} from "./IPaymentChannels.sol";
import {IStakeManager} from "./IStakeManager.sol";

/**
 * @title IDeliveryDisputes
 * @notice Slashes an operator by proof of its agent's own hand: a signed `Delivery` that contradicts the manifest it names, or two that contradict
 * each other. No votes and no arbiter. An agent that signs only what a complete list without duplicates says, under the root that it
 * computed from that list, cannot be proven wrong by anybody.
 *
 * It catches faulty software, stolen keys and poisoned caches. A relay that signs the right hash and sends other bytes
 * cannot be proven wrong here; it is not paid.
 *
 * A report takes two steps, so that nobody gains by copying one from the pool: first `commit` to the proof without showing it, and then,
 * `MIN_COMMIT_AGE` later, report.
 */
interface IDeliveryDisputes {
    /// @notice A relay's statement that a resource of a manifest has this hash and size, and its agent's signature (EIP-712 in the
    /// domain of PaymentChannels, compact by EIP-2098).
    struct SignedDelivery {
        /// For whom it was delivered. Does not matter here.
        bytes32 channelId;
        bytes32 manifestRoot;
        /// keccak256 of the path.
        bytes32 resource;
        /// SHA-256 of the body.
        bytes32 contentHash;
        /// Bytes of the body.
        uint64 size;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice Somebody holds some proof. `sender` need not be the one who will report.
    event Committed(address indexed sender, bytes32 indexed commitment);
    /// @notice `agent` of `operator` contradicted the manifest `manifestRoot`, or itself, about `resource`.
    event DeliveryDisputed(
        address indexed operator,
        address indexed agent,
        address indexed reporter,
        bytes32 manifestRoot,
        bytes32 resource
    );

    /// @notice One of the other contracts was built for another one than this.
    error WrongContract(address account, address expected, address actual);
    /// @notice The caller did not commit to this proof with this salt.
    error NotCommitted(bytes32 commitment);
    /// @notice The commitment is too fresh or too old to report by (Unix seconds).
    error CommitmentNotInForce(uint256 from, uint256 until, uint256 now_);
    /// @notice The signature is malformed, or its signer answers for no operator (any more).
    error NotAccountable(address signer);
    /// @notice The agent was slashed for before.
    error AgentRetired(address agent);
    /// @notice The leaf is not in the manifest that the delivery names.
    error NotInManifest(bytes32 manifestRoot, bytes32 leaf);
    /// @notice The delivery says what the manifest says, or what the other delivery says.
    error NoContradiction();
    /// @notice The two deliveries are of different manifests, resources or agents.
    error DifferentSubject();

    /// @notice Announces a report without showing it. Anyone. Does nothing if somebody sent the same before: it is the reporter's, who
    /// is named in it, whoever sends it. One that lapsed stays lapsed: commit again with another salt.
    /// @param commitment From `commitmentOf`
    function commit(bytes32 commitment) external;

    /// @notice Slashes for a delivery that contradicts the manifest it names. Whoever committed to it.
    /// @param contentHash What the manifest says of the same resource
    /// @param size What the manifest says of the same resource
    /// @param proof From the manifest's leaf (resource, contentHash, size) to its root, as of a StandardMerkleTree
    /// @param salt As committed
    function reportManifestContradiction(
        SignedDelivery calldata delivery,
        bytes32 contentHash,
        uint64 size,
        bytes32[] calldata proof,
        bytes32 salt
    ) external;

    /// @notice Slashes for two deliveries of one agent that say different things of one resource of one manifest. Whoever committed to them.
    /// @param salt As committed
    function reportSelfContradiction(
        SignedDelivery calldata delivery,
        SignedDelivery calldata other,
        bytes32 salt
    ) external;

    /// @notice What to commit to: `keccak256(abi.encode(reporter, salt, deliveries))`.
    /// @param reporter Who will report
    /// @param salt Random: without it, whoever else holds the deliveries could tell what is coming
    /// @param deliveries The one or the two that will be reported, in that order
    function commitmentOf(
        address reporter,
        bytes32 salt,
        SignedDelivery[] calldata deliveries
    ) external pure returns (bytes32);

    /// @notice When it was committed, in Unix seconds; zero for never.
    function committedAt(bytes32 commitment) external view returns (uint256);

    // solhint-disable func-name-mixedcase

    /// @notice Whose domain deliveries are signed in.
    function PAYMENT_CHANNELS() external view returns (IPaymentChannels);
    /// @notice Tells for which operator an agent answers.
    function OPERATOR_REGISTRY() external view returns (IOperatorRegistry);
    /// @notice What slashes.
    function STAKE_MANAGER() external view returns (IStakeManager);
    /// @notice Seconds from commitment to report: longer than a report waits in the pool.
    function MIN_COMMIT_AGE() external view returns (uint256);
    /// @notice Seconds after which a commitment lapses, so that nobody keeps one ready in case he is caught.
    function MAX_COMMIT_AGE() external view returns (uint256);
}
