// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {StakeManager} from "../../../contracts/StakeManager.sol";
import {StakeManagerTest} from "./StakeManagerTest.sol";

/*
 * constructor
 * ├── when token or registry is no contract: NotAContract
 * ├── when a parameter is out of bounds: ParameterOutOfBounds with its name
 * │   ├── minSelfStake: not zero
 * │   ├── slashAmount: not zero, at most minSelfStake
 * │   ├── reporterBps: at most 3,000
 * │   ├── delegationRatio: 1 to 100
 * │   ├── epochLength: one hour to 30 days
 * │   └── unbondingPeriod: longer than the dispute window, no shorter than an epoch, at most 90 days
 * └── else: the parameters are what was given, for ever
 */
contract StakeManagerConstructorTest is StakeManagerTest {
    IStakeManager.Parameters private given;

    function setUp() public override {
        super.setUp();
        given = _defaultParameters(18);
    }

    function testFuzz_constructor_itKeepsItsParameters(
        IStakeManager.Parameters memory parameters,
        address distributor,
        address disputes
    ) public {
        parameters.minSelfStake = uint96(_bound(parameters.minSelfStake, 1, type(uint96).max));
        parameters.slashAmount = uint96(_bound(parameters.slashAmount, 1, parameters.minSelfStake));
        parameters.reporterBps = uint16(_bound(parameters.reporterBps, 0, 3_000));
        parameters.delegationRatio = uint16(_bound(parameters.delegationRatio, 1, 100));
        parameters.epochLength = uint32(_bound(parameters.epochLength, 1 hours, 30 days));
        uint256 shortest = parameters.epochLength > DISPUTE_WINDOW ? parameters.epochLength : DISPUTE_WINDOW + 1;
        parameters.unbondingPeriod = uint32(_bound(parameters.unbondingPeriod, shortest, 90 days));

        StakeManager made = new StakeManager(token, registry, distributor, disputes, parameters);
        assertEq(address(made.TOKEN()), address(token), "TOKEN");
        assertEq(address(made.OPERATOR_REGISTRY()), address(registry), "OPERATOR_REGISTRY");
        assertEq(made.REWARDS_DISTRIBUTOR(), distributor, "REWARDS_DISTRIBUTOR");
        assertEq(made.DELIVERY_DISPUTES(), disputes, "DELIVERY_DISPUTES");
        assertEq(made.MIN_SELF_STAKE(), parameters.minSelfStake, "MIN_SELF_STAKE");
        assertEq(made.SLASH_AMOUNT(), parameters.slashAmount, "SLASH_AMOUNT");
        assertEq(made.REPORTER_BPS(), parameters.reporterBps, "REPORTER_BPS");
        assertEq(made.DELEGATION_RATIO(), parameters.delegationRatio, "DELEGATION_RATIO");
        assertEq(made.EPOCH_LENGTH(), parameters.epochLength, "EPOCH_LENGTH");
        assertEq(made.UNBONDING_PERIOD(), parameters.unbondingPeriod, "UNBONDING_PERIOD");
        assertEq(made.epoch(), block.timestamp / parameters.epochLength, "epoch");
    }

    function test_constructor_theConstantsAreThePromised() public view {
        assertEq(stakes.MAX_COMMISSION_BPS(), 5_000, "MAX_COMMISSION_BPS");
        assertEq(stakes.MAX_COMMISSION_STEP_BPS(), 100, "MAX_COMMISSION_STEP_BPS");
        assertEq(stakes.MAX_REPORTER_BPS(), 3_000, "MAX_REPORTER_BPS");
        assertEq(stakes.MAX_DELEGATION_RATIO(), 100, "MAX_DELEGATION_RATIO");
        assertEq(stakes.MIN_EPOCH_LENGTH(), 1 hours, "MIN_EPOCH_LENGTH");
        assertEq(stakes.MAX_EPOCH_LENGTH(), 30 days, "MAX_EPOCH_LENGTH");
        assertEq(stakes.MAX_UNBONDING_PERIOD(), 90 days, "MAX_UNBONDING_PERIOD");
    }

    function testFuzz_constructor_whenTheTokenIsNoContract_itReverts(address account) public {
        vm.assume(account.code.length == 0);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.NotAContract.selector, account));
        new StakeManager(IERC20(account), registry, address(0), address(0), given);
    }

    function testFuzz_constructor_whenTheRegistryIsNoContract_itReverts(address account) public {
        vm.assume(account.code.length == 0);
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.NotAContract.selector, account));
        new StakeManager(token, IOperatorRegistry(account), address(0), address(0), given);
    }

    function test_constructor_whenMinSelfStakeIsZero_itReverts() public {
        given.minSelfStake = 0;
        _expectOutOfBounds("minSelfStake", 1, type(uint96).max, 0);
    }

    /// An active operator pays for a first proof alone.
    function testFuzz_constructor_whenSlashAmountIsOutOfBounds_itReverts(uint96 least, uint96 amount) public {
        given.minSelfStake = uint96(_bound(least, 1, type(uint96).max - 1));
        given.slashAmount = amount == 0 ? 0 : uint96(_bound(amount, given.minSelfStake + 1, type(uint96).max));
        _expectOutOfBounds("slashAmount", 1, given.minSelfStake, given.slashAmount);
    }

    function testFuzz_constructor_whenReporterBpsIsTooHigh_itReverts(uint16 bps) public {
        given.reporterBps = uint16(_bound(bps, 3_001, type(uint16).max));
        _expectOutOfBounds("reporterBps", 0, 3_000, given.reporterBps);
    }

    function testFuzz_constructor_whenDelegationRatioIsOutOfBounds_itReverts(uint16 ratio) public {
        given.delegationRatio = ratio < 2 ** 15 ? 0 : uint16(_bound(ratio, 101, type(uint16).max));
        _expectOutOfBounds("delegationRatio", 1, 100, given.delegationRatio);
    }

    function testFuzz_constructor_whenEpochLengthIsOutOfBounds_itReverts(uint32 length, bool short) public {
        given.epochLength = uint32(short ? _bound(length, 0, 1 hours - 1) : _bound(length, 30 days + 1, 2 ** 32 - 1));
        _expectOutOfBounds("epochLength", 1 hours, 30 days, given.epochLength);
    }

    /// Nobody gets out before what he did can be proven.
    function testFuzz_constructor_whenUnbondingIsNoLongerThanTheDisputeWindow_itReverts(
        uint256 window,
        uint32 period
    ) public {
        window = _bound(window, 1 days, 30 days);
        registry = new OperatorRegistry(window);
        given.epochLength = 1 hours;
        given.unbondingPeriod = uint32(_bound(period, 0, window));
        _expectOutOfBounds("unbondingPeriod", window + 1, 90 days, given.unbondingPeriod);
    }

    function testFuzz_constructor_whenUnbondingIsShorterThanAnEpoch_itReverts(
        uint32 epochLength,
        uint32 period
    ) public {
        given.epochLength = uint32(_bound(epochLength, DISPUTE_WINDOW + 2, 30 days));
        given.unbondingPeriod = uint32(_bound(period, 0, given.epochLength - 1));
        _expectOutOfBounds("unbondingPeriod", given.epochLength, 90 days, given.unbondingPeriod);
    }

    function testFuzz_constructor_whenUnbondingIsTooLong_itReverts(uint32 period) public {
        given.unbondingPeriod = uint32(_bound(period, 90 days + 1, type(uint32).max));
        _expectOutOfBounds("unbondingPeriod", DISPUTE_WINDOW + 1, 90 days, given.unbondingPeriod);
    }

    function _expectOutOfBounds(string memory name, uint256 min, uint256 max, uint256 actual) private {
        vm.expectRevert(abi.encodeWithSelector(IStakeManager.ParameterOutOfBounds.selector, name, min, max, actual));
        new StakeManager(token, registry, address(0), address(0), given);
    }
}
