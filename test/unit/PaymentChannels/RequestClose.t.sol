// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * requestClose
 * ├── when the caller is neither owner nor signer: NotPayer
 * ├── given the channel was never funded: ChannelUnknown
 * ├── given it is closed: ChannelIsClosed
 * ├── given a request is pending: CloseAlreadyRequested
 * └── else: the grace period starts
 * finalizeClose
 * ├── given the channel was never funded: ChannelUnknown
 * ├── given it is closed: ChannelIsClosed
 * ├── given no request is pending: CloseNotRequested
 * ├── given the grace period runs: GracePeriodNotOver
 * └── else: what was not paid returns to the account, whoever calls
 */
contract RequestCloseTest is PaymentChannelsTest {
    function testFuzz_requestClose_theGracePeriodStarts(uint32 grace, uint32 elapsed, bool bySigner) public {
        IPaymentChannels.Channel memory terms = _channel(1e18, grace, 7);
        _openChannel(terms, 1e18);
        skip(elapsed);
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.CloseRequested(_idOf(terms), signer, payee, block.timestamp + terms.gracePeriod);
        vm.prank(bySigner ? signer : owner);
        escrow.requestClose(terms);
        _assertState(terms, 1e18, 0, block.timestamp, false);
        assertEq(_balance(), 0);
    }

    function testFuzz_requestClose_whenNotThePayer_itReverts(address caller) public {
        vm.assume(caller != owner && caller != signer);
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotPayer.selector, owner, signer, caller));
        vm.prank(caller);
        escrow.requestClose(terms);
    }

    function testFuzz_requestClose_givenNeverFunded_itReverts(IPaymentChannels.Channel memory terms) public {
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.ChannelUnknown.selector, _idOf(terms)));
        vm.prank(terms.signer);
        escrow.requestClose(terms);
    }

    /// Asking again neither shortens nor restarts the grace period.
    function testFuzz_requestClose_givenOnePending_itReverts(uint32 grace, uint32 elapsed) public {
        IPaymentChannels.Channel memory terms = _channel(1e18, grace, 7);
        _openChannel(terms, 1e18);
        _requestClose(terms);
        uint256 requestedAt = block.timestamp;
        skip(elapsed);
        vm.expectRevert(
            abi.encodeWithSelector(
                IPaymentChannels.CloseAlreadyRequested.selector,
                _idOf(terms),
                requestedAt + terms.gracePeriod
            )
        );
        vm.prank(owner);
        escrow.requestClose(terms);
        _assertState(terms, 1e18, 0, requestedAt, false);
    }

    /// The request names its own channel only.
    function test_requestClose_otherChannelsStayOpen() public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        _requestClose(terms);
        terms.gracePeriod += 1;
        _openChannel(terms, 1e18);
        _assertState(terms, 1e18, 0, 0, false);
    }

    function testFuzz_finalizeClose_itReturnsWhatWasNotPaid(
        uint96 price,
        uint32 grace,
        uint96 deposit,
        uint64 before,
        uint64 meanwhile,
        uint32 late,
        address caller
    ) public {
        IPaymentChannels.Channel memory terms = _channel(price, grace, 7);
        deposit = uint96(_bound(deposit, 1, MAX_AMOUNT));
        _openChannel(terms, deposit);
        if (before != 0) _settle(terms, before);
        _requestClose(terms);
        uint256 closableAt = block.timestamp + terms.gracePeriod;
        vm.warp(closableAt - 1);
        // Until the end the payee settles what it holds.
        _settle(terms, meanwhile);
        uint64 settled = _stateOf(terms).settledBytes;
        uint256 spent = _owed(settled, terms.pricePerGiB);
        vm.warp(closableAt + late);

        vm.expectEmit(address(escrow));
        emit IPaymentChannels.Closed(_idOf(terms), signer, payee, settled, uint96(deposit - spent));
        vm.prank(caller);
        escrow.finalizeClose(terms);
        _assertState(terms, spent, settled, 0, true);
        assertEq(_balance(), deposit - spent);
        IPaymentChannels.Earnings memory earnings = escrow.earningsOf(payee);
        assertEq(uint256(earnings.balance) + earnings.fees, spent);
    }

    function testFuzz_finalizeClose_givenTheGracePeriodRuns_itReverts(
        uint32 grace,
        uint32 elapsed,
        bool byOwner
    ) public {
        IPaymentChannels.Channel memory terms = _channel(1e18, grace, 7);
        _openChannel(terms, 1e18);
        _requestClose(terms);
        uint256 closableAt = block.timestamp + terms.gracePeriod;
        skip(_bound(elapsed, 0, terms.gracePeriod - 1));
        vm.expectRevert(
            abi.encodeWithSelector(IPaymentChannels.GracePeriodNotOver.selector, closableAt, block.timestamp)
        );
        vm.prank(byOwner ? owner : stranger);
        escrow.finalizeClose(terms);
    }

    function testFuzz_attack_graceBounds_itOpensAtTheExactSecond(uint32 grace) public {
        IPaymentChannels.Channel memory terms = _channel(1e18, grace, 7);
        _openChannel(terms, 1e18);
        _requestClose(terms);
        uint256 closableAt = block.timestamp + terms.gracePeriod;
        vm.warp(closableAt - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IPaymentChannels.GracePeriodNotOver.selector, closableAt, closableAt - 1)
        );
        escrow.finalizeClose(terms);
        vm.warp(closableAt);
        escrow.finalizeClose(terms);
        assertTrue(_stateOf(terms).closed);
    }

    function testFuzz_finalizeClose_givenNoRequest_itReverts(uint64 elapsed, address caller) public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        skip(elapsed);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.CloseNotRequested.selector, _idOf(terms)));
        vm.prank(caller);
        escrow.finalizeClose(terms);
    }

    function testFuzz_finalizeClose_givenNeverFunded_itReverts(IPaymentChannels.Channel memory terms) public {
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.ChannelUnknown.selector, _idOf(terms)));
        escrow.finalizeClose(terms);
    }

    /// Other terms are another channel: a request on a channel of one hour does not ripen one of thirty days.
    function test_attack_otherGracePeriod_isAnotherChannel() public {
        IPaymentChannels.Channel memory terms = _channel(1e18, 30 days, 7);
        _openChannel(terms, 1e18);
        _requestClose(terms);
        skip(1 hours);
        terms.gracePeriod = 1 hours;
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.ChannelUnknown.selector, _idOf(terms)));
        escrow.finalizeClose(terms);
    }

    /// Taking a request back and asking again starts a whole grace period.
    function testFuzz_attack_requestTakenBack_theClockStartsAgain(uint32 elapsed) public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        _requestClose(terms);
        skip(elapsed);
        vm.startPrank(owner);
        escrow.fund(terms, 0);
        escrow.requestClose(terms);
        vm.stopPrank();
        vm.expectRevert(
            abi.encodeWithSelector(
                IPaymentChannels.GracePeriodNotOver.selector,
                block.timestamp + 1 days,
                block.timestamp
            )
        );
        escrow.finalizeClose(terms);
    }

    /// Times that no longer fit their field are refused, not cut off.
    function test_requestClose_whenTheTimeDoesNotFit_itReverts() public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        vm.warp(uint256(type(uint40).max) + 1);
        vm.expectRevert(
            abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 40, uint256(type(uint40).max) + 1)
        );
        vm.prank(owner);
        escrow.requestClose(terms);
    }
}
