// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {ContractWallet} from "../../../contracts/mocks/ContractWallet.sol";
import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {PaymentChannels} from "../../../contracts/PaymentChannels.sol";
import {SigningTest} from "../../helpers/SigningTest.sol";

/**
 * @notice One escrow, everybody who uses it, and a book of everything that was ever signed. The handlers act; the book is what
 * the invariants compare the contract's state with. It never reads a formula from the contract under test.
 *
 * Parties 0..2 are payers with two session keys each (the last payer is a contract wallet); parties 3..5 are payees: one with an agent and a cold
 * beneficiary, one with an agent alone, one that never registered.
 */
contract World is SigningTest {
    uint256 public constant PAYERS = 3;
    uint256 public constant SIGNERS = 6;
    uint256 public constant PAYEES = 3;
    uint256 public constant PARTIES = PAYERS + PAYEES;
    uint256 public constant WALLET_PAYER = 2;
    uint256 public constant NOBODY = type(uint256).max;
    uint256 public constant FEE_BPS = 250;
    uint256 public constant STARTING_TOKENS = 1e24;

    bytes32 private constant RECEIPT_TYPE = keccak256(
        "SegmentReceipt(address payee,uint96 pricePerGiB,uint32 gracePeriod,uint64 nonce,uint64 deliveredBytes,bytes32 segmentsRoot)"
    );
    bytes32 private constant FUND_TYPE = keccak256(
        "Fund(address payee,uint96 pricePerGiB,uint32 gracePeriod,uint64 nonce,uint96 total,uint40 validUntil)"
    );

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
    PaymentChannels public immutable ESCROW;
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

    Line[] private _lines;
    mapping(uint256 line => SignedReceipt[]) private _receipts;
    mapping(uint256 line => SignedFund[]) private _funds;
    mapping(uint256 line => SignedClose[]) private _closes;
    uint256 private _nextAgentKey = 0xa6e270000;

    constructor() {
        TOKEN = new WeirTestToken("Weir Test", "WTT", 18);
        REGISTRY = new OperatorRegistry(7 days);
        ESCROW = new PaymentChannels(TOKEN, REGISTRY, FEE_BPS, COLLECTOR);
        WALLET = new ContractWallet(vm.addr(walletKey));
        for (uint256 i = 0; i < PAYERS; ++i) {
            TOKEN.mint(payer(i), STARTING_TOKENS);
            // A standing allowance is bait: nobody but the payer may ever make use of it.
            vm.prank(payer(i));
            TOKEN.approve(address(ESCROW), type(uint256).max);
        }
        vm.prank(payee(0));
        REGISTRY.setBeneficiary(payee(0), coldWallet(0, 0));
        for (uint256 i = 0; i < PAYEES - 1; ++i) newAgent(i);
    }

    // ---------------------------------------------------------------------------------------------------- who is who

    function payerKey(uint256 index) public pure returns (uint256) {
        return 0xba5e0000 + index;
    }

    function payer(uint256 index) public view returns (address) {
        return index == WALLET_PAYER ? address(WALLET) : vm.addr(payerKey(index));
    }

    function signerKey(uint256 index) public pure returns (uint256) {
        return 0x5e550000 + index;
    }

    function signer(uint256 index) public pure returns (address) {
        return vm.addr(signerKey(index));
    }

    function payerOfSigner(address who) public pure returns (uint256) {
        for (uint256 i = 0; i < SIGNERS; ++i) if (signer(i) == who) return i / 2;
        revert("not a signer");
    }

    function payeeKey(uint256 index) public pure returns (uint256) {
        return 0xfee0000 + index;
    }

    function payee(uint256 index) public pure returns (address) {
        return vm.addr(payeeKey(index));
    }

    function payeeIndex(address who) public pure returns (uint256) {
        for (uint256 i = 0; i < PAYEES; ++i) if (payee(i) == who) return i;
        revert("not a payee");
    }

    /// @dev Where a payee's earnings may go, besides the payee itself. Nobody spends from any of these.
    function coldWallet(uint256 payeeIndex_, uint256 which) public pure returns (address) {
        return address(uint160(0xc01d0000 + payeeIndex_ * 16 + which));
    }

    /// @dev Gives the payee a new agent, registering it first if need be.
    function newAgent(uint256 index) public {
        uint256 key = _nextAgentKey++;
        (bytes32 r, bytes32 vs) = _signCompact(key, REGISTRY.agentDigest(payee(index)));
        vm.startPrank(payee(index));
        if (REGISTRY.isRegistered(payee(index))) {
            REGISTRY.setAgent(vm.addr(key), r, vs);
        } else {
            IOperatorRegistry.Listing memory listing = IOperatorRegistry.Listing(1, "https://relay.example", "", "");
            REGISTRY.register(listing, REGISTRY.beneficiaryOf(payee(index)), vm.addr(key), r, vs);
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
                signedRow(signerKey(_signerIndex(line_.terms.signer)), line_.terms, deliveredBytes, root)
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
        uint256 key = signerKey(_signerIndex(terms.signer));
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
        (bytes32 r, bytes32 vs) = _signCompact(
            key,
            digest(
                keccak256(
                    abi.encode(
                        RECEIPT_TYPE,
                        terms.payee,
                        terms.pricePerGiB,
                        terms.gracePeriod,
                        terms.nonce,
                        deliveredBytes,
                        root
                    )
                )
            )
        );
        uint256 packed =
            (uint256(terms.pricePerGiB) << 160) |
                (uint256(terms.gracePeriod) << 128) |
                (uint256(terms.nonce) << 64) |
                deliveredBytes;
        return IPaymentChannels.SettleRow(bytes32(packed), root, r, vs);
    }

    function signedFund(
        uint256 key,
        IPaymentChannels.Channel memory terms,
        uint96 total,
        uint40 validUntil
    ) public view returns (IPaymentChannels.Signature memory) {
        return
            sign(
                key,
                keccak256(
                    abi.encode(
                        FUND_TYPE,
                        terms.payee,
                        terms.pricePerGiB,
                        terms.gracePeriod,
                        terms.nonce,
                        total,
                        validUntil
                    )
                )
            );
    }

    function signedSession(uint256 key, address owner) external view returns (IPaymentChannels.Signature memory) {
        return sign(key, keccak256(abi.encode(keccak256("Session(address owner)"), owner)));
    }

    function signedClose(
        uint256 key,
        bytes32 channelId,
        uint64 minSettledBytes
    ) public view returns (IPaymentChannels.Signature memory) {
        bytes32 typeHash = keccak256("Close(bytes32 channelId,uint64 minSettledBytes)");
        return sign(key, keccak256(abi.encode(typeHash, channelId, minSettledBytes)));
    }

    function sign(uint256 key, bytes32 structHash) public view returns (IPaymentChannels.Signature memory) {
        (bytes32 r, bytes32 vs) = _signCompact(key, digest(structHash));
        return IPaymentChannels.Signature(r, vs);
    }

    function digest(bytes32 structHash) public view returns (bytes32) {
        (, , , uint256 chainId, address verifyingContract, bytes32 salt, ) = ESCROW.eip712Domain();
        bytes32 domainType = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
        );
        bytes32 separator = keccak256(
            abi.encode(domainType, keccak256("Weir"), keccak256("1"), chainId, verifyingContract, salt)
        );
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    // -------------------------------------------------------------------------------------------------------- measures

    /// @dev What the bytes cost, from the definition.
    function owed(uint256 bytes_, uint256 pricePerGiB) public pure returns (uint256) {
        return (bytes_ * pricePerGiB) / 2 ** 30;
    }

    /// @dev The most bytes that cost no more than the deposit: bytes * price < (deposit + 1) * 2^30.
    function covered(uint256 deposit, uint256 pricePerGiB) public pure returns (uint256) {
        uint256 bound_ = (deposit + 1) * 2 ** 30;
        return (bound_ + pricePerGiB - 1) / pricePerGiB - 1;
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

    /**
     * @notice What each party could end up with by itself. For a payer: its wallet, its accounts and the deposits of its open channels, less
     * everything it signed receipts for. For a payee, before fees: what was paid out, what is booked, and what its best
     * receipts would collect on open channels.
     */
    function entitlements() external view returns (int256[] memory result) {
        result = new int256[](PARTIES);
        for (uint256 i = 0; i < PAYERS; ++i) result[i] = int256(TOKEN.balanceOf(payer(i)));
        for (uint256 i = 0; i < SIGNERS; ++i) result[i / 2] += int256(uint256(ESCROW.account(signer(i)).balance));
        for (uint256 i = 0; i < PAYEES; ++i) result[PAYERS + i] = int256(grossOf(i));
        for (uint256 i = 0; i < _lines.length; ++i) {
            Line storage line_ = _lines[i];
            IPaymentChannels.ChannelState memory state = ESCROW.channel(line_.id);
            if (state.closed) continue;
            uint256 price = line_.terms.pricePerGiB;
            uint256 most = covered(state.deposit, price);
            uint256 collectable = owed(line_.best < most ? line_.best : most, price);
            result[payerOfSigner(line_.terms.signer)] +=
                int256(uint256(state.deposit)) - int256(owed(line_.best, price));
            result[PAYERS + payeeIndex(line_.terms.payee)] +=
                int256(collectable) - int256(owed(state.settledBytes, price));
        }
    }

    /// @dev Everything a payee's receipts brought so far, fees included, wherever it is now.
    function grossOf(uint256 index) public view returns (uint256 gross) {
        IPaymentChannels.Earnings memory earnings = ESCROW.earningsOf(payee(index));
        gross = uint256(earnings.balance) + earnings.fees + collectedFees[index] + TOKEN.balanceOf(payee(index));
        for (uint256 i = 0; i < 3; ++i) gross += TOKEN.balanceOf(coldWallet(index, i));
    }

    /// @notice I2, and that a tombstone stays. Compares with the last look and remembers this one.
    function observe() external {
        for (uint256 i = 0; i < _lines.length; ++i) {
            Line storage line_ = _lines[i];
            IPaymentChannels.ChannelState memory state = ESCROW.channel(line_.id);
            assertGe(state.settledBytes, line_.lastSettled, "I2: settledBytes fell");
            if (line_.wasClosed) {
                assertTrue(state.closed, "tombstone: a closed channel was opened again");
                assertEq(state.settledBytes, line_.lastSettled, "tombstone: a closed channel was settled");
            }
            line_.lastSettled = state.settledBytes;
            line_.wasClosed = state.closed;
        }
        for (uint256 i = 0; i < PAYEES; ++i) {
            uint64 proven = ESCROW.earningsOf(payee(i)).provenBytes;
            assertGe(proven, lastProven[i], "I2: provenBytes fell");
            lastProven[i] = proven;
        }
    }

    function _signerIndex(address who) private pure returns (uint256) {
        for (uint256 i = 0; i < SIGNERS; ++i) if (signer(i) == who) return i;
        revert("not a signer");
    }
}
