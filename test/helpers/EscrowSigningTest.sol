// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../contracts/interfaces/IPaymentChannels.sol";
import {SigningTest} from "./SigningTest.sol";

/// @notice The messages that the escrow reads, signed as wallets sign them, and its two formulas. Everything is written from
/// the definitions: nothing is asked of the contract under test but its domain.
abstract contract EscrowSigningTest is SigningTest {
    bytes32 internal constant RECEIPT_TYPE = keccak256(
        "SegmentReceipt(address payee,uint96 pricePerGiB,uint32 gracePeriod,uint64 nonce,uint64 deliveredBytes,bytes32 segmentsRoot)"
    );
    bytes32 internal constant FUND_TYPE = keccak256(
        "Fund(address payee,uint96 pricePerGiB,uint32 gracePeriod,uint64 nonce,uint96 total,uint40 validUntil)"
    );
    bytes32 private constant DOMAIN_TYPE = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    );
    bytes32 private constant SESSION_TYPE = keccak256("Session(address owner)");
    bytes32 private constant CLOSE_TYPE = keccak256("Close(bytes32 channelId,uint64 minSettledBytes)");

    /// @dev Whose domain the signatures are for.
    function _verifier() internal view virtual returns (IPaymentChannels);

    function _signedRow(
        uint256 key,
        IPaymentChannels.Channel memory terms,
        uint64 deliveredBytes,
        bytes32 root
    ) internal view returns (IPaymentChannels.SettleRow memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                RECEIPT_TYPE,
                terms.payee,
                terms.pricePerGiB,
                terms.gracePeriod,
                terms.nonce,
                deliveredBytes,
                root
            )
        );
        IPaymentChannels.Signature memory signature = _sign(key, structHash);
        return IPaymentChannels.SettleRow(_packed(terms, deliveredBytes), root, signature.r, signature.vs);
    }

    function _signedFund(
        uint256 key,
        IPaymentChannels.Channel memory terms,
        uint96 total,
        uint40 validUntil
    ) internal view returns (IPaymentChannels.Signature memory) {
        return
            _sign(
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

    function _signedSession(uint256 key, address owner) internal view returns (IPaymentChannels.Signature memory) {
        return _sign(key, keccak256(abi.encode(SESSION_TYPE, owner)));
    }

    function _signedClose(
        uint256 key,
        bytes32 channelId,
        uint64 minSettledBytes
    ) internal view returns (IPaymentChannels.Signature memory) {
        return _sign(key, keccak256(abi.encode(CLOSE_TYPE, channelId, minSettledBytes)));
    }

    function _sign(uint256 key, bytes32 structHash) internal view returns (IPaymentChannels.Signature memory) {
        (bytes32 r, bytes32 vs) = _signCompact(key, _digestOf(structHash));
        return IPaymentChannels.Signature(r, vs);
    }

    function _digestOf(bytes32 structHash) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", _separator(), structHash));
    }

    function _separator() internal view returns (bytes32) {
        (, , , uint256 chainId, address verifyingContract, bytes32 salt, ) = _verifier().eip712Domain();
        return keccak256(abi.encode(DOMAIN_TYPE, keccak256("Weir"), keccak256("1"), chainId, verifyingContract, salt));
    }

    function _packed(IPaymentChannels.Channel memory terms, uint64 deliveredBytes) internal pure returns (bytes32) {
        uint256 left = (uint256(terms.pricePerGiB) << 160) | (uint256(terms.gracePeriod) << 128);
        return bytes32(left | (uint256(terms.nonce) << 64) | deliveredBytes);
    }

    /// @dev What the bytes cost, from the definition.
    function _owed(uint256 bytes_, uint256 pricePerGiB) internal pure returns (uint256) {
        return (bytes_ * pricePerGiB) / 2 ** 30;
    }

    /// @dev The most bytes that cost no more than the deposit: bytes * price < (deposit + 1) * 2^30.
    function _covered(uint256 deposit, uint256 pricePerGiB) internal pure returns (uint256) {
        uint256 end = (deposit + 1) * 2 ** 30;
        return (end + pricePerGiB - 1) / pricePerGiB - 1;
    }
}
