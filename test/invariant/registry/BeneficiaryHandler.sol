// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {RegistryBook} from "./RegistryBook.sol";

/// @notice Whoever receives an operator's earnings: redirects them, hands them back, stops a proposal.
contract BeneficiaryHandler is Test {
    RegistryBook private immutable BOOK;
    OperatorRegistry private immutable REGISTRY;

    constructor(RegistryBook book) {
        BOOK = book;
        REGISTRY = book.REGISTRY();
    }

    function setBeneficiary(uint256 seed) external {
        uint256 index = seed % BOOK.OPERATORS();
        address operator = BOOK.operator(index);
        address holder = BOOK.holder(index);
        address next = BOOK.wallet(seed >> 8);
        vm.prank(holder);
        REGISTRY.setBeneficiary(operator, next);
        BOOK.noteBeneficiary(index, next);
        BOOK.succeeded("setBeneficiary");
    }

    function cancel(uint256 seed) external {
        uint256 index = seed % BOOK.OPERATORS();
        if (!BOOK.isPending(index)) return;
        address operator = BOOK.operator(index);
        address holder = seed % 2 == 0 ? operator : BOOK.holder(index);
        vm.prank(holder);
        REGISTRY.cancelBeneficiaryProposal(operator);
        BOOK.noteCancelled(index);
        BOOK.succeeded("cancel");
    }
}
