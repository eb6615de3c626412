// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {Handler} from "./Handler.sol";
import {World} from "./World.sol";

/// @notice A stranger that saw every signature ever made and has tokens of its own. Whatever anyone may do it does; whatever it
/// may not do it tries.
contract HostileHandler is Handler {
    bytes32 private constant AUTHORIZATION_TYPE = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    uint256 private constant KEY = 0xe711;
    address private immutable THIEF = vm.addr(KEY);

    constructor(World world) Handler(world) {
        TOKEN.mint(THIEF, 1e24);
        vm.prank(THIEF);
        TOKEN.approve(address(ESCROW), type(uint256).max);
    }

    // ------------------------------------------------------------------------------------------- what anyone may do

    function settleForOthers(uint256 seed, uint256 which) external harmless {
        (bool found, uint256 index, World.Line memory line) = _pickLine(seed);
        if (!found || line.best == 0) return;
        World.SignedReceipt memory receipt = WORLD.receipt(index, which % WORLD.receiptCount(index));
        uint64 expected = WORLD.settledAfter(index, receipt.deliveredBytes);
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](1);
        rows[0] = receipt.row;
        _settle(THIEF, line.terms.payee, rows);
        assertEq(_state(index).settledBytes, expected, "I5: a receipt's worth depends on who settles it");
        WORLD.succeeded("settleForOthers");
    }

    function replayFund(uint256 seed, uint256 which) external harmless {
        (bool found, uint256 index, World.Line memory line) = _pickLine(seed);
        if (!found || WORLD.fundCount(index) == 0) return;
        World.SignedFund memory funding = WORLD.signedFundOf(index, which % WORLD.fundCount(index));
        uint96 before = _state(index).deposit;
        vm.prank(THIEF);
        ESCROW.fundWithSignature(line.terms, funding.total, funding.validUntil, funding.signature);
        uint96 current = _state(index).deposit;
        assertTrue(current == before || current <= funding.total, "a Fund moved more than it says");
        WORLD.succeeded("replayFund");
    }

    /// @dev A `Close` that the payee or its agent signed is public: anyone may post it, on this channel, with these bytes.
    function replayClose(uint256 seed, uint256 which) external harmless {
        (bool found, uint256 index, World.Line memory line) = _pickLine(seed);
        if (!found || WORLD.closeCount(index) == 0) return;
        World.SignedClose memory closing = WORLD.signedCloseOf(index, which % WORLD.closeCount(index));
        IPaymentChannels.ChannelState memory state = _state(index);
        bool inOffice = closing.by == line.terms.payee || WORLD.REGISTRY().isAgent(line.terms.payee, closing.by);
        bool allowed = inOffice && state.deposit != 0 && !state.closed && state.settledBytes >= closing.minSettledBytes;
        if (allowed) _willingly(_payeeParty(line.terms.payee));
        (bool success, ) = _as(
            THIEF,
            abi.encodeCall(
                IPaymentChannels.closeWithSignature,
                (line.terms, closing.minSettledBytes, closing.signature)
            )
        );
        assertEq(success, allowed, "closeWithSignature: who signed, for which bytes");
        if (success) WORLD.succeeded("replayClose");
    }

    function finalize(uint256 seed) external harmless {
        (bool found, uint256 index, World.Line memory line) = _pickLine(seed);
        if (!found) return;
        IPaymentChannels.ChannelState memory state = _state(index);
        bool ripe =
            !state.closed &&
                state.closeRequestedAt != 0 &&
                block.timestamp >= uint256(state.closeRequestedAt) + line.terms.gracePeriod;
        // The payee had its grace period to settle.
        if (ripe) _willingly(_payeeParty(line.terms.payee));
        (bool success, ) = _as(THIEF, abi.encodeCall(IPaymentChannels.finalizeClose, (line.terms)));
        assertEq(success, ripe, "finalizeClose: only when ripe");
        if (success) WORLD.succeeded("finalize");
    }

    function withdrawEarningsForOthers(uint256 seed) external harmless {
        address payee = WORLD.payee(seed % WORLD.PAYEES());
        (bool success, ) = _as(THIEF, abi.encodeCall(IPaymentChannels.withdrawEarnings, (payee)));
        assertTrue(success, "earnings could not be paid out");
        WORLD.succeeded("withdrawEarningsForOthers");
    }

    function depositForOthers(uint256 signerSeed, uint96 amount) external harmless {
        uint256 signer = signerSeed % WORLD.SIGNERS();
        address owner = WORLD.payer(signer / 2);
        IPaymentChannels.Signature memory session = WORLD.signedSession(WORLD.signerKey(signer), owner);
        bytes memory call = abi.encodeCall(
            IPaymentChannels.deposit,
            (WORLD.signer(signer), owner, uint96(_bound(amount, 0, 1e18)), session)
        );
        (bool success, ) = _as(THIEF, call);
        assertTrue(success, "an account could not be topped up");
        WORLD.succeeded("depositForOthers");
    }

    function donate(uint96 amount) external harmless {
        amount = uint96(_bound(amount, 0, 1e18));
        vm.prank(THIEF);
        TOKEN.transfer(address(ESCROW), amount);
        WORLD.noteDonation(amount);
        WORLD.succeeded("donate");
    }

    /// @dev A gasless deposit that somebody else sends. First with another account named, which must fail, then as it was meant.
    function postAuthorization(uint256 signerSeed, uint96 amount, bytes32 salt) external harmless {
        uint256 signer = signerSeed % (WORLD.WALLET_PAYER() * 2);
        address owner = WORLD.payer(signer / 2);
        amount = uint96(_bound(amount, 1, 1e20));
        bytes32 nonce = ESCROW.authorizationNonce(WORLD.signer(signer), owner, salt);
        if (TOKEN.authorizationState(owner, nonce)) return;
        bytes memory signature = _authorization(WORLD.payerKey(signer / 2), owner, amount, nonce);
        IPaymentChannels.Signature memory session = WORLD.signedSession(KEY, THIEF);
        (bool stolen, ) = _as(THIEF, _authorizedDeposit(THIEF, THIEF, amount, session, owner, salt, signature));
        assertFalse(stolen, "an authorization paid into another account");
        session = WORLD.signedSession(WORLD.signerKey(signer), owner);
        bytes memory call = _authorizedDeposit(WORLD.signer(signer), owner, amount, session, owner, salt, signature);
        (bool success, ) = _as(THIEF, call);
        assertTrue(success, "a gasless deposit failed");
        (bool replayed, ) = _as(THIEF, call);
        assertFalse(replayed, "an authorization was used twice");
        WORLD.succeeded("postAuthorization");
    }

    // -------------------------------------------------------------------------------------- what only others may do

    function steal(uint256 seed, uint96 amount) external harmless {
        (bool found, , World.Line memory line) = _pickLine(seed);
        if (!found) return;
        bytes[] memory calls = new bytes[](8);
        calls[0] = abi.encodeCall(IPaymentChannels.withdraw, (line.terms.signer, amount, THIEF));
        calls[1] = abi.encodeCall(IPaymentChannels.fund, (line.terms, amount));
        calls[2] = abi.encodeCall(IPaymentChannels.requestClose, (line.terms));
        calls[3] = abi.encodeCall(IPaymentChannels.close, (line.terms, 0));
        calls[4] = abi.encodeCall(IPaymentChannels.collectFees, (line.terms.payee));
        calls[5] = abi.encodeCall(
            IPaymentChannels.closeWithSignature,
            (line.terms, 0, WORLD.signedClose(KEY, line.id, 0))
        );
        calls[6] = abi.encodeCall(
            IPaymentChannels.deposit,
            (line.terms.signer, THIEF, 0, WORLD.signedSession(KEY, THIEF))
        );
        calls[7] = abi.encodeCall(IPaymentChannels.fundMany, (line.terms.signer, new IPaymentChannels.Funding[](0)));
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, ) = _as(THIEF, calls[i]);
            assertFalse(success, "a stranger did what only a party may do");
            bytes[] memory wrapped = new bytes[](1);
            wrapped[0] = calls[i];
            (success, ) = _as(THIEF, abi.encodeCall(IPaymentChannels.multicall, (wrapped)));
            assertFalse(success, "multicall lent a stranger another's rights");
        }
        WORLD.succeeded("steal");
    }

    /// @dev The owner's allowance to the escrow is no stranger's to use.
    function drainAllowance(uint256 payerSeed, uint96 amount) external harmless {
        address victim = WORLD.payer(payerSeed % WORLD.PAYERS());
        IPaymentChannels.Signature memory session = WORLD.signedSession(KEY, THIEF);
        amount = uint96(_bound(amount, 1, 1e20));
        bytes memory signature = _authorization(KEY, victim, amount, ESCROW.authorizationNonce(THIEF, THIEF, 0));
        (bool success, ) = _as(THIEF, _authorizedDeposit(THIEF, THIEF, amount, session, victim, 0, signature));
        assertFalse(success, "a forged authorization");
        uint256 before = TOKEN.balanceOf(THIEF);
        vm.prank(THIEF);
        ESCROW.depositWithPermit(THIEF, THIEF, 0, session, IPaymentChannels.Permit(block.timestamp, 27, 0, 0));
        vm.prank(THIEF);
        ESCROW.deposit(THIEF, THIEF, amount, session);
        assertEq(TOKEN.balanceOf(THIEF), before - amount, "a deposit pulls from its caller");
        vm.prank(THIEF);
        ESCROW.withdraw(THIEF, amount, THIEF);
        WORLD.succeeded("drainAllowance");
    }

    /// @dev Signatures of the stranger, and others' signatures over something else.
    function forge(uint256 seed, uint64 deliveredBytes, uint96 total) external harmless {
        (bool found, uint256 index, World.Line memory line) = _pickLine(seed);
        if (!found) return;
        IPaymentChannels.ChannelState memory before = _state(index);
        IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](3);
        rows[0] = WORLD.signedRow(KEY, line.terms, deliveredBytes, 0);
        if (line.best != 0) {
            World.SignedReceipt memory receipt = WORLD.receipt(index, seed % WORLD.receiptCount(index));
            // More bytes under an old signature, and the signature's other half of the curve.
            bytes32 packed = receipt.row.terms | bytes32(uint256(type(uint64).max));
            if (packed != receipt.row.terms) {
                rows[1] = IPaymentChannels.SettleRow(packed, receipt.row.segmentsRoot, receipt.row.r, receipt.row.vs);
            }
            rows[2] = receipt.row;
            rows[2].vs = bytes32(uint256(receipt.row.vs) ^ (1 << 255));
        }
        _settle(THIEF, line.terms.payee, rows);
        IPaymentChannels.Signature memory forged = WORLD.signedFund(KEY, line.terms, total, type(uint40).max);
        vm.prank(THIEF);
        ESCROW.fundWithSignature(line.terms, total, type(uint40).max, forged);
        if (WORLD.fundCount(index) != 0) {
            World.SignedFund memory funding = WORLD.signedFundOf(index, seed % WORLD.fundCount(index));
            vm.startPrank(THIEF);
            ESCROW.fundWithSignature(line.terms, funding.total + 1, funding.validUntil, funding.signature);
            ESCROW.fundWithSignature(line.terms, funding.total, funding.validUntil + 1, funding.signature);
            vm.stopPrank();
        }
        assertEq(keccak256(abi.encode(_state(index))), keccak256(abi.encode(before)), "a forgery changed a channel");
        WORLD.succeeded("forge");
    }

    /// @dev A receipt or `Close` made for one channel, used on another of the same parties.
    function transplant(uint256 seed) external harmless {
        (bool found, uint256 index, World.Line memory line) = _pickLine(seed);
        uint256 total = WORLD.lineCount();
        if (!found || total < 2) return;
        World.Line memory target = WORLD.line((index + 1 + ((seed >> 16) % (total - 1))) % total);
        IPaymentChannels.ChannelState memory before = ESCROW.channel(target.id);
        if (line.best != 0) {
            World.SignedReceipt memory receipt = WORLD.receipt(index, seed % WORLD.receiptCount(index));
            IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](1);
            rows[0] = WORLD.signedRow(1, target.terms, receipt.deliveredBytes, receipt.row.segmentsRoot);
            (rows[0].r, rows[0].vs) = (receipt.row.r, receipt.row.vs);
            _settle(THIEF, target.terms.payee, rows);
        }
        if (WORLD.closeCount(index) != 0) {
            World.SignedClose memory closing = WORLD.signedCloseOf(index, seed % WORLD.closeCount(index));
            bytes memory call = abi.encodeCall(
                IPaymentChannels.closeWithSignature,
                (target.terms, closing.minSettledBytes, closing.signature)
            );
            (bool success, ) = _as(THIEF, call);
            assertFalse(success, "a Close of one channel closed another");
        }
        bytes32 unchanged = keccak256(abi.encode(before));
        assertEq(keccak256(abi.encode(ESCROW.channel(target.id))), unchanged, "a signature worked on two channels");
        WORLD.succeeded("transplant");
    }

    function _authorizedDeposit(
        address signer,
        address owner,
        uint96 amount,
        IPaymentChannels.Signature memory session,
        address from,
        bytes32 salt,
        bytes memory signature
    ) private view returns (bytes memory) {
        return
            abi.encodeCall(
                IPaymentChannels.depositWithAuthorization,
                (
                    signer,
                    owner,
                    amount,
                    session,
                    IPaymentChannels.Authorization(from, 0, block.timestamp + 1, salt, signature)
                )
            );
    }

    function _authorization(
        uint256 key,
        address from,
        uint96 amount,
        bytes32 nonce
    ) private view returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(AUTHORIZATION_TYPE, from, address(ESCROW), amount, 0, block.timestamp + 1, nonce)
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", TOKEN.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
