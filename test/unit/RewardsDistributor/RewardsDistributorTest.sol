// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {RewardCurve} from "../../../contracts/libraries/RewardCurve.sol";
import {EscrowSigningTest} from "../../helpers/EscrowSigningTest.sol";
import {StakingTest} from "../../helpers/StakingTest.sol";

/// @notice What the distributor's unit tests share: fees that come from real settlements.
abstract contract RewardsDistributorTest is StakingTest, EscrowSigningTest {
    uint256 internal constant OWN = 2 * MIN_STAKE;
    uint256 internal constant PAYER_KEY = 0xBA7E2;
    /// @dev A thousand million tokens of fees are ten thousand million of payments.
    uint256 internal constant MAX_FEES = MAX_STAKE;

    address internal payer = makeAddr("payer");
    uint64 private _nonce;

    function _verifier() internal view override returns (IPaymentChannels) {
        return weir.escrow;
    }

    /// @dev A channel to `payee`, funded and settled to the last unit, leaves these fees behind.
    function _earn(address payee, uint256 fees) internal {
        uint96 amount = uint96((fees * BPS) / FEE_BPS);
        address signer = vm.addr(PAYER_KEY);
        IPaymentChannels escrow = weir.escrow;
        IPaymentChannels.Signature memory session = _signedSession(PAYER_KEY, payer);
        // A GiB at this price costs just the amount.
        IPaymentChannels.Channel memory terms = IPaymentChannels.Channel(signer, payee, amount, 1 hours, ++_nonce);
        token.mint(payer, amount);
        vm.startPrank(payer);
        token.approve(address(escrow), amount);
        escrow.deposit(signer, payer, amount, session);
        escrow.fund(terms, amount);
        vm.stopPrank();
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](1);
        rows[0] = _signedRow(PAYER_KEY, terms, 2 ** 30, "root");
        escrow.settle(payee, rows);
    }

    function _feesOf(address who) internal view returns (uint256) {
        return weir.escrow.earningsOf(who).fees;
    }

    /// @dev By the library, whose values RewardCurve.t.sol checks against others.
    function _expected(uint256 fees, uint256 stake) internal pure returns (uint256) {
        return RewardCurve.rewardDown(fees, stake, RHO_BPS, LAMBDA);
    }

    function _distribute(address who) internal returns (uint256) {
        return weir.distributor.distribute(who);
    }
}
