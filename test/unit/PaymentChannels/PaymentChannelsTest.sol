// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {ContractDeployer} from "../../helpers/ContractDeployer.sol";
import {EscrowSigningTest} from "../../helpers/EscrowSigningTest.sol";

/// @notice What the escrow's unit tests share: an escrow, a payer (owner and signer), a payee that is an operator with an
/// agent, and a stranger.
abstract contract PaymentChannelsTest is ContractDeployer, EscrowSigningTest {
    uint256 internal constant GIB = 2 ** 30;
    uint256 internal constant FEE_BPS = 250;
    uint256 internal constant OWNER_KEY = 0x0E2;
    uint256 internal constant SIGNER_KEY = 0x5E55;
    uint256 internal constant PAYEE_KEY = 0xFEE;
    uint256 internal constant AGENT_KEY = 0xA6E27;
    uint96 internal constant MAX_AMOUNT = type(uint96).max;
    uint40 internal constant FOR_EVER = type(uint40).max;

    WeirTestToken internal token;
    OperatorRegistry internal registry;
    IPaymentChannels internal escrow;
    address internal owner = vm.addr(OWNER_KEY);
    address internal signer = vm.addr(SIGNER_KEY);
    address internal payee = vm.addr(PAYEE_KEY);
    address internal agent = vm.addr(AGENT_KEY);
    address internal stranger = makeAddr("stranger");
    address internal cold = makeAddr("cold wallet");
    address internal collector = makeAddr("fee collector");

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        token = new WeirTestToken("Weir Test", "WTT", 18);
        registry = _deployRegistry(7 days);
        escrow = _deployEscrow(token, registry, FEE_BPS, collector);
        (bytes32 r, bytes32 vs) = _signCompact(AGENT_KEY, registry.agentDigest(payee));
        vm.prank(payee);
        registry.register(IOperatorRegistry.Listing(1, "https://relay.example", "", ""), address(0), agent, r, vs);
    }

    function _verifier() internal view override returns (IPaymentChannels) {
        return escrow;
    }

    /// @dev Terms that the escrow accepts, with a price at which amounts are odd.
    function _channel() internal view returns (IPaymentChannels.Channel memory) {
        return IPaymentChannels.Channel(signer, payee, 1_234_567_890_123, 1 days, 1);
    }

    /// @dev Any terms that the escrow accepts, between the usual parties.
    function _channel(
        uint96 pricePerGiB,
        uint32 gracePeriod,
        uint64 nonce
    ) internal view returns (IPaymentChannels.Channel memory) {
        return
            IPaymentChannels.Channel(
                signer,
                payee,
                uint96(_bound(pricePerGiB, 1, type(uint96).max)),
                uint32(_bound(gracePeriod, 1 hours, 30 days)),
                nonce
            );
    }

    function _idOf(IPaymentChannels.Channel memory terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(terms));
    }

    /// @dev Opens the usual account, or adds to it.
    function _deposit(uint96 amount) internal {
        _deposit(SIGNER_KEY, amount);
    }

    function _deposit(uint256 signerKey, uint96 amount) internal {
        token.mint(owner, amount);
        IPaymentChannels.Signature memory session = _signedSession(signerKey, owner);
        vm.startPrank(owner);
        token.approve(address(escrow), amount);
        escrow.deposit(vm.addr(signerKey), owner, amount, session);
        vm.stopPrank();
    }

    /// @dev Deposits exactly what it takes and raises the channel to `total`, as the owner.
    function _openChannel(IPaymentChannels.Channel memory terms, uint96 total) internal {
        _deposit(total - _stateOf(terms).deposit);
        vm.prank(owner);
        escrow.fund(terms, total);
    }

    function _settle(IPaymentChannels.SettleRow memory row) internal returns (uint256) {
        return escrow.settle(payee, _rows(row));
    }

    function _settle(IPaymentChannels.Channel memory terms, uint64 deliveredBytes) internal returns (uint256) {
        return escrow.settle(terms.payee, _rows(_signedRow(SIGNER_KEY, terms, deliveredBytes, "root")));
    }

    function _requestClose(IPaymentChannels.Channel memory terms) internal {
        vm.prank(owner);
        escrow.requestClose(terms);
    }

    function _close(IPaymentChannels.Channel memory terms) internal {
        vm.prank(terms.payee);
        escrow.close(terms, 0);
    }

    function _rows(
        IPaymentChannels.SettleRow memory row
    ) internal pure returns (IPaymentChannels.SettleRow[] memory rows) {
        rows = new IPaymentChannels.SettleRow[](1);
        rows[0] = row;
    }

    function _stateOf(
        IPaymentChannels.Channel memory terms
    ) internal view returns (IPaymentChannels.ChannelState memory) {
        return escrow.channel(_idOf(terms));
    }

    function _balance() internal view returns (uint256) {
        return escrow.account(signer).balance;
    }

    function _assertState(
        IPaymentChannels.Channel memory terms,
        uint256 deposit,
        uint256 settledBytes,
        uint256 closeRequestedAt,
        bool closed
    ) internal view {
        IPaymentChannels.ChannelState memory state = _stateOf(terms);
        assertEq(state.deposit, deposit, "deposit");
        assertEq(state.settledBytes, settledBytes, "settledBytes");
        assertEq(state.closeRequestedAt, closeRequestedAt, "closeRequestedAt");
        assertEq(state.closed, closed, "closed");
    }

    function _assertEarnings(address who, uint256 balance, uint256 fees, uint256 provenBytes) internal view {
        IPaymentChannels.Earnings memory earnings = escrow.earningsOf(who);
        assertEq(earnings.balance, balance, "earnings");
        assertEq(earnings.fees, fees, "fees");
        assertEq(earnings.provenBytes, provenBytes, "provenBytes");
    }

    /// @dev The fee on an amount settled in one batch.
    function _fee(uint256 amount) internal pure returns (uint256) {
        return (amount * FEE_BPS) / 10_000;
    }
}
