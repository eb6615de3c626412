// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {RewardStreams} from "../../../contracts/libraries/RewardStreams.sol";

/*
 * RewardStreams
 * ├── arrivedDown: evenly, rounded down; all from `until` on; nothing while nobody holds shares
 * ├── advance
 * │   ├── given nothing is on its way: zero
 * │   ├── given nobody holds shares: zero, and the end moves away with the time
 * │   ├── given too little has arrived to be counted: zero, and nothing is forgotten
 * │   └── else: what has arrived, and the rest still arrives at the same time
 * ├── add: what was on its way arrives with the rest
 * └── for any sequence: no more arrives than was added, and all of it in the end
 */
contract RewardStreamsTest is Test {
    using RewardStreams for RewardStreams.Stream;

    uint256 private constant DURATION = 7 days;

    RewardStreams.Stream private stream;
    uint256 private start;

    function setUp() public {
        vm.warp(1_800_000_000);
        start = vm.getBlockTimestamp();
    }

    function testFuzz_arrivedDown_isEven(uint96 amount, uint256 duration, uint256 elapsed) public {
        duration = _bound(duration, 1, 30 days);
        elapsed = _bound(elapsed, 0, 2 * duration);
        stream.add(amount, duration);
        vm.warp(start + elapsed);
        uint256 expected = elapsed < duration ? (uint256(amount) * elapsed) / duration : amount;
        assertEq(stream.arrivedDown(true), expected, "arrived");
        assertEq(stream.arrivedDown(false), 0, "without shares");
        assertEq(stream.advance(true), expected, "advanced");
        assertEq(stream.arrivedDown(true), 0, "twice");
    }

    function testFuzz_advance_givenNothing_itIsZero(bool hasShares, uint256 time) public {
        vm.warp(_bound(time, 0, type(uint40).max));
        assertEq(stream.arrivedDown(hasShares), 0, "arrived");
        assertEq(stream.advance(hasShares), 0, "advanced");
    }

    /// Whoever touches an operator every second delays nothing and loses nothing.
    function testFuzz_attack_pokingOften_losesNothing(uint96 amount, uint256 seed) public {
        uint256 expectedRoundings;
        uint256 arrived;
        stream.add(amount, DURATION);
        for (uint256 i; i < 50; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip(seed % (DURATION / 40));
            arrived += stream.advance(true);
            uint256 elapsed = vm.getBlockTimestamp() - start;
            uint256 exact = elapsed < DURATION ? (uint256(amount) * elapsed) / DURATION : amount;
            ++expectedRoundings;
            assertLe(arrived, exact, "too early");
            assertGe(arrived + expectedRoundings, exact, "later than by its roundings");
        }
        vm.warp(start + DURATION);
        arrived += stream.advance(true);
        assertEq(arrived, amount, "all arrives at the end");
        assertEq(stream.remaining, 0, "nothing remains");
    }

    /// So little that single seconds round to nothing: the time stands still until something can be counted.
    function testFuzz_advance_givenDust_nothingIsForgotten(uint256 amount) public {
        amount = _bound(amount, 1, DURATION / 1 hours);
        stream.add(uint96(amount), DURATION);
        uint256 arrived;
        for (uint256 i = 1; i <= DURATION / 1 hours; ++i) {
            vm.warp(start + i * 1 hours);
            uint256 part = stream.advance(true);
            arrived += part;
            if (part == 0) assertLt(stream.from, vm.getBlockTimestamp(), "the time went on");
        }
        assertEq(arrived, amount, "all");
    }

    function testFuzz_advance_givenNobody_itWaits(uint96 amount, uint256 before, uint256 waits, uint256 looks) public {
        before = _bound(before, 0, DURATION);
        waits = _bound(waits, 0, 3650 days);
        looks = _bound(looks, 1, 10);
        stream.add(amount, DURATION);
        vm.warp(start + before);
        uint256 arrived = stream.advance(true);
        // The dust that was not counted waits with the rest.
        uint256 since = stream.remaining == 0 ? start + before : stream.from;
        for (uint256 i = 1; i <= looks; ++i) {
            vm.warp(start + before + (waits * i) / looks);
            assertEq(stream.advance(false), 0, "arrived to nobody");
        }
        uint256 left = start + DURATION - since;
        skip(left / 2);
        uint256 half = left == 0 ? amount - arrived : ((amount - arrived) * (left / 2)) / left;
        assertEq(stream.arrivedDown(true), half, "half, after half of the time that was left");
        skip(left - left / 2);
        assertEq(stream.advance(true), amount - arrived, "the rest, after the time that was left");
    }

    function testFuzz_add_givenSomeOnItsWay_bothArriveTogether(uint96 first, uint96 second, uint256 elapsed) public {
        first = uint96(_bound(first, 0, type(uint96).max / 2));
        second = uint96(_bound(second, 0, type(uint96).max / 2));
        elapsed = _bound(elapsed, 0, DURATION);
        stream.add(first, DURATION);
        vm.warp(start + elapsed);
        uint256 arrived = stream.advance(true);
        stream.add(second, DURATION);
        uint256 rest = uint256(first) + second - arrived;
        assertEq(stream.remaining, rest, "on its way");
        skip(DURATION / 2);
        assertEq(stream.arrivedDown(true), rest / 2, "half of both");
        skip(DURATION / 2);
        assertEq(stream.advance(true), rest, "all of both");
    }

    function testFuzz_stream_anySequence(uint256 seed) public {
        uint256 added;
        uint256 arrived;
        for (uint256 i; i < 60; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip((seed >> 8) % DURATION >> ((seed >> 80) % 20));
            uint256 coming = stream.arrivedDown(seed % 3 != 0);
            uint256 advanced = stream.advance(seed % 3 != 0);
            assertEq(advanced, coming, "the view told another");
            arrived += advanced;
            if (seed % 5 == 0) {
                uint96 amount = uint96(seed >> 160) >> ((seed >> 88) % 96);
                amount %= type(uint96).max / 64;
                stream.add(amount, DURATION);
                added += amount;
            }
            assertEq(arrived + stream.remaining, added, "arrived and on its way are what was added");
        }
        skip(4000 days);
        stream.advance(false);
        skip(DURATION);
        assertEq(arrived + stream.advance(true), added, "all in the end");
    }
}
