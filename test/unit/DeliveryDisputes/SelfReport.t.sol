// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDeliveryDisputes} from "../../../contracts/interfaces/IDeliveryDisputes.sol";
import {DeliveryDisputesTest} from "./DeliveryDisputesTest.sol";

/*
 * an operator that wants to gain from its own slash
 * ├── reports itself, or by a stranger's name: loses at least seven tenths
 * ├── commits ahead of time, to be faster than any honest reporter: loses as much, and cannot keep it up
 * ├── delegates to itself and burns that: every unit is lost, no reporter gets any
 * ├── burns its honest delegators: loses its own first, and gains nothing of theirs
 * └── reports itself with several keys at once: loses for each
 */
contract SelfReportTest is DeliveryDisputesTest {
    /// All that the attacker had and has: tokens that left the contracts count as much as those that can leave them.
    function testFuzz_attack_reportOneself_loses(uint256 own, bool asOperator, bool unbondsFirst) public {
        own = _bound(own, 0, MAX_STAKE);
        if (own != 0) _stake(own);
        address sybil = asOperator ? operator : stranger;
        if (unbondsFirst) _unbondAll(operator);
        _report(sybil, _wrongDelivery(AGENT_KEY));
        if (!unbondsFirst) _unbondAll(operator);
        skip(UNBONDING);
        uint256 out = _withdraw(operator, 0);
        out += stakes.claimRewards(sybil);
        assertEq(out, OWN + own - SLASH + (SLASH * 3) / 10, "all that comes out");
        assertEq(stakes.burned(), (SLASH * 7) / 10, "burned");
    }

    /// It pays itself the cut that an honest reporter would have got, and it pays all the rest as always.
    function testFuzz_attack_commitAheadOfTime_losesAsMuch(uint256 age) public {
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(AGENT_KEY);
        _commit(operator, _list(wrong));
        skip(_bound(age, 0, 1 days - 121));
        _commit(reporter, _list(wrong));
        _reveal(operator, wrong);
        vm.expectRevert(abi.encodeWithSelector(IDeliveryDisputes.AgentRetired.selector, agent));
        _reveal(reporter, wrong);
        uint256 back = stakes.claimRewards(operator);
        assertEq(back, (SLASH * 3) / 10, "what comes back");
        assertEq(_state().own + back, OWN - (SLASH * 7) / 10, "the operator's loss");
    }

    /// The operator's other money, delegated to itself under another name, pays no reporter.
    function testFuzz_attack_sybilDelegators_loseAll(uint256 delegated, uint256 count) public {
        delegated = _bound(delegated, 1, OWN * RATIO);
        count = _bound(count, 1, 8);
        _delegate(other, delegated);
        for (uint256 i = 1; i <= count; ++i) {
            IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(i);
            _setAgent(operator, i);
            _report(other, wrong);
        }
        uint256 fromOwn = count * SLASH < OWN ? count * SLASH : OWN;
        uint256 fromDelegated = count * SLASH - fromOwn;
        if (fromDelegated > delegated) fromDelegated = delegated;
        uint256 cut = stakes.claimRewards(other);
        // Each slash's cut is rounded down by itself.
        assertLe(cut, (fromOwn * 3) / 10, "more than three tenths of its own");
        assertGe(cut + count, (fromOwn * 3) / 10, "less than three tenths of its own");
        _assertPools(OWN - fromOwn, 0, delegated - fromDelegated, 0);
        assertEq(stakes.burned(), fromOwn + fromDelegated - cut, "burned");
    }

    /// Griefing its delegators costs an operator all that it has, and nobody gains what they lose.
    function testFuzz_attack_burnHonestDelegators_gainsNothing(uint256 delegated) public {
        delegated = _bound(delegated, SLASH, OWN * RATIO);
        _delegate(delegator, delegated);
        for (uint256 i = 1; i <= 4; ++i) {
            _setAgent(operator, i);
            _report(operator, _wrongDelivery(i));
            assertEq(_valueOf(delegator), delegated, "delegators before the own stake is gone");
        }
        assertEq(_state().own, 0, "own stake");
        uint256 cut = stakes.rewardsOf(operator);
        _setAgent(operator, 5);
        _report(operator, _wrongDelivery(5));
        assertEq(_state().delegated, delegated - SLASH, "delegated");
        assertEq(stakes.rewardsOf(operator), cut, "a cut of the delegators'");
        assertEq(cut, (OWN * 3) / 10, "cut of its own");
    }

    /// A contract reports like anybody, and is paid when it claims.
    function testFuzz_attack_sybilReporters_shareNothingMore(address first, address second) public {
        vm.assume(first != second);
        _setAgent(operator, 2);
        IDeliveryDisputes.SignedDelivery memory wrong = _wrongDelivery(2);
        _commit(first, _list(wrong));
        _commit(second, _list(wrong));
        _reveal(first, wrong);
        vm.expectRevert(abi.encodeWithSelector(IDeliveryDisputes.AgentRetired.selector, vm.addr(2)));
        _reveal(second, wrong);
        assertEq(stakes.rewardsOf(first) + stakes.rewardsOf(second), (SLASH * 3) / 10, "one cut");
    }
}
