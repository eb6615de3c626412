// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "forge-std/Vm.sol";

import {IRewardsDistributor} from "../../../contracts/interfaces/IRewardsDistributor.sol";
import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeBook} from "./StakeBook.sol";
import {StakeHandler} from "./StakeHandler.sol";

/// @notice Viewers who pay, whoever distributes and claims, a donor, and time.
contract RewardHandler is StakeHandler {
    uint256 private constant LAMBDA = 0.01e18;
    IRewardsDistributor private immutable DISTRIBUTOR;

    constructor(StakeBook book) StakeHandler(book) {
        DISTRIBUTOR = book.DISTRIBUTOR();
    }

    function pay(uint256 seed) public judged {
        seed = _dice(seed);
        (uint256 index, ) = _operator(seed);
        BOOK.noteFees(index, BOOK.pay(BOOK.payers((seed >> 8) % BOOK.PAYERS()), index, _amount(seed >> 16, 1_000e18)));
        BOOK.succeeded("pay");
    }

    /// @dev By a stranger, or by the operator if there is nothing to return to.
    function distribute(uint256 seed) external judged {
        seed = _dice(seed);
        (uint256 index, address operator) = _activeOperator(seed);
        StakeBook.Totals memory totals = BOOK.totalsOf(index);
        uint256 fees = totals.fees - totals.distributed;
        uint256 stake = STAKES.rewardableStake(operator);
        assertEq(BOOK.ESCROW().earningsOf(operator).fees, fees, "S8: fees of the operator's own settlements");
        if (!BOOK.isActive(index)) assertEq(stake, 0, "S8: an inactive operator's stake counts");
        assertLe(stake, _bonded(index), "S8: more counts than is bonded");
        bytes memory call = abi.encodeCall(IRewardsDistributor.distribute, (operator));
        bool again = DISTRIBUTOR.distributedIn(operator) == block.timestamp / 2 days;
        if (again || stake == 0) {
            _mustFail(BOOK.DONOR(), address(DISTRIBUTOR), call, "S8: distributed twice in an epoch, or for nothing");
            if (again) return BOOK.succeeded("distributeAgain");
        }
        if (stake == 0 && seed % 4 != 0) return;
        uint256 before = TOKEN.balanceOf(address(STAKES));
        vm.recordLogs();
        (bool success, bytes memory result) = BOOK.act(
            stake == 0 ? operator : BOOK.DONOR(),
            address(DISTRIBUTOR),
            call
        );
        assertTrue(success, "fees could not be distributed");
        uint256 sent = abi.decode(result, (uint256));
        assertEq(TOKEN.balanceOf(address(STAKES)) - before, sent, "S8: the distributor sent something else");
        assertLe(sent, (fees * BOOK.RHO()) / 10_000, "S8: more than rho of the operator's own fees");
        // 1 - e^-x < x: little stake earns little, whatever the fees.
        assertLe(sent, (stake * LAMBDA * BOOK.RHO()) / 1e22, "S8: more than the stake can earn");
        _split(index, sent, vm.getRecordedLogs());
        if (sent != 0) BOOK.succeeded("distribute");
        else BOOK.succeeded("distributeNothing");
    }

    /// @dev Anyone, for everybody who has something to claim.
    function claim(uint256 seed) external judged {
        seed = _dice(seed);
        address account = seed % 2 == 0 ? BOOK.REPORTER() : BOOK.holders((seed >> 8) % BOOK.HOLDERS());
        uint256 expected = BOOK.rewards(account);
        address to = account == BOOK.operators(0) ? BOOK.COLD() : account;
        uint256 before = TOKEN.balanceOf(to);
        (bool success, bytes memory result) = BOOK.act(
            BOOK.DONOR(),
            address(STAKES),
            abi.encodeCall(IStakeManager.claimRewards, (account))
        );
        assertTrue(success, "rewards could not be claimed");
        assertEq(abi.decode(result, (uint256)), expected, "S1: other rewards than were credited");
        assertEq(TOKEN.balanceOf(to), before + expected, "S1: the rewards went elsewhere");
        BOOK.noteClaimed(account);
        BOOK.succeeded(expected == 0 ? "claimNothing" : "claim");
    }

    function donate(uint256 seed) external judged {
        seed = _dice(seed);
        uint96 amount = _amount(seed, 1_000e18);
        vm.prank(BOOK.DONOR());
        TOKEN.transfer(address(STAKES), amount);
        BOOK.noteDonated(amount);
        BOOK.succeeded("donate");
    }

    function pass(uint256 time) external judged {
        skip((_dice(time) % 4 days) + 1);
        BOOK.succeeded("pass");
    }

    /// @dev Where every unit went, from the event, against what both kinds of stake counted for in the book.
    function _split(uint256 index, uint256 sent, Vm.Log[] memory logs) private {
        (uint256 own, uint256 delegated, uint256 commission) = (0, 0, 0);
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IStakeManager.RewardsAdded.selector) continue;
            (own, delegated, commission) = abi.decode(logs[i].data, (uint256, uint256, uint256));
        }
        assertEq(own + delegated + commission, sent, "S8: what arrived is not what was sent");
        uint256 delegatedStake =
            BOOK.sideRecord(index, BOOK.DELEGATED()).shares == 0 ? 0 : BOOK.counted(index, BOOK.DELEGATED());
        uint256 stake = BOOK.counted(index, BOOK.OWN()) + delegatedStake;
        uint256 others = delegated + commission;
        assertLe(others * stake, sent * delegatedStake, "S8: delegators got more than pro rata");
        if (stake != 0) assertGt((others + 1) * stake, sent * delegatedStake, "S8: delegators got less than pro rata");
        uint256 bps = STAKES.operatorStake(BOOK.operators(index)).commissionBps;
        assertEq(commission, (others * bps) / 10_000, "S8: another commission");
        BOOK.noteRewards(index, own, delegated, commission);
    }

    function _bonded(uint256 index) private view returns (uint256) {
        return BOOK.bonded(index, BOOK.OWN()) + BOOK.bonded(index, BOOK.DELEGATED());
    }
}
