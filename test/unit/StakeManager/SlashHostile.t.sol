// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {BlacklistToken} from "../../../contracts/mocks/BlacklistToken.sol";
import {RefusingToken} from "../../../contracts/mocks/RefusingToken.sol";
import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {StakeManagerTest} from "./StakeManagerTest.sol";

/// @notice An operator or a reporter that fails whoever calls it.
contract Unreachable {
    error Refused();

    fallback() external payable {
        revert Refused();
    }
}

/*
 * whoever wants its own slash to revert
 * ├── is a contract that fails when called, as operator, beneficiary or reporter: nobody calls it
 * ├── is barred by the token, or has a barred beneficiary or reporter: nothing is sent
 * ├── uses a token that refuses all transfers: none is made
 * ├── has no stake, or left the list: nothing is taken, the agent is retired
 * ├── has a slash of any size against any number of pools: it never fails
 * └── and what they are owed is there when they can be paid
 */
contract SlashHostileTest is StakeManagerTest {
    function test_attack_contractsThatFailWhenCalled_areSlashed() public {
        address hostile = address(new Unreachable());
        _register(hostile, 2);
        _stake(hostile, OWN);
        _delegate(delegator, hostile, OWN);
        _setBeneficiary(hostile, address(new Unreachable()));
        _slash(hostile, vm.addr(2), address(new Unreachable()));
        assertEq(stakes.operatorStake(hostile).own, OWN - SLASH, "own");
    }

    function testFuzz_attack_barredByTheToken_isSlashed(bool operatorToo) public {
        BlacklistToken barring = new BlacklistToken();
        _build(WeirTestToken(address(barring)), _defaultParameters(6));
        uint256 own = 1_000e6;
        _stake(own);
        _setBeneficiary(operator, cold);
        barring.bar(cold, true);
        barring.bar(reporter, true);
        barring.bar(operator, operatorToo);
        _slash(agent);
        assertEq(_state().own, own / 2, "own");

        // The reporter is paid when it can be, and the operator's barred beneficiary holds up its own stake alone.
        vm.expectRevert(abi.encodeWithSelector(BlacklistToken.Barred.selector, reporter));
        stakes.claimRewards(reporter);
        barring.bar(reporter, false);
        assertEq(stakes.claimRewards(reporter), 150e6, "cut");
        _unbondAll(operator);
        skip(UNBONDING);
        vm.expectRevert(abi.encodeWithSelector(BlacklistToken.Barred.selector, cold));
        _withdraw(operator, 0);
        vm.prank(cold);
        registry.setBeneficiary(operator, stranger);
        assertEq(_withdraw(operator, 0), own / 2, "own stake");
    }

    function test_attack_tokenThatRefuses_isSlashed() public {
        RefusingToken refusing = new RefusingToken();
        _build(WeirTestToken(address(refusing)), _defaultParameters(18));
        _stakeAndDelegate(MIN_STAKE, OWN);
        refusing.refuse(true);
        _slash(vm.addr(1));
        _slash(vm.addr(2));
        _slash(vm.addr(3));
        _assertPools(0, 0, OWN - SLASH, 0);
    }

    function testFuzz_attack_leaveTheListBeforeTheSlash_isSlashed(uint256 own, bool unbonds) public {
        own = _boundOwn(own);
        _stake(own);
        if (unbonds) _unbondAll(operator);
        vm.prank(operator);
        registry.deregister();
        _slash(agent);
        _assertPools(unbonds ? 0 : own - SLASH, unbonds ? own - SLASH : 0, 0, 0);
    }

    /// Reporter and operator may be anybody, one and the same, or this contract itself.
    function testFuzz_attack_anyOperatorAndReporter_isSlashed(address who, address agent_, address reporter_) public {
        _slash(who, agent_, reporter_);
        assertTrue(stakes.isRetired(agent_), "retired");
    }

    function testFuzz_attack_reporterIsTheContract_isSlashed(bool asReporter) public {
        _stake(OWN);
        address account = asReporter ? address(stakes) : address(0);
        _slash(operator, agent, account);
        assertEq(stakes.rewardsOf(account), (SLASH * 3) / 10, "cut");
    }

    /// However often, with rewards on their way and holders who come and go in between.
    function testFuzz_slash_neverReverts(uint256 seed) public {
        _stakeAndDelegate(MIN_STAKE + (seed % MIN_STAKE), MIN_STAKE);
        for (uint256 i = 1; i <= 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 amount = (seed >> 128) % (2 * SLASH);
            if (seed % 6 == 0) _tryUnbond(operator, amount * 1e6);
            if (seed % 6 == 1) _tryUnbond(delegator, amount * 1e6);
            if (seed % 6 == 2) _addRewards(amount + 1);
            if (seed % 6 == 3) _stake(amount + MIN_STAKE);
            if (seed % 6 == 4) _tryDelegate(amount);
            skip((seed >> 64) % EPOCH);
            IStakeManager.OperatorStake memory before = _state();
            uint256 all = uint256(before.own) + before.ownUnbonding + before.delegated + before.delegatedUnbonding;
            _slash(vm.addr(i));
            IStakeManager.OperatorStake memory state = _state();
            uint256 left = uint256(state.own) + state.ownUnbonding + state.delegated + state.delegatedUnbonding;
            assertEq(left, all > SLASH ? all - SLASH : 0, "what is left");
        }
    }

    function _tryUnbond(address who, uint256 shares) private {
        uint256 held = _sharesOf(who);
        if (held < 1e15) return;
        _unbond(who, shares == 0 || shares > held ? held : shares);
    }

    function _tryDelegate(uint256 amount) private {
        _setAgent(operator, uint256(keccak256(abi.encode(token.totalSupply(), vm.getBlockTimestamp()))) >> 8);
        IStakeManager.OperatorStake memory state = _state();
        if (state.active && amount > TOKENS && amount <= state.delegationRoom) _delegate(delegator, amount);
    }
}
