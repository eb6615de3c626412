// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {Amounts} from "../../../contracts/libraries/Amounts.sol";

/*
 * Amounts
 * ├── owedDown: bytes * price / 2^30, rounded down
 * ├── coveredBytesDown: the largest number of bytes that owedDown prices at no more than the deposit
 * └── when the price is zero: coveredBytesDown panics
 */
contract AmountsTest is Test {
    uint256 private constant GIB = 2 ** 30;

    function testFuzz_owedDown_isTheDefinition(uint64 bytes_, uint96 price) public pure {
        assertEq(Amounts.owedDown(bytes_, price), (uint256(bytes_) * price) / GIB);
    }

    function testFuzz_owedDown_growsWithTheBytes(uint64 a, uint64 b, uint96 price) public pure {
        (a, b) = a < b ? (a, b) : (b, a);
        assertLe(Amounts.owedDown(a, price), Amounts.owedDown(b, price));
    }

    function testFuzz_coveredBytesDown_isTheInverse(uint96 deposit, uint96 price) public pure {
        price = uint96(_bound(price, 1, type(uint96).max));
        uint256 covered = Amounts.coveredBytesDown(deposit, price);
        assertLe((covered * price) / GIB, deposit, "covered bytes cost more than the deposit");
        assertGt(((covered + 1) * price) / GIB, deposit, "one byte more was covered");
        assertEq(Amounts.owedDown(covered, price), (covered * price) / GIB);
    }

    function testFuzz_coveredBytesDown_coversWhatIsOwed(uint64 bytes_, uint96 price) public pure {
        price = uint96(_bound(price, 1, type(uint96).max));
        uint256 owed = Amounts.owedDown(bytes_, price);
        assertGe(Amounts.coveredBytesDown(owed, price), bytes_);
        if (owed != 0) assertLt(Amounts.coveredBytesDown(owed - 1, price), bytes_);
    }

    function testFuzz_coveredBytesDown_growsWithTheDeposit(uint96 a, uint96 b, uint96 price) public pure {
        price = uint96(_bound(price, 1, type(uint96).max));
        (a, b) = a < b ? (a, b) : (b, a);
        assertLe(Amounts.coveredBytesDown(a, price), Amounts.coveredBytesDown(b, price));
    }

    /// What settling relies on: a receipt that costs more than the deposit has more bytes than it covers, so they fit 64 bits.
    function testFuzz_coveredBytesDown_fitsWhenTheReceiptCostsMore(
        uint64 bytes_,
        uint96 price,
        uint96 deposit
    ) public pure {
        price = uint96(_bound(price, 1, type(uint96).max));
        vm.assume(Amounts.owedDown(bytes_, price) > deposit);
        assertLt(Amounts.coveredBytesDown(deposit, price), bytes_);
    }

    function test_amounts_atTheirBounds() public pure {
        assertEq(Amounts.owedDown(0, type(uint96).max), 0);
        assertEq(Amounts.owedDown(type(uint64).max, 1), 2 ** 34 - 1);
        assertEq(Amounts.owedDown(GIB, type(uint96).max), type(uint96).max);
        assertEq(Amounts.coveredBytesDown(0, 1), GIB - 1);
        assertEq(Amounts.coveredBytesDown(0, GIB), 0);
        assertEq(Amounts.coveredBytesDown(type(uint96).max, 1), 2 ** 126 - 1);
        assertEq(Amounts.coveredBytesDown(type(uint96).max, type(uint96).max), GIB);
    }

    function testFuzz_coveredBytesDown_whenThePriceIsZero_itPanics(uint96 deposit) public {
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x12));
        this.coveredBytesDown(deposit, 0);
    }

    function coveredBytesDown(uint256 deposit, uint256 price) external pure returns (uint256) {
        return Amounts.coveredBytesDown(deposit, price);
    }
}
