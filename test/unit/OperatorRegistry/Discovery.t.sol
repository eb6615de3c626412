// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {OperatorRegistryTest} from "./OperatorRegistryTest.sol";

/*
 * operators
 * ├── when the offset is past the end: empty
 * ├── when the limit reaches past the end, however large: what is left
 * └── it returns the records in list order; pages put together are the whole list
 * After any sequence of register and deregister the list holds exactly the registered operators, each once.
 */
contract DiscoveryTest is OperatorRegistryTest {
    uint256 private constant POPULATION = 6;

    function testFuzz_operators_pagesAreTheWholeList(uint8 size, uint8 page) public {
        size = uint8(bound(size, 0, POPULATION));
        page = uint8(bound(page, 1, POPULATION + 1));
        for (uint256 i = 0; i < size; ++i) _register(_member(i), i + 1, address(0));
        uint256 seen = 0;
        for (uint256 offset = 0; offset < size; offset += page) {
            IOperatorRegistry.OperatorRecord[] memory records = registry.operators(offset, page);
            for (uint256 i = 0; i < records.length; ++i) {
                assertEq(records[i].operator, _member(seen));
                assertEq(records[i].agent, vm.addr(seen + 1));
                _assertListing(records[i].listing, _listing(1 ether));
                ++seen;
            }
        }
        assertEq(seen, size);
        assertEq(registry.operatorCount(), size);
    }

    function testFuzz_operators_neverReverts(uint256 offset, uint256 limit, uint8 size) public {
        size = uint8(bound(size, 0, 4));
        for (uint256 i = 0; i < size; ++i) _register(_member(i), i + 1, address(0));
        if (offset % 2 == 0) offset %= 5;
        if (limit % 2 == 0) limit %= 5;
        uint256 left = offset < size ? size - offset : 0;
        assertEq(registry.operators(offset, limit).length, limit < left ? limit : left);
    }

    /// Each step registers one of the members or, if it is in the list, removes it.
    function testFuzz_operators_afterAnySequence_eachRegisteredOnceAndNobodyElse(uint8[] memory steps) public {
        bool[POPULATION] memory present;
        uint256 count = 0;
        uint256 nextKey = 1;
        for (uint256 i = 0; i < steps.length && i < 12; ++i) {
            uint256 index = steps[i] % POPULATION;
            if (present[index]) {
                vm.prank(_member(index));
                registry.deregister();
                --count;
            } else {
                _register(_member(index), nextKey++, address(0));
                ++count;
            }
            present[index] = !present[index];
        }
        IOperatorRegistry.OperatorRecord[] memory records = registry.operators(0, type(uint256).max);
        assertEq(records.length, count);
        assertEq(registry.operatorCount(), count);
        for (uint256 i = 0; i < records.length; ++i) {
            uint256 index = _indexOf(records[i].operator);
            assertTrue(present[index], "in the list twice, or not registered");
            present[index] = false;
            assertTrue(registry.isRegistered(records[i].operator));
        }
        for (uint256 i = 0; i < POPULATION; ++i) assertFalse(present[i], "registered but not in the list");
    }

    function testFuzz_operatorRecord_givenNotListed_itReverts(address who) public {
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotRegistered.selector, who));
        registry.operatorRecord(who);
    }

    function _member(uint256 index) private pure returns (address) {
        return address(uint160(0xfeed0000 + index));
    }

    function _indexOf(address member) private pure returns (uint256) {
        return uint160(member) - 0xfeed0000;
    }
}
