// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {WeirDomain} from "./libraries/WeirDomain.sol";

/// @title OperatorRegistry
/// @dev Calls no other contract, so there is nothing to re-enter.
contract OperatorRegistry is IOperatorRegistry, WeirDomain {
    struct AgentBinding {
        address operator;
        uint40 revokedAt;
    }

    struct Payout {
        address current;
        /// Takes the place of `current` at `effectiveAt`, unless that is zero: no proposal.
        address proposed;
        uint40 effectiveAt;
    }

    /// @notice Type hash of the consent an agent signs.
    bytes32 public constant AGENT_TYPEHASH = keccak256("Agent(address operator)");
    /// @notice Longest endpoint, in bytes.
    uint256 public constant MAX_ENDPOINT_BYTES = 256;
    /// @notice Longest region, in bytes.
    uint256 public constant MAX_REGION_BYTES = 32;
    /// @notice Longest metadata URI, in bytes.
    uint256 public constant MAX_METADATA_URI_BYTES = 256;
    /// @notice Shortest dispute window, in seconds.
    uint256 public constant MIN_DISPUTE_WINDOW = 1 days;
    /// @notice Longest dispute window, in seconds.
    uint256 public constant MAX_DISPUTE_WINDOW = 30 days;

    /// @inheritdoc IOperatorRegistry
    /// @dev As long as the longest grace period of a channel, so that what was earned before can be collected before.
    uint256 public constant BENEFICIARY_DELAY = 30 days;
    /// @inheritdoc IOperatorRegistry
    uint256 public immutable DISPUTE_WINDOW;

    address[] private _list;
    /// Position in `_list` plus one; zero for an operator that is not in it.
    mapping(address operator => uint256) private _positions;
    mapping(address operator => Listing) private _listings;
    mapping(address operator => address) private _agents;
    /// Entries are never removed: that is what binds a key to one operator for ever.
    mapping(address agent => AgentBinding) private _bindings;
    mapping(address operator => Payout) private _payouts;

    modifier onlyRegistered() {
        require(isRegistered(msg.sender), NotRegistered(msg.sender));
        _;
    }

    /// @param disputeWindow Seconds for which a revoked agent stays accountable.
    constructor(uint256 disputeWindow) {
        require(
            disputeWindow >= MIN_DISPUTE_WINDOW && disputeWindow <= MAX_DISPUTE_WINDOW,
            DisputeWindowOutOfBounds(MIN_DISPUTE_WINDOW, MAX_DISPUTE_WINDOW, disputeWindow)
        );
        DISPUTE_WINDOW = disputeWindow;
    }

    /// @inheritdoc IOperatorRegistry
    function register(Listing calldata listing, address beneficiary, address agent, bytes32 r, bytes32 vs) external {
        require(!isRegistered(msg.sender), AlreadyRegistered(msg.sender));
        _list.push(msg.sender);
        _positions[msg.sender] = _list.length;
        emit OperatorRegistered(msg.sender);

        _setListing(listing);
        if (beneficiary != beneficiaryOf(msg.sender)) _setBeneficiary(msg.sender, beneficiary);
        _bindAgent(agent, r, vs);
    }

    /// @inheritdoc IOperatorRegistry
    function deregister() external onlyRegistered {
        uint256 position = _positions[msg.sender];
        address last = _list[_list.length - 1];
        _list[position - 1] = last;
        _positions[last] = position;
        _list.pop();
        delete _positions[msg.sender];
        delete _listings[msg.sender];
        _revokeAgent();
        emit OperatorDeregistered(msg.sender);
    }

    /// @inheritdoc IOperatorRegistry
    function updateListing(Listing calldata listing) external onlyRegistered {
        _setListing(listing);
    }

    /// @inheritdoc IOperatorRegistry
    function setAgent(address agent, bytes32 r, bytes32 vs) external onlyRegistered {
        _revokeAgent();
        _bindAgent(agent, r, vs);
    }

    /// @inheritdoc IOperatorRegistry
    function clearAgent() external onlyRegistered {
        require(_agents[msg.sender] != address(0), NoAgent(msg.sender));
        _revokeAgent();
    }

    /// @inheritdoc IOperatorRegistry
    function setBeneficiary(address operator, address beneficiary) external {
        _setBeneficiary(operator, beneficiary);
    }

    /// @inheritdoc IOperatorRegistry
    function proposeBeneficiary(address beneficiary) external {
        uint256 effectiveAt = block.timestamp + BENEFICIARY_DELAY;
        _payouts[msg.sender] = Payout(beneficiaryOf(msg.sender), beneficiary, uint40(effectiveAt));
        emit BeneficiaryProposed(msg.sender, beneficiary, effectiveAt);
    }

    /// @inheritdoc IOperatorRegistry
    function cancelBeneficiaryProposal(address operator) external {
        if (msg.sender != operator) _requireHolder(operator);
        (address proposed, uint256 effectiveAt) = pendingBeneficiaryOf(operator);
        require(effectiveAt != 0, NoProposal(operator));
        Payout storage payout = _payouts[operator];
        delete payout.proposed;
        delete payout.effectiveAt;
        emit BeneficiaryProposalCancelled(operator, proposed);
    }

    /// @inheritdoc IOperatorRegistry
    function isAgent(address operator, address agent) external view returns (bool) {
        return agent != address(0) && _agents[operator] == agent;
    }

    /// @inheritdoc IOperatorRegistry
    function agentOf(address operator) external view returns (address) {
        return _agents[operator];
    }

    /// @inheritdoc IOperatorRegistry
    function beneficiaryOf(address operator) public view returns (address) {
        Payout storage payout = _payouts[operator];
        uint256 effectiveAt = payout.effectiveAt;
        return effectiveAt != 0 && block.timestamp >= effectiveAt ? payout.proposed : payout.current;
    }

    /// @inheritdoc IOperatorRegistry
    function pendingBeneficiaryOf(address operator) public view returns (address beneficiary, uint256 effectiveAt) {
        Payout storage payout = _payouts[operator];
        if (block.timestamp < payout.effectiveAt) return (payout.proposed, payout.effectiveAt);
    }

    /// @inheritdoc IOperatorRegistry
    function agentRecord(address agent) external view returns (address operator, uint256 revokedAt) {
        AgentBinding storage binding = _bindings[agent];
        return (binding.operator, binding.revokedAt);
    }

    /// @inheritdoc IOperatorRegistry
    function accountableOperatorOf(address agent) external view returns (address operator) {
        AgentBinding storage binding = _bindings[agent];
        uint256 revokedAt = binding.revokedAt;
        if (revokedAt == 0 || block.timestamp < revokedAt + DISPUTE_WINDOW) return binding.operator;
    }

    /// @inheritdoc IOperatorRegistry
    function isRegistered(address operator) public view returns (bool) {
        return _positions[operator] != 0;
    }

    /// @inheritdoc IOperatorRegistry
    function operatorRecord(address operator) external view returns (OperatorRecord memory) {
        require(isRegistered(operator), NotRegistered(operator));
        return _record(operator);
    }

    /// @inheritdoc IOperatorRegistry
    function operatorCount() external view returns (uint256) {
        return _list.length;
    }

    /// @inheritdoc IOperatorRegistry
    function operators(uint256 offset, uint256 limit) external view returns (OperatorRecord[] memory page) {
        uint256 count = _list.length;
        if (offset >= count) return page;
        uint256 size = limit < count - offset ? limit : count - offset;
        page = new OperatorRecord[](size);
        for (uint256 i = 0; i < size; ++i) page[i] = _record(_list[offset + i]);
    }

    /// @inheritdoc IOperatorRegistry
    function agentDigest(address operator) public view returns (bytes32) {
        return _digest(keccak256(abi.encode(AGENT_TYPEHASH, operator)));
    }

    function _setListing(Listing calldata listing) private {
        uint256 endpointLength = bytes(listing.endpoint).length;
        uint256 regionLength = bytes(listing.region).length;
        uint256 metadataLength = bytes(listing.metadataURI).length;
        require(listing.pricePerGiB != 0, ZeroPrice());
        require(
            endpointLength != 0 && endpointLength <= MAX_ENDPOINT_BYTES,
            EndpointLengthOutOfBounds(MAX_ENDPOINT_BYTES, endpointLength)
        );
        require(regionLength <= MAX_REGION_BYTES, RegionTooLong(MAX_REGION_BYTES, regionLength));
        require(metadataLength <= MAX_METADATA_URI_BYTES, MetadataURITooLong(MAX_METADATA_URI_BYTES, metadataLength));
        _listings[msg.sender] = listing;
        emit ListingUpdated(msg.sender, listing);
    }

    function _bindAgent(address agent, bytes32 r, bytes32 vs) private {
        address bound = _bindings[agent].operator;
        require(bound == address(0), AgentTaken(agent, bound));
        // Recovered as a plain key, whatever code the address carries: a key that delegated by EIP-7702 can still consent, and
        // `recovered` is zero for a signature that is malformed, so the zero address never passes.
        (address recovered, , ) = ECDSA.tryRecover(agentDigest(msg.sender), r, vs);
        require(agent == recovered && agent != address(0), InvalidAgentSignature(agent, recovered));
        _bindings[agent].operator = msg.sender;
        _agents[msg.sender] = agent;
        emit AgentSet(msg.sender, agent);
    }

    function _revokeAgent() private {
        address agent = _agents[msg.sender];
        if (agent == address(0)) return;
        delete _agents[msg.sender];
        _bindings[agent].revokedAt = uint40(block.timestamp);
        emit AgentRevoked(msg.sender, agent, block.timestamp + DISPUTE_WINDOW);
    }

    function _setBeneficiary(address operator, address beneficiary) private {
        _requireHolder(operator);
        _payouts[operator] = Payout(beneficiary, address(0), 0);
        emit BeneficiarySet(operator, beneficiary);
    }

    /// @dev The caller must be whoever receives the operator's earnings at present.
    function _requireHolder(address operator) private view {
        address beneficiary = beneficiaryOf(operator);
        address holder = beneficiary == address(0) ? operator : beneficiary;
        require(msg.sender == holder, NotBeneficiary(holder, msg.sender));
    }

    function _record(address operator) private view returns (OperatorRecord memory) {
        return OperatorRecord(operator, _agents[operator], beneficiaryOf(operator), _listings[operator]);
    }
}
