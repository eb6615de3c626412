// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "forge-std/Vm.sol";

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {IRewardsDistributor} from "../../../contracts/interfaces/IRewardsDistributor.sol";
import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {Economy} from "../staking/Economy.sol";

/**
 * @notice One attacker with many hands, three of them operators, and all that is in his purse, wherever it is; and, if there is a crowd, one
 * honest operator, one honest delegator and one honest viewer, who deal with everybody.
 *
 * What the purse may hold at most is computed from what he began with, what was given to him, and what the rules take.
 */
contract Purse is Economy {
    uint256 public constant OWN_OPERATORS = 3;
    uint256 public constant HANDS = 5;
    /// The crowd's operator, if there is a crowd.
    uint256 public constant HONEST = 3;
    uint256 private constant VIRTUAL = 1e6;

    bool public immutable CROWD;
    address public immutable DELEGATOR;
    address public immutable VIEWER;

    address[HANDS] public hands;
    /// Fees of his operators that were distributed, what of them can never come back, and what slashing took from him for good.
    uint256 public feesDistributed;
    uint256 public feesLost;
    uint256 public slashLost;
    /// Of the crowd's money: paid to his operators; what its own operator's fees returned to shares that he held while they came;
    /// and what rounding took from the crowd.
    uint256 public given;
    uint256 public shared;
    uint256 public dust;
    mapping(string action => uint256) public count;
    uint256 public successes;
    uint256 public attempts;

    /// @dev A channel of his that is reserved and not settled.
    struct Line {
        address payer;
        IPaymentChannels.Channel terms;
    }

    Line[] private _lines;

    constructor(bool crowd) {
        CROWD = crowd;
        for (uint256 i = 0; i < HANDS; ++i) {
            string memory name = string.concat("hand ", vm.toString(i));
            hands[i] = i == 1 ? _newWallet(name) : _newPerson(name);
            if (i < OWN_OPERATORS) _newOperator(hands[i]);
        }
        if (!crowd) return;
        DELEGATOR = _newPerson("honest delegator");
        VIEWER = _newPerson("honest viewer");
        _newOperator(_newPerson("honest operator"));
    }

    // -------------------------------------------------------------------------------------------------- what is his

    /// @notice Everything that he owns anywhere, in flight too, as if what is on its way to his operators were all his.
    function owned() public returns (uint256 total) {
        for (uint256 i = 0; i < HANDS; ++i) {
            total += TOKEN.balanceOf(hands[i]) + STAKES.rewardsOf(hands[i]);
            total += ESCROW.account(vm.addr(sessionKey(hands[i]))).balance;
            for (uint256 j = 0; j < STAKES.unbondingCount(hands[i]); ++j) {
                total += STAKES.unbonding(hands[i], j).amount;
            }
            if (CROWD) total += _stakeOf(HONEST, hands[i]);
        }
        for (uint256 i = 0; i < OWN_OPERATORS; ++i) {
            IPaymentChannels.Earnings memory earnings = ESCROW.earningsOf(operators[i]);
            total += uint256(earnings.balance) + earnings.fees;
        }
        for (uint256 i = 0; i < _lines.length; ++i) total += _lines[i].terms.pricePerGiB;
        // What is in flight has arrived by then.
        uint256 present = block.timestamp;
        vm.warp(present + STAKES.EPOCH_LENGTH());
        for (uint256 i = 0; i < OWN_OPERATORS; ++i) {
            for (uint256 j = 0; j < HANDS; ++j) total += _stakeOf(i, hands[j]);
        }
        vm.warp(present);
    }

    /// @notice The most he may own: R1.
    function limit() external view returns (uint256) {
        uint256 credit = HANDS * STARTING_TOKENS + given + shared + dust;
        // Each of the crowd's actions may leave him a few units.
        if (CROWD) credit += 10 * attempts;
        return credit - feesLost - slashLost;
    }

    // ---------------------------------------------------------------------------------------------------- the rules

    /// @dev Of what was distributed at least 1 - rho is lost, rounded up.
    function distribute(uint256 index, address caller) external returns (bool success) {
        uint256 fees = ESCROW.earningsOf(operators[index]).fees;
        bytes memory call = abi.encodeCall(IRewardsDistributor.distribute, (operators[index]));
        bytes memory result;
        (success, result) = act(caller, address(DISTRIBUTOR), call);
        if (!success) return false;
        uint256 most = (fees * RHO) / 10_000;
        assertLe(abi.decode(result, (uint256)), most, "R1: more than rho of the operator's own fees");
        if (index == HONEST) return fees != 0;
        feesDistributed += fees;
        feesLost += fees - most;
        return fees != 0;
    }

    /// @dev He catches himself. Of his operator's own stake the reporter, who is he, gets 30% at most; of the delegators' nobody anything.
    function confess(uint256 index, uint256 reporter, bytes32 salt) external {
        uint256 key = agentKeys[index];
        vm.recordLogs();
        (bool success, ) = catchAgent(hands[reporter], key, salt);
        assertTrue(success, "S4: a slash reverted");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IStakeManager.Slashed.selector) continue;
            (uint256 own, uint256 delegated, ) = abi.decode(logs[i].data, (uint256, uint256, uint256));
            slashLost += own - (own * 3_000) / 10_000;
            if (!CROWD) slashLost += delegated;
        }
        noteRetired(key);
        appoint(index);
    }

    /// @notice Time passes. What the honest operator's delegators earn meanwhile is his as far as he holds their shares.
    function pass(uint256 time) public override {
        if (!CROWD) return skip(time);
        (uint256 his, uint256 all) = (0, VIRTUAL);
        for (uint256 i = 0; i < HANDS; ++i) his += _sharesOf(HONEST, hands[i]);
        all += his + _sharesOf(HONEST, DELEGATOR);
        uint256 before = STAKES.operatorStake(operators[HONEST]).delegated;
        skip(time);
        uint256 news = STAKES.operatorStake(operators[HONEST]).delegated - before;
        // Each hand's part may have been rounded down before, and not after.
        shared += (news * his) / all + HANDS;
    }

    // ---------------------------------------------------------------------------------------------------- the book

    function reserve(uint256 hand, uint256 index, uint96 amount) external {
        _lines.push(Line(hands[hand], fund(hands[hand], index, amount)));
    }

    function lineCount() external view returns (uint256) {
        return _lines.length;
    }

    function settleLine(uint256 which) external {
        Line memory line = _lines[which];
        _lines[which] = _lines[_lines.length - 1];
        _lines.pop();
        settle(line.payer, line.terms);
    }

    function noteGiven(uint256 amount) external {
        given += amount;
    }

    function noteDust(uint256 amount) external {
        dust += amount;
    }

    function noteAttempt() external {
        ++attempts;
    }

    function succeeded(string calldata action) external {
        ++count[action];
        ++successes;
    }

    /// @notice Everything goes back to the wallets: settled, distributed, unbonded, withdrawn and claimed.
    function cashOut() external {
        pass(STAKES.EPOCH_LENGTH());
        for (uint256 i = _lines.length; i > 0; --i) this.settleLine(i - 1);
        for (uint256 i = 0; i < OWN_OPERATORS; ++i) {
            ESCROW.withdrawEarnings(operators[i]);
            this.distribute(i, operators[i]);
        }
        pass(STAKES.EPOCH_LENGTH());
        for (uint256 i = 0; i < HANDS; ++i) {
            for (uint256 j = 0; j < operators.length; ++j) {
                uint160 shares = uint160(_sharesOf(j, hands[i]));
                act(hands[i], address(STAKES), abi.encodeCall(IStakeManager.unbond, (operators[j], shares)));
            }
        }
        pass(STAKES.UNBONDING_PERIOD());
        for (uint256 i = 0; i < HANDS; ++i) {
            address signer = vm.addr(sessionKey(hands[i]));
            uint96 balance = ESCROW.account(signer).balance;
            act(hands[i], address(ESCROW), abi.encodeCall(IPaymentChannels.withdraw, (signer, balance, hands[i])));
            for (uint256 j = 0; j < STAKES.unbondingCount(hands[i]); ++j) {
                act(hands[i], address(STAKES), abi.encodeCall(IStakeManager.withdraw, (j)));
            }
            STAKES.claimRewards(hands[i]);
        }
    }

    /// @notice What is in the wallets.
    function cash() external view returns (uint256 total) {
        for (uint256 i = 0; i < HANDS; ++i) total += TOKEN.balanceOf(hands[i]);
    }

    function _stakeOf(uint256 index, address holder) private view returns (uint256) {
        (, uint96 amount) = STAKES.stakeOf(operators[index], holder);
        return amount;
    }

    function _sharesOf(uint256 index, address holder) private view returns (uint256 shares) {
        (shares, ) = STAKES.stakeOf(operators[index], holder);
    }
}
