// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * constructor
 * ├── when token or registry is no contract: NotAContract
 * ├── when the fee is above the maximum: FeeTooHigh
 * ├── when there is a fee and nobody to collect it: FeeCollectorMissing
 * └── else: the parameters are what was given, for ever
 */
contract ConstructorTest is PaymentChannelsTest {
    function testFuzz_constructor_itKeepsItsParameters(uint256 feeBps, address collector_) public {
        feeBps = _bound(feeBps, 0, 1000);
        vm.assume(collector_ != address(0));
        IPaymentChannels made = _deployEscrow(token, registry, feeBps, collector_);
        assertEq(address(made.TOKEN()), address(token));
        assertEq(address(made.OPERATOR_REGISTRY()), address(registry));
        assertEq(made.FEE_BPS(), feeBps);
        assertEq(made.FEE_COLLECTOR(), collector_);
        assertEq(made.MAX_FEE_BPS(), 1000);
        assertEq(made.MIN_GRACE_PERIOD(), 1 hours);
        assertEq(made.MAX_GRACE_PERIOD(), 30 days);
    }

    function testFuzz_constructor_whenTheFeeIsTooHigh_itReverts(uint256 feeBps) public {
        feeBps = _bound(feeBps, 1001, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.FeeTooHigh.selector, 1000, feeBps));
        _deployEscrow(token, registry, feeBps, collector);
    }

    function testFuzz_constructor_whenNobodyCollects_itReverts(uint256 feeBps) public {
        feeBps = _bound(feeBps, 1, 1000);
        vm.expectRevert(IPaymentChannels.FeeCollectorMissing.selector);
        _deployEscrow(token, registry, feeBps, address(0));
        assertEq(_deployEscrow(token, registry, 0, address(0)).FEE_COLLECTOR(), address(0));
    }

    function testFuzz_constructor_whenTheTokenIsNoContract_itReverts(address account) public {
        vm.assume(account.code.length == 0);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotAContract.selector, account));
        _deployEscrow(IERC20(account), registry, 0, address(0));
    }

    function testFuzz_constructor_whenTheRegistryIsNoContract_itReverts(address account) public {
        vm.assume(account.code.length == 0);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.NotAContract.selector, account));
        _deployEscrow(token, IOperatorRegistry(account), 0, address(0));
    }

    /// Two networks with one chain id and one deployment script: the block before tells the domains apart.
    function testFuzz_constructor_theSaltDependsOnTheParentBlock(bytes32 first, bytes32 second) public {
        vm.assume(first != second);
        vm.roll(1_000);
        uint256 snapshot = vm.snapshotState();
        vm.setBlockhash(999, first);
        bytes32 separator = _deployEscrow(token, registry, 0, address(0)).domainSeparator();
        vm.revertToState(snapshot);
        vm.setBlockhash(999, second);
        assertNotEq(_deployEscrow(token, registry, 0, address(0)).domainSeparator(), separator);
    }
}
