// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {ContractWallet} from "../../../contracts/mocks/ContractWallet.sol";
import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {World} from "./World.sol";

/// @notice What the handlers share. Every action is one transaction of one actor; nobody else may be worse off after it (I4).
abstract contract Handler is Test {
    World internal immutable WORLD;
    IPaymentChannels internal immutable ESCROW;
    WeirTestToken internal immutable TOKEN;

    /// Parties that agreed to lose by the action under way, one bit each.
    uint256 private _willing;

    constructor(World world) {
        WORLD = world;
        ESCROW = world.ESCROW();
        TOKEN = world.TOKEN();
    }

    modifier harmless() {
        _willing = 0;
        WORLD.attempted();
        _;
        WORLD.judge(_willing);
    }

    /// @dev The party acts itself, or signed what is done.
    function _willingly(uint256 party) internal {
        _willing |= 1 << party;
    }

    function _payeeParty(address payee) internal view returns (uint256) {
        return WORLD.PAYERS() + WORLD.payeeIndex(payee);
    }

    function _payerParty(address signer) internal view returns (uint256) {
        return WORLD.signerIndex(signer) / 2;
    }

    /// @dev A line of the book, preferring open channels; false when there is none at all.
    function _pickLine(uint256 seed) internal view returns (bool found, uint256 index, World.Line memory line) {
        uint256 total = WORLD.lineCount();
        if (total == 0) return (false, 0, line);
        index = seed % total;
        if (seed % 8 != 0) {
            for (uint256 i = 0; i < total; ++i) {
                IPaymentChannels.ChannelState memory state = _state(index);
                if (!state.closed && state.deposit != 0) break;
                index = (index + 1) % total;
            }
        }
        return (true, index, WORLD.line(index));
    }

    function _state(uint256 index) internal view returns (IPaymentChannels.ChannelState memory) {
        return WORLD.stateOf(index);
    }

    /// @dev Calls the escrow as a payer's wallet, whatever kind of wallet that is.
    function _asPayer(uint256 payer, bytes memory call) internal returns (bool success, bytes memory result) {
        if (payer == WORLD.WALLET_PAYER()) {
            ContractWallet wallet = WORLD.WALLET();
            vm.prank(vm.addr(WORLD.walletKey()));
            return address(wallet).call(abi.encodeCall(ContractWallet.execute, (address(ESCROW), call)));
        }
        return _as(WORLD.payer(payer), call);
    }

    function _as(address caller, bytes memory call) internal returns (bool success, bytes memory result) {
        vm.prank(caller);
        return address(ESCROW).call(call);
    }

    /// @dev Settles rows of one payee as `caller` and checks what must follow from any settlement.
    function _settle(address caller, address payee, IPaymentChannels.SettleRow[] memory rows) internal {
        uint256 index = WORLD.payeeIndex(payee);
        uint256 grossBefore = WORLD.grossOf(index);
        IPaymentChannels.Earnings memory before = ESCROW.earningsOf(payee);
        (bool success, bytes memory result) = _as(caller, abi.encodeCall(IPaymentChannels.settle, (payee, rows)));
        assertTrue(success, "one bad row reverted the batch");
        IPaymentChannels.Earnings memory current = ESCROW.earningsOf(payee);
        uint256 paid = WORLD.grossOf(index) - grossBefore;
        assertEq(abi.decode(result, (uint256)), current.balance - before.balance, "settle returns what it credits");
        assertEq(
            current.fees - before.fees,
            (paid * WORLD.FEE_BPS()) / 10_000,
            "I5: the fee of a batch, rounded down once"
        );
        WORLD.noteBatch(index);
        if (paid != 0) WORLD.succeeded("settle");
    }
}
