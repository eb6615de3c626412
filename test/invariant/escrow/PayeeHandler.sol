// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {Handler} from "./Handler.sol";
import {World} from "./World.sol";

/// @notice Payees and their agents: settle one receipt or many, post fundings, close, take the earnings, change keys.
contract PayeeHandler is Handler {
    constructor(World world) Handler(world) {}

    function settleOne(uint256 seed, uint256 which) external harmless {
        (bool found, uint256 index, World.Line memory line) = _pickLine(seed);
        if (!found || line.best == 0) return;
        World.SignedReceipt memory receipt = WORLD.receipt(index, which % WORLD.receiptCount(index));
        uint64 expected = WORLD.settledAfter(index, receipt.deliveredBytes);
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](1);
        rows[0] = receipt.row;
        _settle(_payeeOrAgent(line.terms.payee, seed), line.terms.payee, rows);
        assertEq(_state(index).settledBytes, expected, "I5: a receipt's worth depends on something else");
        WORLD.succeeded("settleOne");
    }

    /// @dev One batch with receipts of every line of one payee: old and new, in any order, some twice, some spoiled. Each
    /// channel must end where its best good row leads, whatever stands beside it.
    function settleMany(uint256 seed) external harmless {
        address payee = WORLD.payee(seed % WORLD.PAYEES());
        uint256 total = WORLD.lineCount();
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](total * 2);
        uint64[] memory expected = new uint64[](total);
        uint256 used = 0;
        for (uint256 i = 0; i < total; ++i) {
            uint256 index = (i + (seed >> 8)) % total;
            World.Line memory line = WORLD.line(index);
            expected[index] = _state(index).settledBytes;
            if (line.terms.payee != payee || line.best == 0) continue;
            uint256 dice = uint256(keccak256(abi.encode(seed, index)));
            World.SignedReceipt memory receipt = WORLD.receipt(index, dice % WORLD.receiptCount(index));
            rows[used++] = receipt.row;
            if (dice & 0x100 != 0) {
                rows[used++] = _spoiled(WORLD.receipt(index, dice % WORLD.receiptCount(index)).row, dice);
            } else {
                World.SignedReceipt memory other = WORLD.receipt(index, (dice >> 40) % WORLD.receiptCount(index));
                rows[used++] = other.row;
                if (other.deliveredBytes > receipt.deliveredBytes) receipt = other;
            }
            expected[index] = WORLD.settledAfter(index, receipt.deliveredBytes);
        }
        assembly ("memory-safe") {
            mstore(rows, used)
        }
        _settle(_payeeOrAgent(payee, seed), payee, rows);
        for (uint256 i = 0; i < total; ++i) {
            assertEq(_state(i).settledBytes, expected[i], "I5: a receipt's worth depends on its batch");
        }
        if (used > 1) WORLD.succeeded("settleMany");
    }

    function postFund(uint256 seed, uint256 which) external harmless {
        (bool found, uint256 index, World.Line memory line) = _pickLine(seed);
        if (!found || WORLD.fundCount(index) == 0) return;
        World.SignedFund memory funding = WORLD.signedFundOf(index, which % WORLD.fundCount(index));
        IPaymentChannels.ChannelState memory before = _state(index);
        uint256 available = ESCROW.account(line.terms.signer).balance;
        ESCROW.fundWithSignature(line.terms, funding.total, funding.validUntil, funding.signature);
        uint96 current = _state(index).deposit;
        if (before.closed || before.closeRequestedAt != 0 || block.timestamp > funding.validUntil) {
            assertEq(current, before.deposit, "a signed funding held a leaving payer");
        } else if (funding.total > before.deposit) {
            uint256 wanted = funding.total - before.deposit;
            assertEq(current - before.deposit, wanted < available ? wanted : available, "what the account still has");
            if (current != before.deposit) WORLD.succeeded("fundWithSignature");
        } else {
            assertEq(current, before.deposit, "cumulative: a replayed funding moved money");
        }
    }

    /// @dev Settles the best receipt and closes, in one transaction.
    function settleAndClose(uint256 seed, bool byAgent) external harmless {
        (bool found, uint256 index, World.Line memory line) = _pickLine(seed);
        if (!found || seed % 3 != 0) return;
        IPaymentChannels.ChannelState memory state = _state(index);
        if (state.closed || state.deposit == 0) return;
        uint64 reached = state.settledBytes;
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](line.best == 0 ? 0 : 1);
        if (line.best != 0) {
            World.SignedReceipt memory receipt = WORLD.receipt(index, WORLD.receiptCount(index) - 1);
            rows[0] = receipt.row;
            reached = WORLD.settledAfter(index, receipt.deliveredBytes);
        }
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(IPaymentChannels.settle, (line.terms.payee, rows));
        calls[1] = abi.encodeCall(IPaymentChannels.close, (line.terms, reached));
        (bool success, ) = _as(
            _payeeOrAgent(line.terms.payee, byAgent ? 1 : 0),
            abi.encodeCall(IPaymentChannels.multicall, (calls))
        );
        assertTrue(success, "I6: the payee could not settle and close");
        WORLD.noteBatch(WORLD.payeeIndex(line.terms.payee));
        assertTrue(_state(index).closed);
        WORLD.succeeded("settleAndClose");
    }

    /// @dev A payee that names more bytes than are settled must be stopped from burning its receipts.
    function closeTooEarly(uint256 seed, uint64 more) external harmless {
        (bool found, uint256 index, World.Line memory line) = _pickLine(seed);
        if (!found) return;
        IPaymentChannels.ChannelState memory state = _state(index);
        if (state.settledBytes == type(uint64).max) return;
        uint64 least = uint64(_bound(more, uint256(state.settledBytes) + 1, type(uint64).max));
        (bool success, ) = _as(line.terms.payee, abi.encodeCall(IPaymentChannels.close, (line.terms, least)));
        assertFalse(success, "closing burned receipts");
        WORLD.succeeded("closeTooEarly");
    }

    function signClose(uint256 seed, uint64 least, bool byAgent) external harmless {
        (bool found, uint256 index, World.Line memory line) = _pickLine(seed);
        if (!found || seed % 3 != 0) return;
        uint256 payee = WORLD.payeeIndex(line.terms.payee);
        uint256 key = byAgent && WORLD.agentKeys(payee) != 0 ? WORLD.agentKeys(payee) : WORLD.payeeKey(payee);
        WORLD.addClose(index, uint64(_bound(least, 0, line.best)), key);
        WORLD.succeeded("signClose");
    }

    function withdrawEarnings(uint256 seed) external harmless {
        address payee = WORLD.payee(seed % WORLD.PAYEES());
        uint256 before = ESCROW.earningsOf(payee).balance;
        assertEq(ESCROW.withdrawEarnings(payee), before);
        assertEq(ESCROW.earningsOf(payee).balance, 0, "I6: the payee could not take its earnings");
        if (before != 0) WORLD.succeeded("withdrawEarnings");
    }

    function rotateAgent(uint256 seed) external harmless {
        WORLD.newAgent(seed % WORLD.PAYEES());
        WORLD.succeeded("rotateAgent");
    }

    function redirect(uint256 seed) external harmless {
        uint256 index = seed % WORLD.PAYEES();
        address payee = WORLD.payee(index);
        address holder = WORLD.REGISTRY().beneficiaryOf(payee);
        address next = (seed >> 8) % 4 == 3 ? address(0) : WORLD.coldWallet(index, (seed >> 8) % 4);
        vm.startPrank(holder == address(0) ? payee : holder);
        WORLD.REGISTRY().setBeneficiary(payee, next);
        vm.stopPrank();
        WORLD.succeeded("redirect");
    }

    function _payeeOrAgent(address payee, uint256 seed) private view returns (address) {
        uint256 agentKey = WORLD.agentKeys(WORLD.payeeIndex(payee));
        return seed % 2 == 1 && agentKey != 0 ? vm.addr(agentKey) : payee;
    }

    /// @dev Changes one word of a row, so that it is no receipt of the channel any more.
    function _spoiled(
        IPaymentChannels.SettleRow memory row,
        uint256 dice
    ) private pure returns (IPaymentChannels.SettleRow memory) {
        bytes32 bit = bytes32(1 << ((dice >> 16) % 256));
        uint256 word = (dice >> 24) % 4;
        if (word == 0) row.terms ^= bit;
        else if (word == 1) row.segmentsRoot ^= bit;
        else if (word == 2) row.r ^= bit;
        else row.vs ^= bit;
        return row;
    }
}
