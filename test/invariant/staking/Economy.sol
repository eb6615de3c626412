// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DeliveryDisputes} from "../../../contracts/DeliveryDisputes.sol";
import {IDeliveryDisputes} from "../../../contracts/interfaces/IDeliveryDisputes.sol";
import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {ContractWallet} from "../../../contracts/mocks/ContractWallet.sol";
import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {RewardsDistributor} from "../../../contracts/RewardsDistributor.sol";
import {StakeManager} from "../../../contracts/StakeManager.sol";
import {EscrowSigningTest} from "../../helpers/EscrowSigningTest.sol";
import {WeirDeployer} from "../../helpers/WeirDeployer.sol";

/// @notice All five contracts, with operators whose agents really sign and people who really pay: what the worlds about
/// stake and rewards have in common.
abstract contract Economy is WeirDeployer, EscrowSigningTest {
    uint256 public constant FEE_BPS = 1_000;
    /// What of its fees may come back at most. Not taken from whoever deploys: that is what is tested.
    uint256 public constant RHO = 8_000;
    uint256 public constant WINDOW = DISPUTE_WINDOW;
    uint96 public constant SLASH = 1_000e18;
    uint256 public constant STARTING_TOKENS = 1e24;
    uint256 public constant NOBODY = type(uint256).max;
    bytes32 private constant DELIVERY_TYPE = keccak256(
        "Delivery(bytes32 channelId,bytes32 manifestRoot,bytes32 resource,bytes32 contentHash,uint64 size)"
    );

    struct Key {
        uint256 operator;
        uint256 revokedAt;
        bool retired;
    }

    WeirTestToken public immutable TOKEN;
    OperatorRegistry public immutable REGISTRY;
    IPaymentChannels public immutable ESCROW;
    StakeManager public immutable STAKES;
    RewardsDistributor public immutable DISTRIBUTOR;
    DeliveryDisputes public immutable DISPUTES;

    address[] public operators;
    /// The agent keys of all operators, in the order of their appointment.
    uint256[] public keys;
    /// In office; zero for none.
    mapping(uint256 operator => uint256) public agentKeys;
    mapping(uint256 key => Key) private _keys;
    mapping(address wallet => uint256) private _walletKeys;
    /// Each channel is used once.
    uint64 private _channels;

    constructor() {
        TOKEN = new WeirTestToken("Weir Test Token", "WTT", 18);
        IStakeManager.Parameters memory parameters = _defaultParameters(18);
        // As much as there can be, so that delegators are reached often.
        parameters.slashAmount = SLASH;
        parameters.epochLength = 2 days;
        parameters.unbondingPeriod = 8 days;
        Weir memory weir = _deployWeir(TOKEN, FEE_BPS, parameters);
        (REGISTRY, ESCROW, STAKES) = (weir.registry, weir.escrow, weir.stakes);
        (DISTRIBUTOR, DISPUTES) = (weir.distributor, weir.disputes);
    }

    // ---------------------------------------------------------------------------------------------------- who is who

    function operatorCount() external view returns (uint256) {
        return operators.length;
    }

    function keyCount() external view returns (uint256) {
        return keys.length;
    }

    function keyRecord(uint256 key) external view returns (Key memory) {
        return _keys[key];
    }

    /// @dev Whether the agent's signature is a reason to slash today, by the rules and not by the registry's word.
    function isAccountable(uint256 key) public view returns (bool) {
        Key storage record = _keys[key];
        return !record.retired && (record.revokedAt == 0 || block.timestamp < record.revokedAt + WINDOW);
    }

    function _newPerson(string memory name) internal returns (address person) {
        uint256 key = uint256(keccak256(bytes(name)));
        person = vm.addr(key);
        _endow(person);
    }

    /// @dev A contract, for which one key acts.
    function _newWallet(string memory name) internal returns (address wallet) {
        uint256 key = uint256(keccak256(bytes(name)));
        wallet = address(new ContractWallet(vm.addr(key)));
        _walletKeys[wallet] = key;
        _endow(wallet);
    }

    function _newOperator(address operator) internal {
        operators.push(operator);
        appoint(operators.length - 1);
    }

    function _endow(address person) private {
        TOKEN.mint(person, STARTING_TOKENS);
        act(person, address(TOKEN), abi.encodeCall(TOKEN.approve, (address(ESCROW), type(uint256).max)));
        act(person, address(TOKEN), abi.encodeCall(TOKEN.approve, (address(STAKES), type(uint256).max)));
    }

    /// @dev Calls as a person or as a contract wallet.
    function act(address caller, address target, bytes memory call) public returns (bool success, bytes memory result) {
        uint256 key = _walletKeys[caller];
        if (key == 0) {
            vm.prank(caller);
            return target.call(call);
        }
        vm.prank(vm.addr(key));
        (success, result) = caller.call(abi.encodeCall(ContractWallet.execute, (target, call)));
        if (success) result = abi.decode(result, (bytes));
    }

    // -------------------------------------------------------------------------------------------------------- agents

    /// @dev Gives the operator a new agent, registering it first if need be.
    function appoint(uint256 index) public {
        address operator = operators[index];
        uint256 key = 0xa6e270000 + keys.length;
        (bytes32 r, bytes32 vs) = _signCompact(key, REGISTRY.agentDigest(operator));
        IOperatorRegistry.Listing memory listing = IOperatorRegistry.Listing(1, "https://relay.example", "", "");
        bytes memory call =
            REGISTRY.isRegistered(operator)
                ? abi.encodeCall(IOperatorRegistry.setAgent, (vm.addr(key), r, vs))
                : abi.encodeCall(
                    IOperatorRegistry.register,
                    (listing, REGISTRY.beneficiaryOf(operator), vm.addr(key), r, vs)
                );
        (bool success, ) = act(operator, address(REGISTRY), call);
        assertTrue(success, "an agent could not be appointed");
        _noteRevoked(index);
        agentKeys[index] = key;
        keys.push(key);
        _keys[key] = Key(index, 0, false);
    }

    function dismiss(uint256 index) external {
        (bool success, ) = act(operators[index], address(REGISTRY), abi.encodeCall(IOperatorRegistry.clearAgent, ()));
        assertTrue(success, "an agent could not be dismissed");
        _noteRevoked(index);
    }

    function noteRetired(uint256 key) public {
        _keys[key].retired = true;
    }

    function _noteRevoked(uint256 index) private {
        if (agentKeys[index] != 0) _keys[agentKeys[index]].revokedAt = block.timestamp;
        agentKeys[index] = 0;
    }

    // ------------------------------------------------------------------------------------------------------ payments

    /// @dev A payment through the escrow from the first token to the last: deposit, reserve, sign, settle. One GiB for the price.
    function pay(address payer, uint256 index, uint96 amount) public returns (uint96 fee) {
        IPaymentChannels.Channel memory terms = fund(payer, index, amount);
        return settle(payer, terms);
    }

    function fund(address payer, uint256 index, uint96 amount) public returns (IPaymentChannels.Channel memory terms) {
        address signer = vm.addr(sessionKey(payer));
        terms = IPaymentChannels.Channel(signer, operators[index], amount, 1 hours, ++_channels);
        IPaymentChannels.Signature memory session = _signedSession(sessionKey(payer), payer);
        bytes memory call = abi.encodeCall(IPaymentChannels.deposit, (signer, payer, amount, session));
        (bool success, ) = act(payer, address(ESCROW), call);
        assertTrue(success, "a payer could not deposit");
        (success, ) = act(payer, address(ESCROW), abi.encodeCall(IPaymentChannels.fund, (terms, amount)));
        assertTrue(success, "a payer could not fund");
    }

    function settle(address payer, IPaymentChannels.Channel memory terms) public returns (uint96 fee) {
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](1);
        rows[0] = _signedRow(sessionKey(payer), terms, 2 ** 30, "");
        uint96 before = ESCROW.earningsOf(terms.payee).fees;
        ESCROW.settle(terms.payee, rows);
        fee = ESCROW.earningsOf(terms.payee).fees - before;
        assertEq(fee, (uint256(terms.pricePerGiB) * FEE_BPS) / 10_000, "the fee of a payment");
    }

    function sessionKey(address payer) public pure returns (uint256) {
        return uint256(keccak256(abi.encode("session", payer)));
    }

    // ---------------------------------------------------------------------------------------------------- deliveries

    function signedDelivery(
        uint256 key,
        bytes32 channelId,
        bytes32 root,
        bytes32 resource,
        bytes32 contentHash,
        uint64 size
    ) public view returns (IDeliveryDisputes.SignedDelivery memory delivery) {
        delivery = IDeliveryDisputes.SignedDelivery(channelId, root, resource, contentHash, size, 0, 0);
        bytes32 structHash = keccak256(abi.encode(DELIVERY_TYPE, channelId, root, resource, contentHash, size));
        (delivery.r, delivery.vs) = _signCompact(key, _digestOf(structHash));
    }

    /// @dev What a StandardMerkleTree makes of an entry of a manifest.
    function leafOf(bytes32 resource, bytes32 contentHash, uint64 size) public pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(resource, contentHash, size))));
    }

    function nodeOf(bytes32 a, bytes32 b) public pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    /// @dev Announces and, a minute later, files: two deliveries of one agent that differ.
    function catchAgent(
        address reporter,
        uint256 key,
        bytes32 salt
    ) public returns (bool success, bytes memory result) {
        IDeliveryDisputes.SignedDelivery[] memory deliveries = new IDeliveryDisputes.SignedDelivery[](2);
        deliveries[0] = signedDelivery(key, 0, "root", salt, "content", 1);
        deliveries[1] = signedDelivery(key, 0, "root", salt, "other content", 1);
        DISPUTES.commit(DISPUTES.commitmentOf(reporter, salt, deliveries));
        pass(DISPUTES.MIN_COMMIT_AGE());
        return
            act(
                reporter,
                address(DISPUTES),
                abi.encodeCall(IDeliveryDisputes.reportSelfContradiction, (deliveries[0], deliveries[1], salt))
            );
    }

    function pass(uint256 time) public virtual {
        skip(time);
    }

    function _verifier() internal view override returns (IPaymentChannels) {
        return ESCROW;
    }
}
