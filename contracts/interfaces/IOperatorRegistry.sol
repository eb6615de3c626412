// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/**
 * @title IOperatorRegistry
 * @notice Who delivers, with which hot key, for whose wallet, where and at what price. Permissionless and without an owner:
 * every record is written by the operator it describes.
 *
 * Three keys, three powers:
 * - the *operator* (a wallet, possibly a contract) is the `payee` of channels. It lists itself and appoints the agent;
 * - the *agent* (a plain hot key) signs deliveries and closes channels. It can change nothing here and never receives money;
 * - the *beneficiary* (possibly a cold wallet) receives the earnings. While none is set, the operator is its own beneficiary.
 *   Once one is set, only the beneficiary itself redirects the money at once. The operator can do so only after
 *   `BENEFICIARY_DELAY`, and the beneficiary can cancel that: a stolen operator key does not redirect the money behind a
 *   watchful beneficiary's back, and a lost or blacklisted beneficiary does not lock the earnings in for ever.
 *
 * HAZARD for readers: anyone can register anything. Endpoint, region and metadata URI are unchecked claims of a stranger, the
 * price is an advertisement (what is owed follows from the channel's terms alone), and the list may be full of junk. Filter
 * by stake, and treat every string as hostile input.
 */
interface IOperatorRegistry is IERC5267 {
    /// @notice What an operator says about itself.
    struct Listing {
        /// Advertised price in token base units per GiB (2^30 bytes). Not zero.
        uint96 pricePerGiB;
        /// Base URL of the relay, 1 to `MAX_ENDPOINT_BYTES` bytes.
        string endpoint;
        /// Where it serves from, free text of at most `MAX_REGION_BYTES` bytes; may be empty.
        string region;
        /// Further description, at most `MAX_METADATA_URI_BYTES` bytes; may be empty.
        string metadataURI;
    }

    /// @notice One operator as the discovery views return it.
    struct OperatorRecord {
        address operator;
        /// Zero after `clearAgent`, until the next `setAgent`.
        address agent;
        /// Zero when earnings go to the operator itself.
        address beneficiary;
        Listing listing;
    }

    /// @notice `operator` joined the list.
    event OperatorRegistered(address indexed operator);
    /// @notice `operator` left the list. Its beneficiary stays in force.
    event OperatorDeregistered(address indexed operator);
    /// @notice The listing of `operator` is now `listing`.
    event ListingUpdated(address indexed operator, Listing listing);
    /// @notice `agent` now signs for `operator`, and for no other operator ever.
    event AgentSet(address indexed operator, address indexed agent);
    /// @notice `agent` no longer signs for `operator`; deliveries it signed can be held against it before `accountableUntil`.
    event AgentRevoked(address indexed operator, address indexed agent, uint256 accountableUntil);
    /// @notice Earnings of `operator` now go to `beneficiary` (zero: to the operator). Any proposal is void.
    event BeneficiarySet(address indexed operator, address indexed beneficiary);
    /// @notice Earnings of `operator` go to `beneficiary` from `effectiveAt` (Unix seconds) on, unless cancelled before.
    /// No further event marks that moment. It replaces an earlier proposal.
    event BeneficiaryProposed(address indexed operator, address indexed beneficiary, uint256 effectiveAt);
    /// @notice The pending proposal for `operator` is void.
    event BeneficiaryProposalCancelled(address indexed operator, address indexed beneficiary);

    /// @notice The dispute window given to the constructor is outside its bounds (seconds).
    error DisputeWindowOutOfBounds(uint256 min, uint256 max, uint256 actual);
    /// @notice `operator` is in the list already.
    error AlreadyRegistered(address operator);
    /// @notice `operator` is not in the list.
    error NotRegistered(address operator);
    /// @notice The endpoint is empty or too long (bytes).
    error EndpointLengthOutOfBounds(uint256 max, uint256 actual);
    /// @notice The region is too long (bytes).
    error RegionTooLong(uint256 max, uint256 actual);
    /// @notice The metadata URI is too long (bytes).
    error MetadataURITooLong(uint256 max, uint256 actual);
    /// @notice No channel can have a price of zero, so none can be advertised.
    error ZeroPrice();
    /// @notice `agent` works or has worked for `operator` and can never be appointed again, not even by the same operator.
    error AgentTaken(address agent, address operator);
    /// @notice The consent was not signed by `agent`. `recovered` is zero for a malformed or high-s signature.
    error InvalidAgentSignature(address agent, address recovered);
    /// @notice `operator` has no agent to clear.
    error NoAgent(address operator);
    /// @notice Only `holder`, to whom the operator's earnings go at present, may do this; `caller` is someone else.
    error NotBeneficiary(address holder, address caller);
    /// @notice There is no pending proposal for `operator`.
    error NoProposal(address operator);

    /**
     * @notice Joins the list. The caller becomes an operator with its first agent.
     * @dev Anyone may call, for itself. A beneficiary survives deregistration, so a returning operator must name the one in
     * force (`NotBeneficiary` otherwise, unless its earnings go to itself).
     * @param listing What the operator offers.
     * @param beneficiary Receives the earnings; zero for the operator itself.
     * @param agent Hot key of the operator. It may be the operator itself, if that is a plain key.
     * @param r First half of the agent's `Agent(address operator)` signature (EIP-712, EIP-2098).
     * @param vs Second half.
     */
    function register(Listing calldata listing, address beneficiary, address agent, bytes32 r, bytes32 vs) external;

    /// @notice Leaves the list and revokes the agent. The beneficiary stays: earnings that are still to come go where they went.
    /// @dev For a registered operator. It may come back with a new agent.
    function deregister() external;

    /// @notice Replaces the caller's listing.
    /// @dev For a registered operator.
    function updateListing(Listing calldata listing) external;

    /**
     * @notice Appoints `agent`, which consents by signature, and revokes the previous one.
     * @dev For a registered operator. An agent key is bound at most once, ever: a consent that was used, or given to a key
     * that has since been revoked, is worthless, and a consent for one operator is of no use to another.
     */
    function setAgent(address agent, bytes32 r, bytes32 vs) external;

    /// @notice Revokes the caller's agent without a successor, for example because it was stolen.
    /// @dev For a registered operator. The operator itself can still close its channels.
    function clearAgent() external;

    /**
     * @notice Sends the earnings of `operator` to `beneficiary` from now on (zero: to the operator), and voids any proposal.
     * @dev For whoever receives the operator's earnings at present: its beneficiary, or the operator while there is none. The
     * operator need not be registered: any payee may name a beneficiary.
     */
    function setBeneficiary(address operator, address beneficiary) external;

    /**
     * @notice Sends the caller's earnings to `beneficiary` (zero: to the caller) after `BENEFICIARY_DELAY`, without the
     * present beneficiary's help. Replaces an earlier proposal and starts the delay anew.
     * @dev Anyone may call, for itself. Until the delay has passed anyone can still withdraw earnings to the present
     * beneficiary.
     */
    function proposeBeneficiary(address beneficiary) external;

    /// @notice Voids the pending proposal for `operator`.
    /// @dev For the operator and for its present beneficiary. A proposal that took effect is no longer pending.
    function cancelBeneficiaryProposal(address operator) external;

    /// @notice Whether `agent` signs for `operator` at present. A revoked agent does not.
    function isAgent(address operator, address agent) external view returns (bool);

    /// @notice The agent of `operator`, zero if it has none.
    function agentOf(address operator) external view returns (address);

    /// @notice To whom the earnings of `operator` go instead of itself; zero if to itself. Never reverts.
    function beneficiaryOf(address operator) external view returns (address);

    /// @notice The proposal for `operator` that has not taken effect yet; `effectiveAt` is zero if there is none.
    function pendingBeneficiaryOf(address operator) external view returns (address beneficiary, uint256 effectiveAt);

    /**
     * @notice The one operator `agent` was ever bound to, and when that ended.
     * @return operator Zero for a key that was never an agent.
     * @return revokedAt Unix seconds; zero while `agent` is in office.
     */
    function agentRecord(address agent) external view returns (address operator, uint256 revokedAt);

    /// @notice The operator that answers for what `agent` signed: while it is in office and for `DISPUTE_WINDOW` seconds after its
    /// revocation. Zero otherwise.
    function accountableOperatorOf(address agent) external view returns (address operator);

    /// @notice Whether `operator` is in the list.
    function isRegistered(address operator) external view returns (bool);

    /// @notice The record of a registered operator.
    /// @dev Reverts with `NotRegistered`.
    function operatorRecord(address operator) external view returns (OperatorRecord memory);

    /// @notice Length of the list.
    function operatorCount() external view returns (uint256);

    /**
     * @notice One page of the list: at most `limit` records from position `offset` on; empty past the end. Never reverts.
     * @dev The last operator takes the place of one that leaves, so read all pages at one block.
     */
    function operators(uint256 offset, uint256 limit) external view returns (OperatorRecord[] memory page);

    /// @notice The EIP-712 digest that a future agent of `operator` signs.
    function agentDigest(address operator) external view returns (bytes32);

    /// @notice How long a revoked agent's deliveries can be held against its operator, in seconds. Fixed at construction.
    // solhint-disable-next-line func-name-mixedcase
    function DISPUTE_WINDOW() external view returns (uint256);

    /// @notice How long before an operator's own choice of beneficiary takes effect, in seconds.
    // solhint-disable-next-line func-name-mixedcase
    function BENEFICIARY_DELAY() external view returns (uint256);
}
