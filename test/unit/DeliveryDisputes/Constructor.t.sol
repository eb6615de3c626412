// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DeliveryDisputes} from "../../../contracts/DeliveryDisputes.sol";
import {IDeliveryDisputes} from "../../../contracts/interfaces/IDeliveryDisputes.sol";
import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {StakeManager} from "../../../contracts/StakeManager.sol";
import {DeliveryDisputesTest} from "./DeliveryDisputesTest.sol";

/*
 * constructor
 * ├── when the stake manager's disputes are another's: WrongContract
 * ├── when the stake manager uses another registry than the escrow: WrongContract
 * └── else: it names the three, for ever
 */
contract DeliveryDisputesConstructorTest is DeliveryDisputesTest {
    function test_constructor_itNamesTheOthers() public view {
        assertEq(address(disputes.PAYMENT_CHANNELS()), address(weir.escrow), "PAYMENT_CHANNELS");
        assertEq(address(disputes.OPERATOR_REGISTRY()), address(registry), "OPERATOR_REGISTRY");
        assertEq(address(disputes.STAKE_MANAGER()), address(stakes), "STAKE_MANAGER");
        assertEq(disputes.MIN_COMMIT_AGE(), 60, "MIN_COMMIT_AGE");
        assertEq(disputes.MAX_COMMIT_AGE(), 86_400, "MAX_COMMIT_AGE");
    }

    function test_constructor_whenTheStakesHaveOtherDisputes_itReverts() public {
        address made = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        _expectWrong(address(stakes), made, address(disputes));
        new DeliveryDisputes(weir.escrow, stakes);
    }

    function test_constructor_whenTheRegistriesDiffer_itReverts() public {
        OperatorRegistry another = new OperatorRegistry(DISPUTE_WINDOW);
        address made = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        StakeManager manager = new StakeManager(token, another, address(0), made, _defaultParameters(18));
        _expectWrong(address(manager), address(registry), address(another));
        new DeliveryDisputes(weir.escrow, manager);
    }

    function _expectWrong(address account, address expected, address actual) private {
        vm.expectRevert(abi.encodeWithSelector(IDeliveryDisputes.WrongContract.selector, account, expected, actual));
    }
}
