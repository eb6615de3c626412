// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {Economy} from "./Economy.sol";

/**
 * @notice Everybody who has something at stake, and a book of where every token must be, kept from what was sent and the time
 * that passed. It never asks the contract under test for a formula; of what the contract says it believes only how many shares somebody holds.
 *
 * Operator 0 has a cold beneficiary, operator 1 is a contract, operator 2 is honest: its agents sign each resource of a root only once the
 * same way. Whoever holds stake is one of the operators or one of three people who delegate.
 */
contract StakeBook is Economy {
    uint256 public constant OPERATORS = 3;
    uint256 public constant HONEST = 2;
    uint256 public constant HOLDERS = 6;
    uint256 public constant PAYERS = 2;
    uint256 public constant OWN = 0;
    uint256 public constant DELEGATED = 1;
    /// What a pool's shares are counted with, of which nobody holds any.
    uint256 public constant VIRTUAL = 1e6;
    uint256 private constant EPOCH = 2 days;

    /// @dev One operator's own stake, or what others delegated to it.
    struct Side {
        /// Without what has arrived since it was last touched.
        uint256 bonded;
        uint256 unbonding;
        /// What was bonded in the epoch in which the operator was last touched, before it was.
        uint256 atStart;
        /// Of the stream that was not credited yet, which began or was last credited at `from`.
        uint256 left;
        uint256 from;
        uint256 until;
        /// As they were when `judge` last looked.
        uint256 assets;
        uint256 shares;
        /// At most so many shares belong to nobody since shares were counted anew.
        uint256 drift;
        /// How often something was put in or taken out: what its rounding may leave behind.
        uint256 moves;
    }

    struct Exit {
        uint256 operator;
        address holder;
        uint256 index;
        uint256 unbonded;
        uint256 endsAt;
        uint256 worth;
        bool withdrawn;
    }

    /// @dev What rewards an operator was ever sent for which fees, and what slashing ever took.
    struct Totals {
        uint256 fees;
        uint256 distributed;
        uint256 sent;
        uint256 arrived;
        uint256 commissions;
        uint256 slashedOwn;
        uint256 slashedDelegated;
        uint256 cuts;
    }

    address public immutable COLD = makeAddr("cold wallet");
    address public immutable REPORTER;
    address public immutable DONOR;

    address[HOLDERS] public holders;
    address[PAYERS] public payers;
    uint256 public donated;
    uint256 public burned;
    mapping(address account => uint256) public rewards;
    mapping(string action => uint256) public count;
    uint256 public successes;
    uint256 public attempts;

    Side[2][OPERATORS] private _sides;
    /// The epoch in which each was last touched.
    uint256[OPERATORS] private _touchedIn;
    Totals[OPERATORS] private _totals;
    uint256[OPERATORS] private _commissions;
    uint256[OPERATORS] private _raisedIn;
    Exit[] private _exits;

    constructor() {
        holders[0] = _newPerson("operator with a cold beneficiary");
        holders[1] = _newWallet("operator that is a contract");
        holders[2] = _newPerson("honest operator");
        for (uint256 i = 0; i < OPERATORS; ++i) _newOperator(holders[i]);
        holders[3] = _newPerson("delegator");
        holders[4] = _newWallet("delegator that is a contract");
        holders[5] = _newPerson("second delegator");
        for (uint256 i = 0; i < PAYERS; ++i) payers[i] = _newPerson(i == 0 ? "payer" : "second payer");
        REPORTER = _newPerson("reporter");
        DONOR = _newPerson("donor");
        vm.prank(holders[0]);
        REGISTRY.setBeneficiary(holders[0], COLD);
    }

    // ------------------------------------------------------------------------------------------------------ the streams

    /// @dev What of a stream has arrived since it was last credited: evenly, all of it at the end, nothing while nobody is there.
    function arrived(uint256 operator, uint256 which) public view returns (uint256) {
        Side storage side = _sides[operator][which];
        if (side.left == 0 || side.shares == 0) return 0;
        if (block.timestamp >= side.until) return side.left;
        return (side.left * (block.timestamp - side.from)) / (side.until - side.from);
    }

    /// @dev What counts as bonded at present.
    function bonded(uint256 operator, uint256 which) public view returns (uint256) {
        return _sides[operator][which].bonded + arrived(operator, which);
    }

    /// @notice What counts for the split of rewards: what is bonded, and was when the epoch began.
    function counted(uint256 operator, uint256 which) external view returns (uint256) {
        uint256 present = bonded(operator, which);
        uint256 start = _sides[operator][which].atStart;
        return _touchedIn[operator] == block.timestamp / EPOCH && start < present ? start : present;
    }

    function _touch(uint256 operator) private {
        for (uint256 which = 0; which < 2; ++which) {
            Side storage side = _sides[operator][which];
            uint256 news = arrived(operator, which);
            side.bonded += news;
            side.left -= news;
            _totals[operator].arrived += news;
            // A stream that nobody is there for waits: as much time is ahead of it as before.
            if (side.shares == 0 && side.left != 0) side.until += block.timestamp - side.from;
            if (news != 0 || side.shares == 0) side.from = block.timestamp;
            if (_touchedIn[operator] != block.timestamp / EPOCH) side.atStart = side.bonded;
        }
        _touchedIn[operator] = block.timestamp / EPOCH;
    }

    function _addToStream(uint256 operator, uint256 which, uint256 amount) private {
        Side storage side = _sides[operator][which];
        side.left += amount;
        side.from = block.timestamp;
        side.until = block.timestamp + EPOCH;
    }

    // ----------------------------------------------------------------------------------------------------- what happened

    function noteBonded(uint256 operator, uint256 which, uint256 amount) external {
        _touch(operator);
        _sides[operator][which].bonded += amount;
        ++_sides[operator][which].moves;
    }

    function noteUnbonding(uint256 operator, address holder, uint256 index, uint256 amount) external {
        _touch(operator);
        Side storage side = _sides[operator][sideOf(operator, holder)];
        side.bonded -= amount;
        side.unbonding += amount;
        ++side.moves;
        _exits.push(Exit(operator, holder, index, amount, block.timestamp + STAKES.UNBONDING_PERIOD(), 0, false));
        Exit storage exit = _exits[_exits.length - 1];
        exit.worth = _worthOf(exit);
    }

    function noteWithdrawn(uint256 which, uint256 amount) external {
        Exit storage exit = _exits[which];
        Side storage side = _sides[exit.operator][sideOf(exit.operator, exit.holder)];
        exit.withdrawn = true;
        side.unbonding -= amount;
        ++side.moves;
    }

    function noteFees(uint256 operator, uint256 amount) external {
        _totals[operator].fees += amount;
    }

    function noteRewards(uint256 operator, uint256 own, uint256 delegated, uint256 commission) external {
        Totals storage totals = _totals[operator];
        totals.distributed = totals.fees;
        uint256 sent = own + delegated + commission;
        if (sent == 0) return;
        _touch(operator);
        _addToStream(operator, OWN, own);
        _addToStream(operator, DELEGATED, delegated);
        rewards[operators[operator]] += commission;
        totals.commissions += commission;
        totals.sent += sent;
    }

    function noteClaimed(address account) external {
        rewards[account] = 0;
    }

    function noteDonated(uint256 amount) external {
        donated += amount;
    }

    /// @dev What an operator lost: own stake, bonded then unbonding; delegators' stake, bonded and unbonding; the reporter's part.
    function noteSlashed(uint256 operator, uint256[4] calldata lost, address reporter, uint256 cut) external {
        _touch(operator);
        Side storage own = _sides[operator][OWN];
        Side storage delegated = _sides[operator][DELEGATED];
        own.bonded -= lost[0];
        own.unbonding -= lost[1];
        delegated.bonded -= lost[2];
        delegated.unbonding -= lost[3];
        Totals storage totals = _totals[operator];
        totals.slashedOwn += lost[0] + lost[1];
        totals.slashedDelegated += lost[2] + lost[3];
        totals.cuts += cut;
        rewards[reporter] += cut;
        burned += lost[0] + lost[1] + lost[2] + lost[3] - cut;
    }

    function noteAttempt() external {
        ++attempts;
    }

    function succeeded(string calldata action) external {
        ++count[action];
        ++successes;
    }

    // --------------------------------------------------------------------------------------------------------- the book

    function sideOf(uint256 operator, address holder) public view returns (uint256) {
        return operators[operator] == holder ? OWN : DELEGATED;
    }

    function sideRecord(uint256 operator, uint256 which) external view returns (Side memory) {
        return _sides[operator][which];
    }

    function totalsOf(uint256 operator) external view returns (Totals memory) {
        return _totals[operator];
    }

    function exitCount() external view returns (uint256) {
        return _exits.length;
    }

    function exitOf(uint256 which) external view returns (Exit memory) {
        return _exits[which];
    }

    /// @dev By the rules: enough own stake, and an agent in office that was never slashed for.
    function isActive(uint256 operator) external view returns (bool) {
        uint256 key = agentKeys[operator];
        return bonded(operator, OWN) >= 1_000e18 && key != 0 && !this.keyRecord(key).retired;
    }

    /// @dev The delegators' positions behind an operator: what each has bonded, then each of their exits.
    function positionsOf(uint256 operator) external view returns (uint256[] memory worth) {
        worth = new uint256[](HOLDERS + _exits.length);
        for (uint256 i = 0; i < HOLDERS; ++i) {
            if (i != operator) (, worth[i]) = STAKES.stakeOf(operators[operator], holders[i]);
        }
        for (uint256 i = 0; i < _exits.length; ++i) {
            Exit storage exit = _exits[i];
            if (exit.operator == operator && exit.holder != operators[operator]) worth[HOLDERS + i] = _worthOf(exit);
        }
    }

    function sharesOf(uint256 operator, uint256 which) public view returns (uint256 shares) {
        for (uint256 i = 0; i < HOLDERS; ++i) {
            if (sideOf(operator, holders[i]) != which) continue;
            (uint160 held, ) = STAKES.stakeOf(operators[operator], holders[i]);
            shares += held;
        }
    }

    /// @notice Looks at everything after an action: only a slash makes anybody poorer (S2, S3), commissions rise slowly (S7).
    /// @param slashed The operator that was slashed by the action, or NOBODY
    function judge(uint256 slashed) external {
        for (uint256 i = 0; i < OPERATORS; ++i) {
            IStakeManager.OperatorStake memory stake = STAKES.operatorStake(operators[i]);
            // First, for whether the delegators were there before the action is still in the book.
            _judgeCommission(i, stake.commissionBps);
            _judgePrice(i, OWN, stake.own, slashed == i);
            _judgePrice(i, DELEGATED, stake.delegated, slashed == i);
        }
        for (uint256 i = 0; i < _exits.length; ++i) {
            Exit storage exit = _exits[i];
            uint256 worth = _worthOf(exit);
            if (exit.withdrawn) assertEq(worth, 0, "S3: a withdrawn exit is worth something");
            else if (slashed != exit.operator) assertGe(worth, exit.worth, "S2: an exit lost without a slash");
            exit.worth = worth;
        }
    }

    function _judgePrice(uint256 operator, uint256 which, uint256 assets, bool slashed) private {
        Side storage side = _sides[operator][which];
        uint256 shares = sharesOf(operator, which);
        if (slashed) {
            if (shares != 0 && shares < side.shares) side.drift += HOLDERS;
        } else {
            uint256 left = (assets + 1) * (side.shares + VIRTUAL + side.drift);
            assertGe(left, (side.assets + 1) * (shares + VIRTUAL), "S2: a share's price fell without a slash");
        }
        (side.assets, side.shares) = (assets, shares);
    }

    function _judgeCommission(uint256 operator, uint256 bps) private {
        uint256 before = _commissions[operator];
        if (bps > before && _sides[operator][DELEGATED].shares != 0) {
            assertLe(bps - before, 100, "S7: the commission rose by more than a step");
            assertGt(block.timestamp / EPOCH, _raisedIn[operator], "S7: the commission rose twice in an epoch");
            _raisedIn[operator] = block.timestamp / EPOCH;
        }
        assertLe(bps, 5_000, "S7: the commission is above the maximum");
        _commissions[operator] = bps;
    }

    function _worthOf(Exit storage exit) private view returns (uint256) {
        return STAKES.unbonding(exit.holder, exit.index).amount;
    }
}
