// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IOperatorRegistry} from "../../contracts/interfaces/IOperatorRegistry.sol";
import {OperatorRegistry} from "../../contracts/OperatorRegistry.sol";
import {BeneficiaryHandler} from "./registry/BeneficiaryHandler.sol";
import {OperatorHandler} from "./registry/OperatorHandler.sol";
import {RegistryBook} from "./registry/RegistryBook.sol";
import {StrangerHandler} from "./registry/StrangerHandler.sol";

/// @notice O1 to O5 of docs/invariants.md.
contract OperatorRegistryInvariantTest is Test {
    RegistryBook private book;
    OperatorRegistry private registry;
    OperatorHandler private operator;
    BeneficiaryHandler private beneficiary;
    StrangerHandler private stranger;

    function setUp() external {
        vm.warp(1_800_000_000);
        book = new RegistryBook();
        registry = book.REGISTRY();
        operator = new OperatorHandler(book);
        beneficiary = new BeneficiaryHandler(book);
        stranger = new StrangerHandler(book);
        targetContract(address(operator));
        targetContract(address(beneficiary));
        targetContract(address(stranger));
        for (uint256 i = 0; i < 3; ++i) operator.register(i + 256 * i);
    }

    /// @dev Every action of every handler works, many times: the invariant does not hold for want of anything happening.
    function test_everyActionSucceeds() external {
        for (uint256 i = 0; i < 60; ++i) {
            uint256 dice = uint256(keccak256(abi.encode("dice", i)));
            operator.register(dice);
            operator.setAgent(dice >> 8);
            operator.updateListing(dice);
            stranger.replayConsent(dice);
            operator.clearAgent(dice >> 16);
            operator.proposeBeneficiary(dice >> 24);
            stranger.redirect(dice);
            operator.pass(dice);
            beneficiary.cancel(dice);
            beneficiary.setBeneficiary(dice >> 32);
            operator.deregister(dice >> 40);
            stranger.reregister(dice >> 40);
            this.invariant_registry();
        }
        string[11] memory actions = [
            "register",
            "deregister",
            "setAgent",
            "clearAgent",
            "updateListing",
            "proposeBeneficiary",
            "setBeneficiary",
            "cancel",
            "replayConsent",
            "redirect",
            "reregister"
        ];
        for (uint256 i = 0; i < actions.length; ++i) assertGe(book.count(actions[i]), 3, actions[i]);
    }

    function invariant_registry() external view {
        _listIsTheRegistered();
        for (uint256 i = 0; i < book.keyCount(); ++i) _keyIsBoundOnce(book.keys(i));
        for (uint256 i = 0; i < book.OPERATORS(); ++i) {
            address who = book.operator(i);
            uint256 key = book.agentKeys(i);
            address agent = key == 0 ? address(0) : vm.addr(key);
            assertEq(registry.agentOf(who), agent, "O3: another agent is in office");
            assertEq(registry.isAgent(who, agent), key != 0, "O3: isAgent differs from agentOf");
            if (!book.registered(i)) assertEq(agent, address(0), "O3: an agent without a registered operator");
            assertEq(registry.beneficiaryOf(who), book.expectedBeneficiary(i), "O5: the money goes elsewhere");
            (, uint256 effectiveAt) = registry.pendingBeneficiaryOf(who);
            assertEq(effectiveAt != 0, book.isPending(i), "O5: a proposal is pending or it is not");
        }
    }

    function _listIsTheRegistered() private view {
        IOperatorRegistry.OperatorRecord[] memory records = registry.operators(0, type(uint256).max);
        uint256 count = 0;
        for (uint256 i = 0; i < book.OPERATORS(); ++i) {
            assertEq(registry.isRegistered(book.operator(i)), book.registered(i), "O1: registered or not");
            if (!book.registered(i)) continue;
            ++count;
            uint256 seen = 0;
            for (uint256 j = 0; j < records.length; ++j) if (records[j].operator == book.operator(i)) ++seen;
            assertEq(seen, 1, "O1: a registered operator is not in the list once");
        }
        assertEq(records.length, count, "O1: the list holds somebody else");
        assertEq(registry.operatorCount(), count, "O1: operatorCount");
    }

    function _keyIsBoundOnce(uint256 key) private view {
        RegistryBook.Binding memory binding = book.binding(key);
        address agent = vm.addr(key);
        (address boundTo, uint256 revokedAt) = registry.agentRecord(agent);
        assertEq(boundTo, book.operator(binding.operator), "O2: an agent key changed its operator");
        assertEq(revokedAt, binding.revokedAt, "O2: a revocation was moved or undone");
        for (uint256 i = 0; i < book.OPERATORS(); ++i) {
            bool inOffice = i == binding.operator && revokedAt == 0;
            assertEq(registry.isAgent(book.operator(i), agent), inOffice, "O2: in office for the wrong operator");
        }
        bool accountable = revokedAt == 0 || block.timestamp < revokedAt + book.WINDOW();
        address expected = accountable ? boundTo : address(0);
        assertEq(registry.accountableOperatorOf(agent), expected, "O4: accountable for one window, no longer");
    }
}
