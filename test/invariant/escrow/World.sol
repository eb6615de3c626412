// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {ContractWallet} from "../../../contracts/mocks/ContractWallet.sol";
import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {ContractDeployer} from "../../helpers/ContractDeployer.sol";
import {EscrowSigningTest} from "../../helpers/EscrowSigningTest.sol";

/**
 * @notice One escrow, everybody who uses it, and a book of everything that was ever signed. The handlers act; the book is what
 * the invariants compare the contract's state with. It never reads a formula from the contract under test.
 *
 * Parties 0..2 are payers with two session keys each (the last payer is a contract wallet); parties 3..5 are payees: one with an agent and a cold
 * beneficiary, one with an agent alone, one that never registered.
 */
contract World is ContractDeployer, EscrowSigningTest {
    uint256 public constant PAYERS = 3;
    uint256 public constant SIGNERS = 6;
    uint256 public constant PAYEES = 3;
    uint256 public constant PARTIES = PAYERS + PAYEES;
    uint256 public constant WALLET_PAYER = 2;
    uint256 public constant NOBODY = type(uint256).max;
    uint256 public constant FEE_BPS = 250;
    uint256 public constant STARTING_TOKENS = 1e24;

    struct Line {
        IPaymentChannels.Channel terms;
        bytes32 id;
        /// The highest total the payer ever signed.
        uint64 best;
        uint64 lastSettled;
        bool wasClosed;
    }

    struct SignedReceipt {
        uint64 deliveredBytes;
        IPaymentChannels.SettleRow row;
    }

    struct SignedFund {
        uint96 total;
        uint40 validUntil;
        IPaymentChannels.Signature signature;
    }

    struct SignedClose {
        uint64 minSettledBytes;
        IPaymentChannels.Signature signature;
        address by;
    }

    WeirTestToken public immutable TOKEN;
    OperatorRegistry public immutable REGISTRY;
    IPaymentChannels public immutable ESCROW;
    ContractWallet public immutable WALLET;
    address public immutable COLLECTOR = makeAddr("fee collector");

    /// How often what succeeded, and all of it.
    mapping(string action => uint256) public count;
    uint256 public successes;
    uint256 public attempts;
    /// Tokens sent to the escrow without a call.
    uint256 public donated;
    uint256[PAYEES] public collectedFees;
    uint256[PAYEES] public batches;
    uint64[PAYEES] public lastProven;
    uint256[PAYEES] public agentKeys;
    uint256 public walletKey = 0x3a11e7;

    address[PAYERS] private _payers;
    address[SIGNERS] private _signers;
    address[PAYEES] private _payees;
    /// Positions among the session keys or among the payees.
    mapping(address who => uint256) private _positions;
    /// What each party could end up with, when `judge` last looked.
    int256[PARTIES] private _entitlements;
    Line[] private _lines;
    mapping(uint256 line => SignedReceipt[]) private _receipts;
    mapping(uint256 line => SignedFund[]) private _funds;
    mapping(uint256 line => SignedClose[]) private _closes;
    uint256 private _nextAgentKey = 0xa6e270000;

    constructor() {
        TOKEN = new WeirTestToken("Weir Test", "WTT", 18);
        REGISTRY = _deployRegistry(7 days);
        ESCROW = _deployEscrow(TOKEN, REGISTRY, FEE_BPS, COLLECTOR);
        WALLET = new ContractWallet(vm.addr(walletKey));
        for (uint256 i = 0; i < PAYERS; ++i) {
            _payers[i] = i == WALLET_PAYER ? address(WALLET) : vm.addr(payerKey(i));
            TOKEN.mint(_payers[i], STARTING_TOKENS);
            // A standing allowance is bait: nobody but the payer may ever make use of it.
            vm.prank(_payers[i]);
            TOKEN.approve(address(ESCROW), type(uint256).max);
        }
        for (uint256 i = 0; i < SIGNERS; ++i) _positions[_signers[i] = vm.addr(signerKey(i))] = i;
        for (uint256 i = 0; i < PAYEES; ++i) _positions[_payees[i] = vm.addr(payeeKey(i))] = i;
        vm.prank(_payees[0]);
        REGISTRY.setBeneficiary(_payees[0], coldWallet(0, 0));
        for (uint256 i = 0; i < PAYEES - 1; ++i) newAgent(i);
        judge(type(uint256).max);
    }

    // ---------------------------------------------------------------------------------------------------- who is who

    function payerKey(uint256 index) public pure returns (uint256) {
        return 0xba5e0000 + index;
    }

    function payer(uint256 index) external view returns (address) {
        return _payers[index];
    }

    function signerKey(uint256 index) public pure returns (uint256) {
        return 0x5e550000 + index;
    }

    function signer(uint256 index) external view returns (address) {
        return _signers[index];
    }

    function signerIndex(address who) external view returns (uint256) {
        return _positions[who];
    }

    function payeeKey(uint256 index) public pure returns (uint256) {
        return 0xfee0000 + index;
    }

    function payee(uint256 index) external view returns (address) {
        return _payees[index];
    }

    function payeeIndex(address who) external view returns (uint256) {
        return _positions[who];
    }

    /// @dev Where a payee's earnings may go, besides the payee itself. Nobody spends from any of these.
    function coldWallet(uint256 payeeIndex_, uint256 which) public pure returns (address) {
        return address(uint160(0xc01d0000 + payeeIndex_ * 16 + which));
    }

    /// @dev Gives the payee a new agent, registering it first if need be.
    function newAgent(uint256 index) public {
        address operator = _payees[index];
        uint256 key = _nextAgentKey++;
        (bytes32 r, bytes32 vs) = _signCompact(key, REGISTRY.agentDigest(operator));
        vm.startPrank(operator);
        if (REGISTRY.isRegistered(operator)) {
            REGISTRY.setAgent(vm.addr(key), r, vs);
        } else {
            IOperatorRegistry.Listing memory listing = IOperatorRegistry.Listing(1, "https://relay.example", "", "");
            REGISTRY.register(listing, REGISTRY.beneficiaryOf(operator), vm.addr(key), r, vs);
        }
        vm.stopPrank();
        agentKeys[index] = key;
    }

    function rotateWallet() external {
        vm.prank(vm.addr(walletKey));
        WALLET.rotate(vm.addr(++walletKey));
    }

    // -------------------------------------------------------------------------------------------------------- the book

    function lineCount() external view returns (uint256) {
        return _lines.length;
    }

    function line(uint256 index) external view returns (Line memory) {
        return _lines[index];
    }

    function stateOf(uint256 index) external view returns (IPaymentChannels.ChannelState memory) {
        return ESCROW.channel(_lines[index].id);
    }

    function addLine(IPaymentChannels.Channel memory terms) external returns (uint256) {
        _lines.push(Line(terms, keccak256(abi.encode(terms)), 0, 0, false));
        return _lines.length - 1;
    }

    function signReceipt(uint256 index, uint64 deliveredBytes, bytes32 root) external {
        Line storage line_ = _lines[index];
        require(deliveredBytes > line_.best, "cumulative");
        line_.best = deliveredBytes;
        _receipts[index].push(
            SignedReceipt(
                deliveredBytes,
                signedRow(signerKey(_positions[line_.terms.signer]), line_.terms, deliveredBytes, root)
            )
        );
    }

    function receiptCount(uint256 index) external view returns (uint256) {
        return _receipts[index].length;
    }

    function receipt(uint256 index, uint256 which) external view returns (SignedReceipt memory) {
        return _receipts[index][which];
    }

    function addFund(uint256 index, uint96 total, uint40 validUntil) external {
        IPaymentChannels.Channel memory terms = _lines[index].terms;
        uint256 key = signerKey(_positions[terms.signer]);
        _funds[index].push(SignedFund(total, validUntil, signedFund(key, terms, total, validUntil)));
    }

    function fundCount(uint256 index) external view returns (uint256) {
        return _funds[index].length;
    }

    function signedFundOf(uint256 index, uint256 which) external view returns (SignedFund memory) {
        return _funds[index][which];
    }

    function addClose(uint256 index, uint64 minSettledBytes, uint256 key) external {
        IPaymentChannels.Signature memory signature = signedClose(key, _lines[index].id, minSettledBytes);
        _closes[index].push(SignedClose(minSettledBytes, signature, vm.addr(key)));
    }

    function closeCount(uint256 index) external view returns (uint256) {
        return _closes[index].length;
    }

    function signedCloseOf(uint256 index, uint256 which) external view returns (SignedClose memory) {
        return _closes[index][which];
    }

    function succeeded(string calldata action) external {
        ++count[action];
        ++successes;
    }

    function attempted() external {
        ++attempts;
    }

    function noteDonation(uint256 amount) external {
        donated += amount;
    }

    function noteFees(uint256 payeeIndex_, uint256 amount) external {
        collectedFees[payeeIndex_] += amount;
    }

    function noteBatch(uint256 payeeIndex_) external {
        ++batches[payeeIndex_];
    }

    // ------------------------------------------------------------------------------------------------------ signatures

    function signedRow(
        uint256 key,
        IPaymentChannels.Channel memory terms,
        uint64 deliveredBytes,
        bytes32 root
    ) public view returns (IPaymentChannels.SettleRow memory row) {
        return _signedRow(key, terms, deliveredBytes, root);
    }

    function signedFund(
        uint256 key,
        IPaymentChannels.Channel memory terms,
        uint96 total,
        uint40 validUntil
    ) public view returns (IPaymentChannels.Signature memory) {
        return _signedFund(key, terms, total, validUntil);
    }

    function signedSession(uint256 key, address owner) external view returns (IPaymentChannels.Signature memory) {
        return _signedSession(key, owner);
    }

    function signedClose(
        uint256 key,
        bytes32 channelId,
        uint64 minSettledBytes
    ) public view returns (IPaymentChannels.Signature memory) {
        return _signedClose(key, channelId, minSettledBytes);
    }

    // -------------------------------------------------------------------------------------------------------- measures

    function owed(uint256 bytes_, uint256 pricePerGiB) public pure returns (uint256) {
        return _owed(bytes_, pricePerGiB);
    }

    function covered(uint256 deposit, uint256 pricePerGiB) public pure returns (uint256) {
        return _covered(deposit, pricePerGiB);
    }

    /// @dev What settling a receipt over so many bytes must leave as the settled total.
    function settledAfter(uint256 index, uint64 deliveredBytes) external view returns (uint64) {
        Line storage line_ = _lines[index];
        IPaymentChannels.ChannelState memory state = ESCROW.channel(line_.id);
        if (state.closed || state.deposit == 0) return state.settledBytes;
        uint256 most = covered(state.deposit, line_.terms.pricePerGiB);
        uint256 reached = deliveredBytes < most ? deliveredBytes : most;
        return reached > state.settledBytes ? uint64(reached) : state.settledBytes;
    }

    /// @dev Everything a payee's receipts brought so far, fees included, wherever it is now.
    function grossOf(uint256 index) public view returns (uint256 gross) {
        IPaymentChannels.Earnings memory earnings = ESCROW.earningsOf(_payees[index]);
        gross = uint256(earnings.balance) + earnings.fees + collectedFees[index] + TOKEN.balanceOf(_payees[index]);
        for (uint256 i = 0; i < 3; ++i) gross += TOKEN.balanceOf(coldWallet(index, i));
    }

    /**
     * @notice What a party could end up with by itself. For a payer: its wallet, its accounts and the deposits of its open
     * channels, less everything it signed receipts for. For a payee, before fees: what was paid out, what is booked, and what
     * its best receipts would collect on open channels.
     */
    function entitlementOf(uint256 party) external view returns (int256) {
        return _entitlements[party];
    }

    /**
     * @notice Looks at everything after an action: nothing that only grows has shrunk (I2), no closed channel has moved, and
     * nobody is entitled to less than before (I4).
     * @param willing Parties that agreed to lose by the action, one bit each
     */
    function judge(uint256 willing) public {
        int256[PARTIES] memory current;
        for (uint256 i = 0; i < PAYERS; ++i) current[i] = int256(TOKEN.balanceOf(_payers[i]));
        for (uint256 i = 0; i < SIGNERS; ++i) current[i / 2] += int256(uint256(ESCROW.account(_signers[i]).balance));
        for (uint256 i = 0; i < PAYEES; ++i) {
            current[PAYERS + i] = int256(grossOf(i));
            uint64 proven = ESCROW.earningsOf(_payees[i]).provenBytes;
            require(proven >= lastProven[i], "I2: provenBytes fell");
            lastProven[i] = proven;
        }
        for (uint256 i = 0; i < _lines.length; ++i) {
            Line storage line_ = _lines[i];
            IPaymentChannels.ChannelState memory state = _observe(line_);
            if (state.closed) continue;
            (uint256 best, uint256 price) = (line_.best, line_.terms.pricePerGiB);
            uint256 most = covered(state.deposit, price);
            uint256 collectable = owed(best < most ? best : most, price);
            current[_positions[line_.terms.signer] / 2] += int256(uint256(state.deposit)) - int256(owed(best, price));
            current[PAYERS + _positions[line_.terms.payee]] +=
                int256(collectable) - int256(owed(state.settledBytes, price));
        }
        for (uint256 i = 0; i < PARTIES; ++i) {
            require((willing >> i) & 1 == 1 || current[i] >= _entitlements[i], "I4: somebody else lost by it");
            _entitlements[i] = current[i];
        }
    }

    function _verifier() internal view override returns (IPaymentChannels) {
        return ESCROW;
    }

    function _observe(Line storage line_) private returns (IPaymentChannels.ChannelState memory state) {
        state = ESCROW.channel(line_.id);
        require(state.settledBytes >= line_.lastSettled, "I2: settledBytes fell");
        require(state.closed || !line_.wasClosed, "tombstone: a closed channel was opened again");
        require(!line_.wasClosed || state.settledBytes == line_.lastSettled, "tombstone: a closed channel was settled");
        line_.lastSettled = state.settledBytes;
        line_.wasClosed = state.closed;
    }
}
