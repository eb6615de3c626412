// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {SigningTest} from "../../helpers/SigningTest.sol";

/// @notice A registry and a book of what must be true of it, kept by the handlers' own rules.
contract RegistryBook is SigningTest {
    uint256 public constant OPERATORS = 5;
    uint256 public constant WINDOW = 3 days;

    struct Binding {
        uint256 operator;
        uint256 revokedAt;
        bytes32 r;
        bytes32 vs;
    }

    struct Payout {
        address current;
        address proposed;
        uint256 effectiveAt;
    }

    OperatorRegistry public immutable REGISTRY = new OperatorRegistry(WINDOW);

    bool[OPERATORS] public registered;
    /// Agent key in office, zero if none.
    uint256[OPERATORS] public agentKeys;
    /// Every key that was ever appointed, with the consent it gave.
    uint256[] public keys;
    mapping(uint256 key => Binding) private _bindings;
    Payout[OPERATORS] private _payouts;
    mapping(string action => uint256) public count;

    function operator(uint256 index) public pure returns (address) {
        return address(uint160(0x0be7a70000 + index));
    }

    /// @dev Few, so that one wallet is the beneficiary of several operators at times.
    function wallet(uint256 seed) external pure returns (address) {
        return seed % 4 == 0 ? address(0) : address(uint160(0xc01d + (seed % 4)));
    }

    function freshKey() external view returns (uint256) {
        return 0xa6e270000 + keys.length;
    }

    function keyCount() external view returns (uint256) {
        return keys.length;
    }

    function binding(uint256 key) external view returns (Binding memory) {
        return _bindings[key];
    }

    function consent(uint256 key, uint256 index) external view returns (bytes32 r, bytes32 vs) {
        return _signCompact(key, REGISTRY.agentDigest(operator(index)));
    }

    function noteRegistered(uint256 index, bool registered_) external {
        registered[index] = registered_;
    }

    function noteAppointed(uint256 index, uint256 key, bytes32 r, bytes32 vs) external {
        noteRevoked(index);
        agentKeys[index] = key;
        _bindings[key] = Binding(index, 0, r, vs);
        keys.push(key);
    }

    function noteRevoked(uint256 index) public {
        if (agentKeys[index] != 0) _bindings[agentKeys[index]].revokedAt = block.timestamp;
        agentKeys[index] = 0;
    }

    function noteBeneficiary(uint256 index, address beneficiary) external {
        _payouts[index] = Payout(beneficiary, address(0), 0);
    }

    function noteProposal(uint256 index, address beneficiary) external {
        _payouts[index] = Payout(expectedBeneficiary(index), beneficiary, block.timestamp + 30 days);
    }

    function noteCancelled(uint256 index) external {
        _payouts[index] = Payout(expectedBeneficiary(index), address(0), 0);
    }

    function expectedBeneficiary(uint256 index) public view returns (address) {
        Payout storage payout = _payouts[index];
        bool inEffect = payout.effectiveAt != 0 && block.timestamp >= payout.effectiveAt;
        return inEffect ? payout.proposed : payout.current;
    }

    function isPending(uint256 index) external view returns (bool) {
        return block.timestamp < _payouts[index].effectiveAt;
    }

    /// @dev Who receives the earnings and therefore decides where they go.
    function holder(uint256 index) external view returns (address) {
        address beneficiary = expectedBeneficiary(index);
        return beneficiary == address(0) ? operator(index) : beneficiary;
    }

    function succeeded(string calldata action) external {
        ++count[action];
    }
}
