// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * multicall
 * ├── when all calls succeed: it returns what each returned, in order
 * ├── when one fails: it reverts with that one's error, and none took effect
 * └── whoever calls: each call sees that caller, nobody else
 */
contract MulticallTest is PaymentChannelsTest {
    function testFuzz_multicall_itSettlesAndClosesAtOnce(uint64 bytes_, bool byAgent) public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        bytes_ = uint64(_bound(bytes_, 1, 2 ** 45));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(
            IPaymentChannels.settle,
            (payee, _rows(_signedRow(SIGNER_KEY, terms, bytes_, "root")))
        );
        calls[1] = abi.encodeCall(IPaymentChannels.close, (terms, bytes_));
        vm.prank(byAgent ? agent : payee);
        bytes[] memory results = escrow.multicall(calls);
        uint256 cost = _owed(bytes_, terms.pricePerGiB);
        assertEq(results.length, 2);
        assertEq(abi.decode(results[0], (uint256)), cost - _fee(cost));
        assertEq(results[1].length, 0);
        _assertState(terms, cost, bytes_, 0, true);
    }

    function testFuzz_multicall_whenOneFails_noneTookEffect(uint64 bytes_) public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        bytes_ = uint64(_bound(bytes_, 1, 2 ** 45));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(
            IPaymentChannels.settle,
            (payee, _rows(_signedRow(SIGNER_KEY, terms, bytes_, "root")))
        );
        calls[1] = abi.encodeCall(IPaymentChannels.close, (terms, bytes_ + 1));
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.SettledBytesTooLow.selector, bytes_ + 1, bytes_));
        vm.prank(payee);
        escrow.multicall(calls);
        _assertState(terms, 1e18, 0, 0, false);
    }

    /// Neither the escrow itself nor any other address becomes the caller.
    function testFuzz_attack_borrowACaller_eachCallSeesTheSender(address caller, bool nested) public {
        vm.assume(caller != owner && caller != signer && caller != payee && caller != agent && caller != collector);
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        bytes[] memory inner = new bytes[](6);
        inner[0] = abi.encodeCall(IPaymentChannels.withdraw, (signer, 0, caller));
        inner[1] = abi.encodeCall(IPaymentChannels.fund, (terms, 1e18));
        inner[2] = abi.encodeCall(IPaymentChannels.fundMany, (signer, new IPaymentChannels.Funding[](0)));
        inner[3] = abi.encodeCall(IPaymentChannels.requestClose, (terms));
        inner[4] = abi.encodeCall(IPaymentChannels.close, (terms, 0));
        inner[5] = abi.encodeCall(IPaymentChannels.collectFees, (payee));
        bytes[] memory reasons = new bytes[](6);
        bytes memory notPayer = abi.encodeWithSelector(IPaymentChannels.NotPayer.selector, owner, signer, caller);
        reasons[0] = abi.encodeWithSelector(IPaymentChannels.NotAccountOwner.selector, owner, caller);
        reasons[1] = reasons[2] = reasons[3] = notPayer;
        reasons[4] = abi.encodeWithSelector(IPaymentChannels.NotPayee.selector, payee, caller);
        reasons[5] = abi.encodeWithSelector(IPaymentChannels.NotFeeCollector.selector, collector, caller);
        for (uint256 i; i < inner.length; ++i) {
            bytes[] memory calls = new bytes[](1);
            calls[0] = inner[i];
            if (nested) calls[0] = abi.encodeCall(IPaymentChannels.multicall, (calls));
            vm.expectRevert(reasons[i]);
            vm.prank(caller);
            escrow.multicall(calls);
        }
    }

    /// One transaction of a payer: open, deposit, fund two relays. Deposits are guarded one by one, not for the whole.
    function test_multicall_depositsAndFunds() public {
        IPaymentChannels.Channel memory terms = _channel();
        token.mint(owner, 3e18);
        bytes[] memory calls = new bytes[](4);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        calls[0] = abi.encodeCall(IPaymentChannels.deposit, (signer, owner, 1e18, session));
        calls[1] = abi.encodeCall(IPaymentChannels.deposit, (signer, owner, 2e18, session));
        calls[2] = abi.encodeCall(IPaymentChannels.fund, (terms, 1e18));
        terms.payee = stranger;
        calls[3] = abi.encodeCall(IPaymentChannels.fund, (terms, 2e18));
        vm.startPrank(owner);
        token.approve(address(escrow), 3e18);
        escrow.multicall(calls);
        assertEq(_stateOf(_channel()).deposit, 1e18);
        assertEq(_stateOf(terms).deposit, 2e18);
        assertEq(_balance(), 0);
    }

    /// A skipped funding stops nothing that is batched with it.
    function test_multicall_aSkippedFundingStopsNothing() public {
        IPaymentChannels.Channel memory terms = _channel();
        _openChannel(terms, 1e18);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(
            IPaymentChannels.fundWithSignature,
            (terms, 2e18, FOR_EVER, IPaymentChannels.Signature(0, 0))
        );
        calls[1] = abi.encodeCall(
            IPaymentChannels.settle,
            (payee, _rows(_signedRow(SIGNER_KEY, terms, uint64(GIB), "root")))
        );
        escrow.multicall(calls);
        assertEq(_stateOf(terms).settledBytes, GIB);
    }

    function test_multicall_whenEmpty_itDoesNothing() public {
        assertEq(escrow.multicall(new bytes[](0)).length, 0);
    }

    function testFuzz_multicall_whenACallIsUnknown_itReverts(bytes memory noise) public {
        bytes[] memory calls = new bytes[](1);
        calls[0] = bytes.concat(hex"00000000", noise);
        vm.expectRevert(abi.encodeWithSignature("FailedCall()"));
        escrow.multicall(calls);
    }

    function testFuzz_attack_sendValue_itReverts(uint96 value) public {
        vm.assume(value != 0);
        vm.deal(address(this), value);
        (bool success, ) = address(escrow).call{value: value}(
            abi.encodeCall(IPaymentChannels.multicall, (new bytes[](0)))
        );
        assertFalse(success);
        (success, ) = address(escrow).call{value: value}("");
        assertFalse(success);
    }
}
