// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {IRewardsDistributor} from "../../../contracts/interfaces/IRewardsDistributor.sol";
import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {RewardsDistributor} from "../../../contracts/RewardsDistributor.sol";
import {StakeManager} from "../../../contracts/StakeManager.sol";
import {RewardsDistributorTest} from "./RewardsDistributorTest.sol";

/*
 * constructor
 * ├── when the escrow's fee collector is another: WrongContract
 * ├── when the stake manager's distributor is another: WrongContract
 * ├── when the stake manager holds another token: WrongContract
 * ├── when rho is above nine tenths: ParameterOutOfBounds
 * ├── when lambda is below a ten-thousandth or above one: ParameterOutOfBounds
 * └── else: the parameters are what was given, for ever
 */
contract RewardsDistributorConstructorTest is RewardsDistributorTest {
    function testFuzz_constructor_itKeepsItsParameters(uint256 rhoBps, uint256 lambda) public {
        rhoBps = _bound(rhoBps, 0, 9_000);
        lambda = _bound(lambda, 1e14, 1e18);
        (IPaymentChannels escrow, StakeManager manager, ) = _prepare(token, token);
        RewardsDistributor made = new RewardsDistributor(escrow, manager, rhoBps, lambda);
        assertEq(address(made.PAYMENT_CHANNELS()), address(escrow), "PAYMENT_CHANNELS");
        assertEq(address(made.STAKE_MANAGER()), address(manager), "STAKE_MANAGER");
        assertEq(made.RHO_BPS(), rhoBps, "RHO_BPS");
        assertEq(made.LAMBDA(), lambda, "LAMBDA");
        assertEq(made.MAX_RHO_BPS(), 9_000, "MAX_RHO_BPS");
        assertEq(made.MIN_LAMBDA(), 1e14, "MIN_LAMBDA");
        assertEq(made.MAX_LAMBDA(), 1e18, "MAX_LAMBDA");
    }

    function testFuzz_constructor_whenRhoIsTooHigh_itReverts(uint256 rhoBps) public {
        rhoBps = _bound(rhoBps, 9_001, type(uint256).max);
        (IPaymentChannels escrow, StakeManager manager, ) = _prepare(token, token);
        vm.expectRevert(
            abi.encodeWithSelector(IRewardsDistributor.ParameterOutOfBounds.selector, "rhoBps", 0, 9_000, rhoBps)
        );
        new RewardsDistributor(escrow, manager, rhoBps, LAMBDA);
    }

    function testFuzz_constructor_whenLambdaIsOutOfBounds_itReverts(uint256 lambda, bool high) public {
        lambda = high ? _bound(lambda, 1e18 + 1, type(uint256).max) : _bound(lambda, 0, 1e14 - 1);
        (IPaymentChannels escrow, StakeManager manager, ) = _prepare(token, token);
        vm.expectRevert(
            abi.encodeWithSelector(IRewardsDistributor.ParameterOutOfBounds.selector, "lambda", 1e14, 1e18, lambda)
        );
        new RewardsDistributor(escrow, manager, RHO_BPS, lambda);
    }

    function test_constructor_whenTheEscrowHasAnotherCollector_itReverts() public {
        (, StakeManager manager, address made) = _prepare(token, token);
        _expectWrong(address(weir.escrow), made, address(weir.distributor));
        new RewardsDistributor(weir.escrow, manager, RHO_BPS, LAMBDA);
    }

    function test_constructor_whenTheStakesHaveAnotherDistributor_itReverts() public {
        (IPaymentChannels escrow, , address made) = _prepare(token, token);
        _expectWrong(address(stakes), made, address(weir.distributor));
        new RewardsDistributor(escrow, stakes, RHO_BPS, LAMBDA);
    }

    function test_constructor_whenTheStakesHoldAnotherToken_itReverts() public {
        IERC20 another = new WeirTestToken("Another", "ANO", 18);
        (IPaymentChannels escrow, StakeManager manager, ) = _prepare(token, another);
        _expectWrong(address(manager), address(token), address(another));
        new RewardsDistributor(escrow, manager, RHO_BPS, LAMBDA);
    }

    /// @dev An escrow and a stake manager for the distributor that is deployed next.
    function _prepare(
        IERC20 paid,
        IERC20 staked
    ) private returns (IPaymentChannels escrow, StakeManager manager, address made) {
        made = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 2);
        escrow = _deployEscrow(paid, registry, FEE_BPS, made);
        manager = new StakeManager(staked, registry, made, address(0), _defaultParameters(18));
    }

    function _expectWrong(address account, address expected, address actual) private {
        vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.WrongContract.selector, account, expected, actual));
    }
}
