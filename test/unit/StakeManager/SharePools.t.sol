// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {SharePools} from "../../../contracts/libraries/SharePools.sol";

/*
 * SharePools
 * ├── toSharesDown, toAssetsDown: the definition, rounded down
 * ├── deposit: the pool and the holding grow, the price does not fall
 * ├── redeem: they shrink, the price does not fall
 * │   └── after a deposit: never more than went in, whatever was done to the price before
 * ├── slash: as much as there is, from all shares alike
 * │   ├── given shares are still worth a billionth of their first price: they stay
 * │   └── else: a billion become one, again and again, until they are or none are left
 * └── for any sequence of these
 *     ├── holdings never add up to more shares than the pool has
 *     ├── what they are worth never adds up to more than it has
 *     └── shares stay far from the bounds of their type
 */
contract SharePoolsTest is Test {
    using SharePools for SharePools.Pool;

    uint256 private constant HOLDERS = 3;
    uint256 private constant VIRTUAL = 1e6;

    SharePools.Pool private pool;
    SharePools.Holding[HOLDERS] private holdings;

    function testFuzz_conversions_areTheDefinition(uint96 assets, uint256 shares, uint96 amount, uint256 part) public {
        _arrange(assets, shares);
        assertEq(
            pool.toSharesDown(amount),
            (uint256(amount) * (pool.shares + VIRTUAL)) / (uint256(assets) + 1),
            "shares"
        );
        part = _bound(part, 0, pool.shares);
        uint256 worth = (part * (uint256(assets) + 1)) / (pool.shares + VIRTUAL);
        assertEq(pool.toAssetsDown(part, assets), worth, "assets");
        assertLe(worth, assets, "more than there is");
    }

    function testFuzz_deposit_neverLowersThePrice(uint96 assets, uint256 shares, uint96 amount) public {
        assets = uint96(_bound(assets, 0, type(uint96).max / 2));
        amount = uint96(_bound(amount, 0, type(uint96).max / 2));
        _arrange(assets, shares);
        SharePools.Pool memory before = pool;
        uint160 bought = pool.deposit(holdings[1], amount);
        assertEq(pool.assets, assets + amount, "assets");
        assertEq(pool.shares, before.shares + bought, "shares");
        assertEq(pool.sharesOf(holdings[1]), bought, "holding");
        _assertPriceNotLower(before);
    }

    function testFuzz_redeem_neverLowersThePrice(uint96 assets, uint256 shares, uint256 part) public {
        _arrange(assets, shares);
        SharePools.Pool memory before = pool;
        part = _bound(part, 0, pool.shares);
        uint96 amount = pool.redeem(holdings[0], uint160(part));
        assertEq(pool.assets, assets - amount, "assets");
        assertEq(pool.shares, before.shares - part, "shares");
        assertEq(pool.sharesOf(holdings[0]), before.shares - part, "holding");
        _assertPriceNotLower(before);
    }

    /// In and out again, at any price: it pays back what went in, or less by no more than a share and a unit.
    function testFuzz_redeem_afterADeposit_givesNoMore(uint96 assets, uint256 shares, uint96 amount) public {
        assets = uint96(_bound(assets, 0, type(uint96).max / 2));
        amount = uint96(_bound(amount, 0, type(uint96).max / 2));
        _arrange(assets, shares);
        uint256 price = (uint256(assets) + 1) / (pool.shares + VIRTUAL) + 1;
        uint160 bought = pool.deposit(holdings[1], amount);
        uint96 back = pool.redeem(holdings[1], bought);
        assertLe(back, amount, "more than went in");
        assertGe(uint256(back) + price + 1, amount, "less by more than a share and a unit");
    }

    function testFuzz_slash_takesWhatThereIs(uint96 assets, uint256 shares, uint256 amount) public {
        _arrange(assets, shares);
        uint256 taken = amount < assets ? amount : assets;
        assertEq(pool.slash(amount), taken, "taken");
        assertEq(pool.assets, assets - taken, "left");
    }

    /// No holder loses more than its part of what was taken, and two units to rounding, also across generations.
    function testFuzz_slash_takesFromAllAlike(uint96 assets, uint256 shares, uint96 amount, uint256 left) public {
        assets = uint96(_bound(assets, 0, type(uint96).max / 2));
        amount = uint96(_bound(amount, 1, type(uint96).max / 2));
        _arrange(assets, shares);
        pool.deposit(holdings[1], amount);
        left = _bound(left, 0, pool.assets);
        uint256[2] memory worth = [_worthOf(0), _worthOf(1)];
        uint256 all = pool.assets;
        pool.slash(all - left);
        for (uint256 i; i < 2; ++i) {
            uint256 fair = (worth[i] * left) / all;
            assertLe(_worthOf(i), fair + 1, "gained");
            assertGe(_worthOf(i) + 2, fair, "lost more than its part");
        }
    }

    function testFuzz_slash_countsSharesAnewBelowABillionthOfTheFirstPrice(uint96 first, uint256 left) public {
        first = uint96(_bound(first, 1, type(uint96).max));
        left = _bound(left, 0, first);
        uint256 shares = pool.deposit(holdings[0], first);
        pool.slash(first - left);
        uint256 generations;
        while (shares > left * 1e15) {
            shares /= 1e9;
            ++generations;
        }
        assertEq(pool.generation, generations, "generation");
        assertEq(pool.shares, shares, "shares of the pool");
        assertEq(pool.sharesOf(holdings[0]), shares, "shares of the holder");
        if (left == 0) assertEq(shares, 0, "none when nothing is left");
        assertLe(_worthOf(0), left, "worth more than is left");
        assertGe(_worthOf(0) + 1, left, "worth less than is left");
    }

    /// The last price at which they stay, and the first at which they do not.
    function test_slash_theFloorIsToTheUnit() public {
        pool.deposit(holdings[0], 1e18);
        uint256 snapshot = vm.snapshotState();
        pool.slash(1e18 - 1e9);
        assertEq(pool.sharesOf(holdings[0]), 1e24, "at the floor");
        assertEq(pool.generation, 0, "at the floor: generation");
        vm.revertToState(snapshot);
        pool.slash(1e18 - 1e9 + 1);
        assertEq(pool.sharesOf(holdings[0]), 1e15, "below the floor");
        assertEq(pool.generation, 1, "below the floor: generation");
        assertEq(_worthOf(0), 1e9 - 1, "below the floor: worth");
    }

    /// A holding that slept through any number of generations wakes up with what is left of it.
    function testFuzz_sharesOf_acrossGenerations(uint160 shares, uint64 bought, uint64 age) public {
        bought = uint64(_bound(bought, 0, type(uint64).max / 2));
        age = uint64(_bound(age, 0, age % 2 == 0 ? 8 : type(uint64).max / 2));
        holdings[0] = SharePools.Holding(shares, bought);
        pool = SharePools.Pool(0, type(uint160).max, bought + age);
        uint256 expected = shares;
        for (uint256 i; i < age && expected != 0; ++i) expected /= 1e9;
        assertEq(pool.sharesOf(holdings[0]), expected, "shares");
    }

    /// Whoever takes out a part in a later generation keeps the rest, and can add to it.
    function testFuzz_redeem_inALaterGeneration_keepsTheRest(uint96 first, uint256 left, uint256 part) public {
        first = uint96(_bound(first, 1e12, type(uint96).max));
        left = _bound(left, 1, first / 1e9 - 1);
        pool.deposit(holdings[0], first);
        pool.slash(first - left);
        assertGt(pool.generation, 0, "a later generation");
        uint256 held = pool.sharesOf(holdings[0]);
        part = _bound(part, 0, held);
        uint256 paid = pool.redeem(holdings[0], uint160(part));
        assertEq(pool.sharesOf(holdings[0]), held - part, "the rest");
        assertApproxEqAbs(paid + _worthOf(0), left, 2, "paid and left");
        uint160 bought = pool.deposit(holdings[0], 1e6);
        assertEq(pool.sharesOf(holdings[0]), held - part + bought, "the rest and what was added");
    }

    /// Deposits, redemptions, rewards and slashes of any size by three holders, in any order.
    function testFuzz_pool_anySequence(uint256 seed) public {
        for (uint256 i; i < 40; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            SharePools.Pool memory before = pool;
            SharePools.Holding storage holding = holdings[(seed >> 8) % HOLDERS];
            uint256 size = uint256(uint96(seed >> 16)) >> ((seed >> 112) % 97);
            if (seed % 4 == 0) pool.deposit(holding, uint96(size % (type(uint96).max - uint256(pool.assets) + 1)));
            if (seed % 4 == 1) pool.redeem(holding, uint160((seed >> 128) % (uint256(pool.sharesOf(holding)) + 1)));
            if (seed % 4 == 2 && pool.shares != 0)
                pool.assets += uint96(size % (type(uint96).max - uint256(pool.assets) + 1));
            if (seed % 4 == 3)
                pool.slash(size % 2 == 0 ? size : uint256(pool.assets) - (size % (uint256(pool.assets) + 1)));
            if (seed % 4 != 3) _assertPriceNotLower(before);
            _assertConsistent();
        }
    }

    function _assertConsistent() private view {
        uint256 shares;
        uint256 worth;
        for (uint256 i; i < HOLDERS; ++i) {
            shares += pool.sharesOf(holdings[i]);
            worth += _worthOf(i);
        }
        assertLe(shares, pool.shares, "more shares held than there are");
        assertLe(worth, pool.assets, "worth more than there is");
        assertLe(pool.shares, 2 ** 148, "shares near the bound of their type");
    }

    function _worthOf(uint256 holder) private view returns (uint256) {
        return pool.toAssetsDown(pool.sharesOf(holdings[holder]), pool.assets);
    }

    /// @dev The price is (assets + 1) / (shares + VIRTUAL), compared by cross multiplication.
    function _assertPriceNotLower(SharePools.Pool memory before) private view {
        uint256 then = (uint256(before.assets) + 1) * (pool.shares + VIRTUAL);
        uint256 now_ = (uint256(pool.assets) + 1) * (before.shares + VIRTUAL);
        assertGe(now_, then, "the price fell");
    }

    /// @dev A pool with so many assets, all shares the first holder's, at a price that slashes leave or above.
    function _arrange(uint96 assets, uint256 shares) private {
        shares = _bound(shares, 0, uint256(assets) * 1e15);
        pool = SharePools.Pool(assets, uint160(shares), 0);
        holdings[0] = SharePools.Holding(uint160(shares), 0);
    }
}
