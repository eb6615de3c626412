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
        /// Rises when the pool is wiped out.
        uint64 generation;
    }

    struct Holding {
        uint160 shares;
        /// Of the pool when they were bought: worth nothing in a later one.
        uint64 generation;
    }

    uint256 internal constant VIRTUAL_SHARES = 1e6;
    /// @dev A share is never worth less than a billionth of what the first one cost. So shares never outgrow their type,
    /// and a pool that a slash left next to nothing cannot refuse the next deposit.
    uint256 private constant MAX_SHARES_PER_UNIT = VIRTUAL_SHARES * 1e9;

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
        return holding.generation == pool.generation ? holding.shares : 0;
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
        holding.shares -= shares;
        pool.shares -= shares;
        pool.assets -= amount;
    }

    /// @notice Takes away as much of `amount` as there is, from all shares alike. When shares become next to worthless, a new
    /// generation begins, and what is left stays in the pool for nobody.
    function slash(Pool storage pool, uint256 amount) internal returns (uint96 taken) {
        taken = uint96(Math.min(amount, pool.assets));
        pool.assets -= taken;
        if (pool.shares > uint256(pool.assets) * MAX_SHARES_PER_UNIT) {
            pool.shares = 0;
            ++pool.generation;
        }
    }
}
