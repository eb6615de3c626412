// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {RegistryBook} from "./RegistryBook.sol";

/// @notice Operators: join, leave, come back, change agents, listing and, with patience, the beneficiary.
contract OperatorHandler is Test {
    RegistryBook private immutable BOOK;
    OperatorRegistry private immutable REGISTRY;

    constructor(RegistryBook book) {
        BOOK = book;
        REGISTRY = book.REGISTRY();
    }

    function register(uint256 seed) external {
        uint256 index = seed % BOOK.OPERATORS();
        if (BOOK.registered(index)) return;
        address operator = BOOK.operator(index);
        uint256 key = BOOK.freshKey();
        (bytes32 r, bytes32 vs) = BOOK.consent(key, index);
        // Whoever has no beneficiary may name one; else the one in force must be named.
        bool free = BOOK.holder(index) == operator;
        address beneficiary = free ? BOOK.wallet(seed >> 8) : BOOK.expectedBeneficiary(index);
        bool changes = beneficiary != BOOK.expectedBeneficiary(index);
        vm.prank(operator);
        REGISTRY.register(_listing(seed), beneficiary, vm.addr(key), r, vs);
        BOOK.noteRegistered(index, true);
        BOOK.noteAppointed(index, key, r, vs);
        if (changes) BOOK.noteBeneficiary(index, beneficiary);
        BOOK.succeeded("register");
    }

    function deregister(uint256 seed) external {
        uint256 index = seed % BOOK.OPERATORS();
        if (!BOOK.registered(index) || seed % 3 != 0) return;
        address operator = BOOK.operator(index);
        vm.prank(operator);
        REGISTRY.deregister();
        BOOK.noteRegistered(index, false);
        BOOK.noteRevoked(index);
        BOOK.succeeded("deregister");
    }

    function setAgent(uint256 seed) external {
        uint256 index = seed % BOOK.OPERATORS();
        if (!BOOK.registered(index)) return;
        address operator = BOOK.operator(index);
        uint256 key = BOOK.freshKey();
        (bytes32 r, bytes32 vs) = BOOK.consent(key, index);
        vm.prank(operator);
        REGISTRY.setAgent(vm.addr(key), r, vs);
        BOOK.noteAppointed(index, key, r, vs);
        BOOK.succeeded("setAgent");
    }

    function clearAgent(uint256 seed) external {
        uint256 index = seed % BOOK.OPERATORS();
        if (BOOK.agentKeys(index) == 0) return;
        address operator = BOOK.operator(index);
        vm.prank(operator);
        REGISTRY.clearAgent();
        BOOK.noteRevoked(index);
        BOOK.succeeded("clearAgent");
    }

    function updateListing(uint256 seed) external {
        uint256 index = seed % BOOK.OPERATORS();
        if (!BOOK.registered(index)) return;
        address operator = BOOK.operator(index);
        vm.prank(operator);
        REGISTRY.updateListing(_listing(seed));
        BOOK.succeeded("updateListing");
    }

    function proposeBeneficiary(uint256 seed) external {
        uint256 index = seed % BOOK.OPERATORS();
        address operator = BOOK.operator(index);
        address beneficiary = BOOK.wallet(seed >> 8);
        vm.prank(operator);
        REGISTRY.proposeBeneficiary(beneficiary);
        BOOK.noteProposal(index, beneficiary);
        BOOK.succeeded("proposeBeneficiary");
    }

    function pass(uint256 time) external {
        skip(_bound(time, 1, 10 days));
    }

    function _listing(uint256 seed) private pure returns (IOperatorRegistry.Listing memory) {
        return IOperatorRegistry.Listing(uint96(_bound(seed, 1, 1e20)), "https://relay.example", "", "");
    }
}
