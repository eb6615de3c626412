// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {Handler} from "./Handler.sol";
import {World} from "./World.sol";

/// @notice Payers and their session keys: deposit, reserve, sign, leave. They may sign for more than they fund, and they may
/// delegate a session key to code afterwards.
contract PayerHandler is Handler {
    bytes32 private constant PERMIT_TYPE = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );

    constructor(World world) Handler(world) {}

    function deposit(uint256 signerSeed, uint96 amount) public harmless {
        uint256 signer = signerSeed % WORLD.SIGNERS();
        _willingly(signer / 2);
        _deposit(signer, uint96(_bound(amount, 0, 1e21)));
    }

    function depositWithPermit(uint256 signerSeed, uint96 amount) external harmless {
        uint256 signer = signerSeed % (WORLD.WALLET_PAYER() * 2);
        uint256 payer = signer / 2;
        amount = uint96(_bound(amount, 1, 1e21));
        _willingly(payer);
        address owner = WORLD.payer(payer);
        // The permit sets the allowance to the amount and the deposit uses it up; the bait is laid again below.
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(WORLD.payerKey(payer), _permitDigest(owner, amount));
        bytes memory call = abi.encodeCall(
            IPaymentChannels.depositWithPermit,
            (
                WORLD.signer(signer),
                owner,
                amount,
                WORLD.signedSession(WORLD.signerKey(signer), owner),
                IPaymentChannels.Permit(block.timestamp, v, r, s)
            )
        );
        (bool success, ) = _as(owner, call);
        assertTrue(success, "the payer could not deposit with a permit");
        assertEq(TOKEN.allowance(owner, address(ESCROW)), 0, "the permit was not used");
        vm.prank(owner);
        TOKEN.approve(address(ESCROW), type(uint256).max);
        WORLD.succeeded("depositWithPermit");
    }

    function withdraw(uint256 signerSeed, uint96 amount) external harmless {
        uint256 signer = signerSeed % WORLD.SIGNERS();
        IPaymentChannels.Account memory account = ESCROW.account(WORLD.signer(signer));
        if (account.owner == address(0)) return;
        amount = uint96(_bound(amount, 0, account.balance));
        _willingly(signer / 2);
        bytes memory call = abi.encodeCall(IPaymentChannels.withdraw, (WORLD.signer(signer), amount, account.owner));
        (bool success, ) = _asPayer(signer / 2, call);
        assertTrue(success, "I6: the owner could not withdraw its free balance");
        WORLD.succeeded("withdraw");
    }

    /// @dev Opens a channel or raises one, by the owner or by the session key.
    function fund(uint256 seed, uint96 price, uint32 grace, uint96 amount, bool bySigner) external harmless {
        uint256 total = WORLD.lineCount();
        uint256 index = total == 0 ? 0 : seed % total;
        if (total < 4 || (seed % 4 == 0 && total < 16) || _state(index).closed) index = _open(seed, price, grace);
        World.Line memory line = WORLD.line(index);
        uint256 payer = _payerParty(line.terms.signer);
        _willingly(payer);
        amount = uint96(_bound(amount, 1, 1e20));
        _deposit(WORLD.signerIndex(line.terms.signer), amount);
        IPaymentChannels.ChannelState memory state = _state(index);
        uint96 raised = state.deposit + amount;
        bytes memory call = abi.encodeCall(IPaymentChannels.fund, (line.terms, raised));
        (bool success, ) = bySigner ? _as(line.terms.signer, call) : _asPayer(payer, call);
        assertTrue(success, "the payer could not fund");
        assertEq(_state(index).deposit, raised, "fund reserves exactly up to its total");
        assertEq(_state(index).closeRequestedAt, 0, "funding takes a request to close back");
        WORLD.succeeded("fund");
    }

    /// @dev Raises every open channel of a session key at once, one of them twice. The last 64 bits of the terms are noise.
    function fundMany(uint256 signerSeed, uint96 amount, bool bySigner) external harmless {
        uint256 signer = signerSeed % WORLD.SIGNERS();
        uint256 total = WORLD.lineCount();
        IPaymentChannels.Funding[] memory fundings = new IPaymentChannels.Funding[](total + 1);
        uint96[] memory expected = new uint96[](total);
        amount = uint96(_bound(amount, 1, 1e19));
        uint256 used = 0;
        for (uint256 i = 0; i < total; ++i) {
            World.Line memory line = WORLD.line(i);
            IPaymentChannels.ChannelState memory state = _state(i);
            expected[i] = state.deposit;
            if (line.terms.signer != WORLD.signer(signer) || state.closed || state.deposit == 0) continue;
            expected[i] += amount;
            fundings[used++] = _funding(line.terms, expected[i], signerSeed);
        }
        if (used == 0) return;
        IPaymentChannels.Funding memory first = fundings[0];
        fundings[used++] = IPaymentChannels.Funding(first.payee, first.terms, first.total - amount);
        assembly ("memory-safe") {
            mstore(fundings, used)
        }
        _willingly(signer / 2);
        _deposit(signer, uint96(amount * (used - 1)));
        bytes memory call = abi.encodeCall(IPaymentChannels.fundMany, (WORLD.signer(signer), fundings));
        (bool success, ) = bySigner ? _as(WORLD.signer(signer), call) : _asPayer(signer / 2, call);
        assertTrue(success, "the payer could not fund several channels");
        for (uint256 i = 0; i < total; ++i) assertEq(_state(i).deposit, expected[i], "fundMany: each its own total");
        WORLD.succeeded("fundMany");
    }

    function signFund(uint256 seed, uint96 total, uint32 validFor) external harmless {
        (bool found, uint256 index, ) = _pickLine(seed);
        if (!found) return;
        uint256 raised = uint256(_state(index).deposit) + _bound(total, 0, 1e20);
        WORLD.addFund(index, uint96(raised), uint40(block.timestamp + _bound(validFor, 0, 2 days)));
        WORLD.succeeded("signFund");
    }

    function signReceipt(uint256 seed, uint64 more, bytes32 root) external harmless {
        (bool found, uint256 index, World.Line memory line) = _pickLine(seed);
        if (!found || line.best == type(uint64).max) return;
        uint256 ceiling = type(uint64).max - line.best;
        // Usually within what the deposit pays for, sometimes far beyond it.
        if (seed % 5 != 0) {
            uint256 most = WORLD.covered(_state(index).deposit, line.terms.pricePerGiB);
            if (most > line.best && most - line.best < ceiling) ceiling = most - line.best;
        }
        // Often in small steps, as segments come.
        ceiling = (ceiling >> ((seed >> 8) % 16)) + 1;
        if (ceiling > type(uint64).max - line.best) ceiling = type(uint64).max - line.best;
        _willingly(_payerParty(line.terms.signer));
        WORLD.signReceipt(index, line.best + uint64(_bound(more, 1, ceiling)), root);
        WORLD.succeeded("signReceipt");
    }

    /// @dev With a signed funding still good and money behind it, which must not hold the payer back.
    function requestClose(uint256 seed, bool bySigner) external harmless {
        (bool found, uint256 index, World.Line memory line) = _pickLine(seed);
        if (!found) return;
        IPaymentChannels.ChannelState memory state = _state(index);
        if (state.closed || state.deposit == 0 || state.closeRequestedAt != 0) return;
        uint256 signer = WORLD.signerIndex(line.terms.signer);
        _deposit(signer, 1);
        WORLD.addFund(index, state.deposit + 1, uint40(block.timestamp + 1 days));
        bytes memory call = abi.encodeCall(IPaymentChannels.requestClose, (line.terms));
        (bool success, ) = bySigner ? _as(line.terms.signer, call) : _asPayer(signer / 2, call);
        assertTrue(success, "I6: the payer could not ask to close");
        World.SignedFund memory funding = WORLD.signedFundOf(index, WORLD.fundCount(index) - 1);
        ESCROW.fundWithSignature(line.terms, funding.total, funding.validUntil, funding.signature);
        assertEq(_state(index).closeRequestedAt, block.timestamp);
        assertEq(_state(index).deposit, state.deposit, "a signed funding held a leaving payer");
        WORLD.succeeded("requestClose");
    }

    /// @dev EIP-7702: the session key of a payer gets code that answers every question with a revert.
    function delegateSigner(uint256 signerSeed) external harmless {
        vm.etch(WORLD.signer(signerSeed % WORLD.SIGNERS()), hex"60006000fd");
        WORLD.succeeded("delegateSigner");
    }

    function rotateWallet() external harmless {
        WORLD.rotateWallet();
        WORLD.succeeded("rotateWallet");
    }

    function _deposit(uint256 signer, uint96 amount) private {
        address owner = WORLD.payer(signer / 2);
        bytes memory call = abi.encodeCall(
            IPaymentChannels.deposit,
            (WORLD.signer(signer), owner, amount, WORLD.signedSession(WORLD.signerKey(signer), owner))
        );
        (bool success, ) = _asPayer(signer / 2, call);
        assertTrue(success, "the payer could not deposit");
        WORLD.succeeded("deposit");
    }

    function _open(uint256 seed, uint96 price, uint32 grace) private returns (uint256) {
        // Prices of a few units, of a real market, and absurd ones.
        uint256 kind = seed % 3;
        uint256 highest =
            kind == 0
                ? 100
                : kind == 1
                    ? 1e18
                    : type(uint96).max;
        return
            WORLD.addLine(
                IPaymentChannels.Channel({
                    signer: WORLD.signer((seed >> 8) % WORLD.SIGNERS()),
                    payee: WORLD.payee((seed >> 16) % WORLD.PAYEES()),
                    pricePerGiB: uint96(_bound(price, 1, highest)),
                    gracePeriod: uint32(_bound(grace, 1 hours, 2 days)),
                    nonce: uint64(WORLD.lineCount())
                })
            );
    }

    function _funding(
        IPaymentChannels.Channel memory terms,
        uint96 total,
        uint256 noise
    ) private pure returns (IPaymentChannels.Funding memory) {
        uint256 packed = (uint256(terms.pricePerGiB) << 160) | (uint256(terms.gracePeriod) << 128);
        packed |= (uint256(terms.nonce) << 64) | uint64(noise);
        return IPaymentChannels.Funding(terms.payee, bytes32(packed), total);
    }

    function _permitDigest(address owner, uint96 amount) private view returns (bytes32) {
        IERC20Permit token = IERC20Permit(address(TOKEN));
        bytes32 structHash = keccak256(
            abi.encode(PERMIT_TYPE, owner, address(ESCROW), amount, token.nonces(owner), block.timestamp)
        );
        return keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
    }
}
