// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * collectFees
 * ├── when the caller is not the collector: NotFeeCollector
 * ├── given there is nothing to pay: nothing happens
 * └── else: the collector gets this payee's fees, and nothing of any other's
 */
contract FeesTest is PaymentChannelsTest {
    function testFuzz_collectFees_itPaysTheCollector(uint64 bytes_, uint256 feeBps) public {
        feeBps = _bound(feeBps, 1, 1000);
        escrow = _deployEscrow(token, registry, feeBps, collector);
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        _settle(terms, uint64(_bound(bytes_, 2 ** 30, type(uint64).max)));
        uint64 settled = _stateOf(terms).settledBytes;
        uint256 cost = _owed(settled, terms.pricePerGiB);
        uint256 fees = (cost * feeBps) / 10_000;

        vm.expectEmit(address(escrow));
        emit IPaymentChannels.FeesCollected(payee, uint96(fees));
        vm.prank(collector);
        assertEq(escrow.collectFees(payee), fees);
        assertEq(token.balanceOf(collector), fees);
        _assertEarnings(payee, cost - fees, 0, settled);
        vm.prank(collector);
        assertEq(escrow.collectFees(payee), 0);
        escrow.withdrawEarnings(payee);
        assertEq(token.balanceOf(payee) + token.balanceOf(collector), cost);
    }

    function testFuzz_collectFees_whenNotTheCollector_itReverts(address caller, address who) public {
        vm.assume(caller != collector);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotFeeCollector.selector, collector, caller));
        vm.prank(caller);
        escrow.collectFees(who);
    }

    function testFuzz_collectFees_givenNothing_nothingHappens(address who) public {
        vm.recordLogs();
        vm.prank(collector);
        assertEq(escrow.collectFees(who), 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_collectFees_ofOnePayee_leavesTheOthers() public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        _settle(terms, uint64(GIB));
        uint256 fees = escrow.earningsOf(payee).fees;
        terms.payee = stranger;
        _openChannel(terms, 1e18);
        _settle(terms, uint64(2 * GIB));
        vm.prank(collector);
        escrow.collectFees(stranger);
        assertEq(escrow.earningsOf(payee).fees, fees);
        assertEq(escrow.earningsOf(stranger).fees, 0);
    }

    function testFuzz_settle_givenNoFee_thePayeeGetsAll(uint64 bytes_) public {
        escrow = _deployEscrow(token, registry, 0, address(0));
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        bytes_ = uint64(_bound(bytes_, 1, 2 ** 40));
        uint256 cost = _owed(bytes_, terms.pricePerGiB);
        assertEq(_settle(terms, bytes_), cost);
        _assertEarnings(payee, cost, 0, bytes_);
    }
}
