// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * withdrawEarnings
 * ├── given there is nothing to pay: nothing happens
 * ├── given a beneficiary is registered: he gets all of it, whoever calls
 * └── given none is: the payee does
 */
contract EarningsTest is PaymentChannelsTest {
    function testFuzz_withdrawEarnings_itPaysThePayee(uint64 bytes_, address caller) public {
        uint256 earned = _earn(bytes_);
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.EarningsWithdrawn(payee, payee, uint96(earned));
        vm.prank(caller);
        assertEq(escrow.withdrawEarnings(payee), earned);
        assertEq(token.balanceOf(payee), earned);
        _assertPaidOut();
    }

    function testFuzz_withdrawEarnings_givenABeneficiary_itPaysHim(uint64 bytes_, address caller) public {
        vm.prank(payee);
        registry.setBeneficiary(payee, cold);
        uint256 earned = _earn(bytes_);
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.EarningsWithdrawn(payee, cold, uint96(earned));
        vm.prank(caller);
        assertEq(escrow.withdrawEarnings(payee), earned);
        assertEq(token.balanceOf(cold), earned);
        assertEq(token.balanceOf(payee), 0);
        _assertPaidOut();
    }

    function testFuzz_withdrawEarnings_givenNothing_nothingHappens(address who, address caller) public {
        vm.recordLogs();
        vm.prank(caller);
        assertEq(escrow.withdrawEarnings(who), 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function testFuzz_attack_withdrawTwice_theSecondPaysNothing(uint64 bytes_) public {
        uint256 earned = _earn(bytes_);
        escrow.withdrawEarnings(payee);
        assertEq(escrow.withdrawEarnings(payee), 0);
        assertEq(token.balanceOf(payee), earned);
        // And what comes later is paid alone.
        IPaymentChannels.Channel memory terms = _channel();
        terms.nonce = 2;
        _openChannel(terms, 1e18);
        uint256 more = _settle(terms, uint64(GIB));
        assertEq(escrow.withdrawEarnings(payee), more);
    }

    /// The agent's key is hot: it takes no money by any call.
    function testFuzz_attack_agentTakesEarnings_theyGoToThePayee(uint64 bytes_) public {
        uint256 earned = _earn(bytes_);
        vm.prank(agent);
        escrow.withdrawEarnings(payee);
        assertEq(token.balanceOf(agent), 0);
        assertEq(token.balanceOf(payee), earned);
        vm.prank(agent);
        assertEq(escrow.withdrawEarnings(agent), 0);
    }

    function _earn(uint64 bytes_) private returns (uint256 earned) {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        earned = _settle(terms, uint64(_bound(bytes_, 2 ** 20, type(uint64).max)));
        assertGt(earned, 0);
    }

    /// @dev Only the balance is gone; the fees and the statistic stay.
    function _assertPaidOut() private view {
        uint64 settled = _stateOf(_channel()).settledBytes;
        _assertEarnings(payee, 0, _fee(_owed(settled, _channel().pricePerGiB)), settled);
    }
}
