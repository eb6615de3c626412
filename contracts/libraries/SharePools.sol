// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Pools of tokens that are held in shares
/// @notice What a share is worth is `(assets + 1) / (shares + VIRTUAL_SHARES)`. The virtual shares belong to nobody: whoever raises the price by
/// giving tokens away, to have the next deposit rounded down to nothing, gives most of them to the virtual shares. All
/// conversions round down, so neither a deposit nor a redemption lowers the price for those who stay.
/// @dev After the reasoning of OpenZeppelin's ERC4626 about inflation attacks. Assets are booked here, never read from a balance.
library SharePools {
    using SafeCast for uint256;

    struct Pool {
        uint96 assets;
        uint160 shares;
        /// Rises each time that shares are counted anew.
        uint64 generation;
    }

    struct Holding {
        uint160 shares;
        /// Of the pool when they were bought.
        uint64 generation;
    }

    uint256 internal constant VIRTUAL_SHARES = 1e6;
    /// @dev A share is never worth less than a billionth of what the first one cost. So shares never outgrow their type,
    /// and a pool that a slash left next to nothing cannot refuse the next deposit.
    uint256 private constant MAX_SHARES_PER_UNIT = VIRTUAL_SHARES * OLD_SHARES;
    /// @dev So many shares of a generation are one of the next.
    uint256 private constant OLD_SHARES = 1e9;
    /// @dev After so many generations 160 bits of shares count for nothing.
    uint256 private constant MAX_AGE = 6;

    /// @notice Shares that `amount` buys.
    function toSharesDown(Pool storage pool, uint256 amount) internal view returns (uint256) {
        return Math.mulDiv(amount, uint256(pool.shares) + VIRTUAL_SHARES, uint256(pool.assets) + 1);
    }

    /// @notice What `shares` are worth while the pool has `assets`.
    function toAssetsDown(Pool storage pool, uint256 shares, uint256 assets) internal view returns (uint96) {
        // At most `assets`: no more shares are asked about than there are.
        return uint96(Math.mulDiv(shares, assets + 1, uint256(pool.shares) + VIRTUAL_SHARES));
    }

    /// @notice The shares that a holding has of the pool as it is.
    function sharesOf(Pool storage pool, Holding storage holding) internal view returns (uint160) {
        uint256 age = pool.generation - holding.generation;
        return age < MAX_AGE ? uint160(holding.shares / OLD_SHARES ** age) : 0;
    }

    /// @notice Puts `amount` into the pool, for shares that go to the holding.
    function deposit(Pool storage pool, Holding storage holding, uint96 amount) internal returns (uint160 shares) {
        shares = toSharesDown(pool, amount).toUint160();
        uint160 held = sharesOf(pool, holding);
        pool.shares += shares;
        pool.assets += amount;
        holding.shares = held + shares;
        holding.generation = pool.generation;
    }

    /// @notice Takes out what `shares` of the holding are worth. The caller checked that it has so many.
    function redeem(Pool storage pool, Holding storage holding, uint160 shares) internal returns (uint96 amount) {
        amount = toAssetsDown(pool, shares, pool.assets);
        holding.shares = sharesOf(pool, holding) - shares;
        holding.generation = pool.generation;
        pool.shares -= shares;
        pool.assets -= amount;
    }

    /// @notice Takes away as much of `amount` as there is, from all shares alike. When shares become next to worthless, a new generation begins,
    /// in which a billion of them are one. So nobody loses more than was taken, not even who bought shares when they were almost
    /// that cheap; and when nothing is left no shares are.
    function slash(Pool storage pool, uint256 amount) internal returns (uint96 taken) {
        taken = uint96(Math.min(amount, pool.assets));
        pool.assets -= taken;
        while (pool.shares > uint256(pool.assets) * MAX_SHARES_PER_UNIT) {
            pool.shares /= uint160(OLD_SHARES);
            ++pool.generation;
        }
    }
}
