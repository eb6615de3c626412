// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Handler} from "./Handler.sol";
import {World} from "./World.sol";

/// @notice The fee collector, and the time that passes while it waits.
contract CollectorHandler is Handler {
    constructor(World world) Handler(world) {}

    function collectFees(uint256 seed) external harmless {
        uint256 index = seed % WORLD.PAYEES();
        address payee = WORLD.payee(index);
        address collector = WORLD.COLLECTOR();
        uint256 fees = ESCROW.earningsOf(payee).fees;
        uint256 before = TOKEN.balanceOf(collector);
        vm.prank(collector);
        assertEq(ESCROW.collectFees(payee), fees);
        assertEq(TOKEN.balanceOf(collector) - before, fees, "I6: the collector could not take its fees");
        WORLD.noteFees(index, fees);
        if (fees != 0) WORLD.succeeded("collectFees");
    }

    function pass(uint32 time) external harmless {
        skip(_bound(time, 1, 1 days));
        WORLD.succeeded("pass");
    }
}
