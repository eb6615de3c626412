// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {RegistryBook} from "./RegistryBook.sol";

/// @notice Strangers and stolen keys. Everything here must fail: the book does not move, so the invariants see it if something did.
contract StrangerHandler is Test {
    RegistryBook private immutable BOOK;
    OperatorRegistry private immutable REGISTRY;

    constructor(RegistryBook book) {
        BOOK = book;
        REGISTRY = book.REGISTRY();
    }

    /// @dev Uses a consent that was given once: by its own operator again, by another, by somebody new.
    function replayConsent(uint256 seed) external {
        if (BOOK.keyCount() == 0) return;
        uint256 key = BOOK.keys(seed % BOOK.keyCount());
        RegistryBook.Binding memory binding = BOOK.binding(key);
        uint256 index = (seed >> 8) % BOOK.OPERATORS();
        address caller = BOOK.operator(index);
        bytes memory call =
            BOOK.registered(index)
                ? abi.encodeCall(IOperatorRegistry.setAgent, (vm.addr(key), binding.r, binding.vs))
                : abi.encodeCall(
                    IOperatorRegistry.register,
                    (
                        IOperatorRegistry.Listing(1, "x", "", ""),
                        BOOK.expectedBeneficiary(index),
                        vm.addr(key),
                        binding.r,
                        binding.vs
                    )
                );
        _mustFail(caller, call, "O2: an agent key was bound twice");
        BOOK.succeeded("replayConsent");
    }

    /// @dev The agent, the operator behind a beneficiary's back, and a stranger reach for the money.
    function redirect(uint256 seed) external {
        uint256 index = seed % BOOK.OPERATORS();
        address operator = BOOK.operator(index);
        address[3] memory callers = [operator, vm.addr(BOOK.freshKey()), makeAddr("stranger")];
        if (BOOK.agentKeys(index) != 0) callers[1] = vm.addr(BOOK.agentKeys(index));
        for (uint256 i = 0; i < callers.length; ++i) {
            if (callers[i] == BOOK.holder(index)) continue;
            bytes memory call = abi.encodeCall(IOperatorRegistry.setBeneficiary, (operator, callers[i]));
            _mustFail(callers[i], call, "O5: the money was redirected without its receiver");
            if (callers[i] == operator) continue;
            call = abi.encodeCall(IOperatorRegistry.cancelBeneficiaryProposal, (operator));
            _mustFail(callers[i], call, "O5: a stranger stopped a proposal");
        }
        BOOK.succeeded("redirect");
    }

    /// @dev A stolen operator key leaves and comes back with its own beneficiary.
    function reregister(uint256 seed) external {
        uint256 index = seed % BOOK.OPERATORS();
        address operator = BOOK.operator(index);
        if (BOOK.registered(index) || BOOK.holder(index) == operator) return;
        uint256 key = BOOK.freshKey();
        (bytes32 r, bytes32 vs) = BOOK.consent(key, index);
        bytes memory call = abi.encodeCall(
            IOperatorRegistry.register,
            (IOperatorRegistry.Listing(1, "x", "", ""), makeAddr("thief"), vm.addr(key), r, vs)
        );
        _mustFail(operator, call, "O5: a beneficiary was lost by leaving the list");
        BOOK.succeeded("reregister");
    }

    function _mustFail(address caller, bytes memory call, string memory broken) private {
        vm.prank(caller);
        (bool success, ) = address(REGISTRY).call(call);
        assertFalse(success, broken);
    }
}
