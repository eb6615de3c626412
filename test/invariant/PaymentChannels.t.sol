// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IPaymentChannels} from "../../contracts/interfaces/IPaymentChannels.sol";
import {ContractWallet} from "../../contracts/mocks/ContractWallet.sol";
import {WeirTestToken} from "../../contracts/mocks/WeirTestToken.sol";
import {CollectorHandler} from "./escrow/CollectorHandler.sol";
import {HostileHandler} from "./escrow/HostileHandler.sol";
import {PayeeHandler} from "./escrow/PayeeHandler.sol";
import {PayerHandler} from "./escrow/PayerHandler.sol";
import {World} from "./escrow/World.sol";

/// @notice I1 to I6 of docs/invariants.md. I1, I3 and I5 are checked here after every call; I2 and I4 by the handlers around every
/// call; I6 at the end of every run, from whatever state it left.
contract PaymentChannelsInvariantTest is Test {
    World private world;
    IPaymentChannels private escrow;
    WeirTestToken private token;
    PayerHandler private payerHandler;
    PayeeHandler private payeeHandler;
    HostileHandler private hostile;
    CollectorHandler private collector;

    function setUp() external {
        vm.warp(1_800_000_000);
        world = new World();
        escrow = world.ESCROW();
        token = world.TOKEN();
        payerHandler = new PayerHandler(world);
        payeeHandler = new PayeeHandler(world);
        hostile = new HostileHandler(world);
        collector = new CollectorHandler(world);
        targetContract(address(payerHandler));
        targetContract(address(payeeHandler));
        targetContract(address(hostile));
        targetContract(address(collector));
        // Every run starts in the middle of business.
        for (uint256 i = 0; i < 6; ++i) {
            payerHandler.fund(uint256(keccak256(abi.encode(i))), uint96(1e15 << i), 1 hours, 1e18, i % 2 == 0);
            payerHandler.signReceipt(i * 9 + 1, type(uint64).max, bytes32(i));
        }
    }

    /// @dev Every action of every handler works: no invariant below holds for want of anything happening.
    function test_everyActionSucceeds() external {
        for (uint256 i = 0; i < 6; ++i) {
            uint256 dice = uint256(keccak256(abi.encode("dice", i)));
            payerHandler.deposit(dice, uint96(dice));
            payerHandler.depositWithPermit(dice, uint96(dice));
            payerHandler.fund(dice, uint96(dice), uint32(dice >> 8), uint96(dice >> 16), dice % 2 == 0);
            payerHandler.fundMany(dice >> 3, uint96(dice), dice % 2 == 0);
            payerHandler.signReceipt(dice, uint64(dice), bytes32(dice));
            payeeHandler.settleOne(dice, dice >> 8);
            payerHandler.signReceipt(dice, uint64(dice >> 8), bytes32(dice));
            hostile.settleForOthers(dice, dice >> 8);
            payerHandler.signReceipt(dice >> 4, uint64(dice >> 16), bytes32(dice));
            payeeHandler.settleMany(dice);
            payerHandler.signFund(dice, uint96(dice), uint32(dice));
            payeeHandler.postFund(dice, dice >> 8);
            hostile.replayFund(dice, dice >> 16);
            payerHandler.withdraw(dice, uint96(dice));
            payeeHandler.closeTooEarly(dice, uint64(dice));
            payeeHandler.signClose(dice, uint64(dice), dice % 2 == 0);
            hostile.replayClose(dice, dice >> 8);
            payerHandler.requestClose(dice, dice % 2 == 0);
            collector.pass(uint32(dice));
            hostile.finalize(dice);
            payeeHandler.settleAndClose(dice, dice % 2 == 0);
            payeeHandler.withdrawEarnings(dice);
            hostile.withdrawEarningsForOthers(dice);
            collector.collectFees(dice);
            hostile.depositForOthers(dice, uint96(dice));
            hostile.postAuthorization(dice, uint96(dice), bytes32(dice));
            hostile.donate(uint96(dice));
            hostile.steal(dice, uint96(dice));
            hostile.drainAllowance(dice, uint96(dice));
            hostile.forge(dice, uint64(dice), uint96(dice));
            hostile.transplant(dice);
            payeeHandler.rotateAgent(dice);
            payeeHandler.redirect(dice);
            payerHandler.rotateWallet();
            payerHandler.delegateSigner(dice);
            this.invariant_moneyAndBytes();
        }
        string[34] memory actions = [
            "deposit",
            "depositWithPermit",
            "fund",
            "fundMany",
            "signReceipt",
            "signFund",
            "withdraw",
            "requestClose",
            "delegateSigner",
            "rotateWallet",
            "settle",
            "settleOne",
            "settleMany",
            "fundWithSignature",
            "settleAndClose",
            "closeTooEarly",
            "signClose",
            "withdrawEarnings",
            "rotateAgent",
            "redirect",
            "settleForOthers",
            "replayFund",
            "replayClose",
            "finalize",
            "withdrawEarningsForOthers",
            "depositForOthers",
            "postAuthorization",
            "donate",
            "steal",
            "drainAllowance",
            "forge",
            "transplant",
            "collectFees",
            "pass"
        ];
        for (uint256 i = 0; i < actions.length; ++i) assertGt(world.count(actions[i]), 0, actions[i]);
        this.afterInvariant();
    }

    function invariant_moneyAndBytes() external view {
        uint256 booked = world.donated();
        for (uint256 i = 0; i < world.SIGNERS(); ++i) booked += escrow.account(world.signer(i)).balance;

        uint256[] memory cost = new uint256[](world.PAYEES());
        for (uint256 i = 0; i < world.lineCount(); ++i) {
            World.Line memory line = world.line(i);
            IPaymentChannels.ChannelState memory state = escrow.channel(line.id);
            uint256 owed = world.owed(state.settledBytes, line.terms.pricePerGiB);
            assertLe(owed, state.deposit, "I3: owed(settledBytes) > deposit");
            assertLe(state.settledBytes, line.best, "I5: bytes were paid for that nobody signed for");
            if (state.closed) assertEq(state.deposit, owed, "I1: a closed channel still holds money");
            booked += state.deposit - owed;
            cost[world.payeeIndex(line.terms.payee)] += owed;
        }
        for (uint256 i = 0; i < world.PAYEES(); ++i) {
            IPaymentChannels.Earnings memory earnings = escrow.earningsOf(world.payee(i));
            booked += uint256(earnings.balance) + earnings.fees;
            assertEq(world.grossOf(i), cost[i], "I5: what a payee got is not what its settled bytes cost");
            uint256 fees = earnings.fees + world.collectedFees(i);
            assertLe(fees, (cost[i] * world.FEE_BPS()) / 10_000, "I5: more fees than the rate");
            // A batch rounds its fee down by less than one unit.
            assertLe(
                (cost[i] * world.FEE_BPS()) / 10_000,
                fees + world.batches(i),
                "I5: fees lost to more than rounding"
            );
        }
        assertEq(token.balanceOf(address(escrow)), booked, "I1: TOKEN held differs from what is booked");
    }

    function afterInvariant() external {
        // Half of all calls find nothing to do at worst: what is left is no vacuous run.
        assertGe(world.successes() * 2, world.attempts(), "vacuous: too few actions succeeded");

        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < world.PAYERS(); ++i) {
            _exitPayer(i);
            vm.revertToState(state);
        }
        for (uint256 i = 0; i < world.PAYEES(); ++i) {
            _exitPayee(i);
            vm.revertToState(state);
        }
    }

    /// @dev Alone, with nobody's help: close everything, wait the longest grace period once, withdraw to the last unit.
    function _exitPayer(uint256 payer) private {
        for (uint256 i = 0; i < world.lineCount(); ++i) {
            World.Line memory line = world.line(i);
            IPaymentChannels.ChannelState memory state = escrow.channel(line.id);
            if (world.signerIndex(line.terms.signer) / 2 != payer || state.closed || state.deposit == 0) continue;
            if (state.closeRequestedAt == 0)
                _asPayer(payer, abi.encodeCall(IPaymentChannels.requestClose, (line.terms)));
        }
        skip(escrow.MAX_GRACE_PERIOD());
        uint256 expected = token.balanceOf(world.payer(payer));
        for (uint256 i = 0; i < world.lineCount(); ++i) {
            World.Line memory line = world.line(i);
            IPaymentChannels.ChannelState memory state = escrow.channel(line.id);
            if (world.signerIndex(line.terms.signer) / 2 != payer || state.closed || state.deposit == 0) continue;
            expected += state.deposit - world.owed(state.settledBytes, line.terms.pricePerGiB);
            _asPayer(payer, abi.encodeCall(IPaymentChannels.finalizeClose, (line.terms)));
        }
        for (uint256 i = payer * 2; i < payer * 2 + 2; ++i) {
            address signer = world.signer(i);
            IPaymentChannels.Account memory account = escrow.account(signer);
            if (account.owner == address(0)) continue;
            // What the channels returned is counted above.
            _asPayer(payer, abi.encodeCall(IPaymentChannels.withdraw, (signer, account.balance, account.owner)));
            assertEq(escrow.account(signer).balance, 0, "I6: money stayed in an account");
        }
        assertGe(token.balanceOf(world.payer(payer)), expected, "I6: a payer that left alone is short");
    }

    /// @dev Alone: settle the best receipts at once, take the earnings.
    function _exitPayee(uint256 index) private {
        address payee = world.payee(index);
        uint256 total = world.lineCount();
        int256 entitled = world.entitlementOf(world.PAYERS() + index);
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](total);
        uint256 used = 0;
        for (uint256 i = 0; i < total; ++i) {
            if (world.line(i).terms.payee != payee || world.receiptCount(i) == 0) continue;
            rows[used++] = world.receipt(i, world.receiptCount(i) - 1).row;
        }
        assembly ("memory-safe") {
            mstore(rows, used)
        }
        vm.startPrank(payee);
        escrow.settle(payee, rows);
        escrow.withdrawEarnings(payee);
        vm.stopPrank();
        assertEq(escrow.earningsOf(payee).balance, 0, "I6: earnings stayed in the escrow");
        assertEq(int256(world.grossOf(index)), entitled, "I6: a payee that left alone is short");
    }

    function _asPayer(uint256 payer, bytes memory call) private {
        if (payer == world.WALLET_PAYER()) {
            ContractWallet wallet = world.WALLET();
            vm.prank(vm.addr(world.walletKey()));
            wallet.execute(address(escrow), call);
        } else {
            vm.prank(world.payer(payer));
            (bool success, ) = address(escrow).call(call);
            assertTrue(success, "I6: the payer could not leave");
        }
    }
}
