// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Test} from "forge-std/Test.sol";

import {RewardCurve} from "../../../contracts/libraries/RewardCurve.sol";

/*
 * rewardDown
 * ├── when there are no fees or no stake: nothing
 * ├── is the formula: by a table, and by a series of 36 decimals for all amounts there are
 * ├── lies between the bounds that x / (1 + x) <= 1 - e^-x <= x give it
 * ├── grows with the stake and with the fees
 * ├── is never above rho * fees, and for a rho below one always below the fees
 * └── gains nothing from being split (R1)
 */
contract RewardCurveTest is Test {
    uint256 private constant BPS = 10_000;
    uint256 private constant WAD = 1e18;
    uint256 private constant FINE = 1e36;

    function testFuzz_rewardDown_ofNothing_isNothing(uint96 amount, uint256 rho, uint256 lambda) public pure {
        (rho, lambda) = _parameters(rho, lambda);
        assertEq(RewardCurve.rewardDown(0, amount, rho, lambda), 0, "no fees");
        assertEq(RewardCurve.rewardDown(amount, 0, rho, lambda), 0, "no stake");
        assertEq(RewardCurve.rewardDown(amount, amount, 0, lambda), 0, "no rho");
        assertEq(RewardCurve.rewardDown(amount, amount, rho, 0), 0, "no lambda");
    }

    /// Computed with Python's mpmath at 80 digits: floor(rho * F * (1 - exp(-lambda * S / (10^18 * F))) / 10000).
    function test_rewardDown_isTheTable() public pure {
        _check(1, 1, 8000, 10000000000000000, 0);
        _check(1, 79228162514264337593543950335, 10000, 1000000000000000000, 1);
        _check(1000000000000000000, 1000000000000000000, 8000, 10000000000000000, 7960133000665557);
        _check(1000000000000000000, 100000000000000000000, 8000, 10000000000000000, 505696447062846142);
        _check(1000000000000000000, 300000000000000000000, 8000, 10000000000000000, 760170345305708845);
        _check(1000000000000000000000, 11000000000000000000000, 8000, 10000000000000000, 83332691762777399458);
        _check(1000000000000000000000, 11000000000000000000000, 9000, 1000000000000000000, 899984968469288778906);
        _check(123456789, 987654321, 8000, 10000000000000000, 7593447);
        _check(1000000, 1000000000, 8000, 10000000000000000, 799963);
        _check(1000000000, 1000000, 8000, 10000000000000000, 7999);
        _check(1000000000000000000000000000, 1, 9000, 1000000000000000000, 0);
        _check(1000000000000000000000000000, 1000000000, 9000, 1000000000000000000, 899999999);
        _check(1000000000000000000000000000, 10000000000, 9000, 1000000000000000000, 8999999999);
        _check(
            79228162514264337593543950335,
            79228162514264337593543950335,
            9000,
            1000000000000000000,
            45073575327128902592582510089
        );
        _check(
            79228162514264337593543950335,
            79228162514264337593543950335,
            8000,
            100000000000000,
            6337936099054580863441795
        );
        _check(79228162514264337593543950335, 1, 8000, 1000000000000000000, 0);
        _check(
            79228162514264337593543950335,
            10000000000000000000000000000,
            10000,
            1000000000000000000,
            9394645701562634246311693482
        );
        _check(
            1000000000000000000000000,
            4100000000000000000000000000,
            8000,
            10000000000000000,
            799999999999999998749694
        );
        _check(
            1000000000000000000000000,
            4200000000000000000000000000,
            8000,
            10000000000000000,
            799999999999999999540038
        );
        _check(
            1000000000000000000000000,
            4300000000000000000000000000,
            8000,
            10000000000000000,
            799999999999999999830789
        );
        _check(7000000000000000000, 5000000000000000000000, 1, 1000000000000000, 357320838310132);
        _check(500000000000000000, 69314718055994530942, 10000, 5000000000000000, 250000000000000000);
        _check(999999999999999999, 1000000000000000001, 7777, 123456789012345678, 90322207972918115);
        _check(1000000000000000000, 1000000000000000000, 8000, 0, 0);
        _check(1000000000000000000, 0, 8000, 1000000000000000000, 0);
    }

    function testFuzz_rewardDown_isTheSeries(uint96 fees, uint96 stake, uint256 rho, uint256 lambda) public pure {
        (rho, lambda) = _parameters(rho, lambda);
        fees = uint96(_bound(fees, 1, type(uint96).max));
        _check(fees, stake, rho, lambda, _reference(fees, stake, rho, lambda));
    }

    /// Where the exponential is neither zero nor one: stake in proportion to the fees.
    function testFuzz_rewardDown_isTheSeries_inItsMiddle(
        uint96 fees,
        uint256 x,
        uint256 rho,
        uint256 lambda
    ) public pure {
        (rho, lambda) = _parameters(rho, lambda);
        lambda = _bound(lambda, 1e14, WAD);
        uint256 stake = (_bound(x, 1e12, 50e18) * fees) / lambda;
        vm.assume(fees != 0 && stake <= type(uint96).max);
        _check(fees, stake, rho, lambda, _reference(fees, stake, rho, lambda));
    }

    function testFuzz_rewardDown_liesBetweenItsBounds(
        uint96 fees,
        uint96 stake,
        uint256 rho,
        uint256 lambda
    ) public pure {
        (rho, lambda) = _parameters(rho, lambda);
        fees = uint96(_bound(fees, 1, type(uint96).max));
        uint256 reward = RewardCurve.rewardDown(fees, stake, rho, lambda);
        uint256 slack = _slack(fees, rho);
        uint256 paid = (rho * fees) / BPS;
        assertLe(reward, (rho * lambda * stake) / (BPS * WAD) + slack, "above rho * lambda * stake");
        assertLe(reward, paid, "above rho * fees");
        // x / (1 + x) with x = lambda * stake / fees.
        uint256 weight = lambda * stake;
        uint256 least = Math.mulDiv(paid, weight, weight + uint256(fees) * WAD);
        assertGe(reward + slack, least, "below x / (1 + x)");
    }

    function testFuzz_rewardDown_growsWithTheStake(
        uint96 fees,
        uint96 a,
        uint96 b,
        uint256 rho,
        uint256 lambda
    ) public pure {
        (rho, lambda) = _parameters(rho, lambda);
        (a, b) = a < b ? (a, b) : (b, a);
        assertLe(
            RewardCurve.rewardDown(fees, a, rho, lambda),
            RewardCurve.rewardDown(fees, b, rho, lambda),
            "more stake, less reward"
        );
    }

    /// Also between neighbours, where an exponential that is only nearly right could fall.
    function testFuzz_rewardDown_growsWithEveryUnitOfStake(uint256 fees, uint256 x, uint256 step) public pure {
        fees = _bound(fees, 1, 1e27);
        uint256 stake = (_bound(x, 0, 42e18) * fees) / WAD;
        step = _bound(step, 1, 1 + fees / 1e16);
        uint256 before = RewardCurve.rewardDown(fees, stake, BPS, WAD);
        assertGe(RewardCurve.rewardDown(fees, stake + step, BPS, WAD), before, "more stake, less reward");
    }

    function testFuzz_rewardDown_growsWithTheFees(
        uint96 a,
        uint96 b,
        uint96 stake,
        uint256 rho,
        uint256 lambda
    ) public pure {
        (rho, lambda) = _parameters(rho, lambda);
        (a, b) = a < b ? (a, b) : (b, a);
        assertLe(
            RewardCurve.rewardDown(a, stake, rho, lambda),
            RewardCurve.rewardDown(b, stake, rho, lambda) + _slack(b, rho),
            "more fees, less reward"
        );
    }

    /// All amounts and all of lambda and rho: it neither overflows nor pays back more than rho of the fees.
    function testFuzz_rewardDown_isBelowTheFees(uint96 fees, uint96 stake, uint256 rho, uint256 lambda) public pure {
        lambda = _bound(lambda, 0, WAD);
        rho = _bound(rho, 0, BPS - 1);
        uint256 reward = RewardCurve.rewardDown(fees, stake, rho, lambda);
        assertLe(reward, (rho * uint256(fees)) / BPS, "above rho * fees");
        if (fees != 0) assertLt(reward, fees, "not below the fees");
    }

    function test_rewardDown_atItsBounds() public pure {
        uint256 max = type(uint96).max;
        assertEq(RewardCurve.rewardDown(1, max, BPS, WAD), 1, "the largest exponent");
        assertEq(RewardCurve.rewardDown(1, 42, BPS, WAD), 1, "the exponent from which nothing is lost");
        assertEq(RewardCurve.rewardDown(max, 1, BPS, WAD), 0, "the smallest exponent");
        assertEq(RewardCurve.rewardDown(max, max, 0, WAD), 0, "no rho");
        assertLt(RewardCurve.rewardDown(max, max, BPS, WAD), (max * 633) / 1000, "1 - 1/e, from above");
        assertGt(RewardCurve.rewardDown(max, max, BPS, WAD), (max * 632) / 1000, "1 - 1/e, from below");
    }

    /// Splitting fees and stake into two operators earns no more than both at one.
    function testFuzz_attack_splitIntoTwoOperators_gainsNothing(
        uint96[2] memory fees,
        uint96[2] memory stakes_,
        uint256 rho,
        uint256 lambda
    ) public pure {
        (rho, lambda) = _parameters(rho, lambda);
        for (uint256 i; i < 2; ++i) (fees[i], stakes_[i]) = (fees[i] / 2, stakes_[i] / 2);
        uint256 split =
            RewardCurve.rewardDown(fees[0], stakes_[0], rho, lambda) +
                RewardCurve.rewardDown(fees[1], stakes_[1], rho, lambda);
        uint256 allFees = uint256(fees[0]) + fees[1];
        uint256 whole = RewardCurve.rewardDown(allFees, uint256(stakes_[0]) + stakes_[1], rho, lambda);
        assertLe(split, whole + 2 * _slack(allFees, rho), "split earns more");
    }

    /// @dev Off by a unit, or by two in the 18th digit of the fees' part, which is all the exponential has.
    function _check(uint256 fees, uint256 stake, uint256 rho, uint256 lambda, uint256 expected) private pure {
        uint256 actual = RewardCurve.rewardDown(fees, stake, rho, lambda);
        assertApproxEqAbs(actual, expected, _slack(fees, rho), "not the formula");
    }

    function _slack(uint256 fees, uint256 rho) private pure returns (uint256) {
        return 1 + (2 * fees * rho) / (BPS * WAD);
    }

    /// @dev e^-x with 36 decimals: halved eight times, by its series, squared eight times.
    function _reference(uint256 fees, uint256 stake, uint256 rho, uint256 lambda) private pure returns (uint256) {
        uint256 x = (lambda * stake * WAD) / fees;
        if (x > 80 * FINE) x = 80 * FINE;
        x /= 256;
        uint256 term = FINE;
        uint256 positive = FINE;
        uint256 negative;
        for (uint256 i = 1; term != 0; ++i) {
            term = (term * x) / (FINE * i);
            if (i % 2 == 0) positive += term;
            else negative += term;
        }
        uint256 power = positive - negative;
        for (uint256 i; i < 8; ++i) power = (power * power) / FINE;
        return (fees * rho * (FINE - power)) / (BPS * FINE);
    }

    function _parameters(uint256 rho, uint256 lambda) private pure returns (uint256, uint256) {
        return (_bound(rho, 0, BPS), _bound(lambda, 0, WAD));
    }
}
