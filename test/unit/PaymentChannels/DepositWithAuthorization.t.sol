// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {ContractWallet} from "../../../contracts/mocks/ContractWallet.sol";
import {WeirTestToken} from "../../../contracts/mocks/WeirTestToken.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * depositWithAuthorization
 * ├── when the token's holder authorized exactly this signer, owner, amount and salt: deposits, whoever calls
 * ├── when any of these differs: as the token reverts
 * ├── when it was used before: as the token reverts
 * ├── when the signature is not of 65 bytes: it goes to the token's other variant, for contract wallets
 * └── who owns the account and how much fits: as in deposit
 */
contract DepositWithAuthorizationTest is PaymentChannelsTest {
    function testFuzz_depositWithAuthorization_itDeposits(uint96 amount, bytes32 salt, address caller) public {
        token.mint(owner, amount);
        IPaymentChannels.Authorization memory authorization = _authorize(signer, owner, amount, salt);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.AccountOpened(signer, owner);
        vm.expectEmit(address(escrow));
        emit IPaymentChannels.Deposited(signer, owner, amount);
        vm.expectEmit(address(token));
        emit WeirTestToken.AuthorizationUsed(owner, _nonce(signer, owner, salt));
        vm.prank(caller);
        escrow.depositWithAuthorization(signer, owner, amount, session, authorization);
        assertEq(_balance(), amount);
        assertEq(token.balanceOf(address(escrow)), amount);
        assertEq(token.balanceOf(owner), 0);
    }

    /// A thief cannot lead an authorization that he sees into an account of his own.
    function testFuzz_attack_authorizationForAnotherSigner_itReverts(uint96 amount, bytes32 salt, uint256 seed) public {
        uint256 thiefKey = _boundKey(seed);
        vm.assume(thiefKey != SIGNER_KEY);
        token.mint(owner, amount);
        IPaymentChannels.Authorization memory authorization = _authorize(signer, owner, amount, salt);
        address thief = vm.addr(thiefKey);
        IPaymentChannels.Signature memory session = _signedSession(thiefKey, owner);
        _expectInvalid();
        escrow.depositWithAuthorization(thief, owner, amount, session, authorization);
    }

    function testFuzz_attack_authorizationForAnotherOwner_itReverts(uint96 amount, bytes32 salt, address thief) public {
        vm.assume(thief != owner && thief != address(0));
        token.mint(owner, amount);
        IPaymentChannels.Authorization memory authorization = _authorize(signer, owner, amount, salt);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, thief);
        _expectInvalid();
        vm.prank(thief);
        escrow.depositWithAuthorization(signer, thief, amount, session, authorization);
    }

    function testFuzz_attack_alteredAuthorization_itReverts(uint8 which, uint96 amount) public {
        amount = uint96(_bound(amount, 1, MAX_AMOUNT - 1));
        token.mint(owner, MAX_AMOUNT);
        IPaymentChannels.Authorization memory authorization = _authorize(signer, owner, amount, "salt");
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        if (which % 6 == 0) amount += 1;
        if (which % 6 == 1) authorization.salt = "other salt";
        if (which % 6 == 2) authorization.validAfter += 1;
        if (which % 6 == 3) authorization.validBefore -= 1;
        if (which % 6 == 4) authorization.signature[0] ^= 0x01;
        if (which % 6 == 5) authorization.signature[64] ^= 0x07;
        _expectInvalid();
        escrow.depositWithAuthorization(signer, owner, amount, session, authorization);
    }

    function testFuzz_attack_authorizationOfAnother_itReverts(uint96 amount, address victim) public {
        vm.assume(victim != owner && victim != address(0) && victim.code.length == 0);
        token.mint(victim, amount);
        IPaymentChannels.Authorization memory authorization = _authorize(signer, owner, amount, "salt");
        authorization.from = victim;
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        vm.expectRevert(abi.encodeWithSelector(WeirTestToken.InvalidAuthorization.selector, victim));
        escrow.depositWithAuthorization(signer, owner, amount, session, authorization);
    }

    /// Sent twice it deposits once: whoever is ahead does what the later call wanted.
    function testFuzz_attack_replayedAuthorization_itReverts(uint96 amount, bytes32 salt) public {
        amount = uint96(_bound(amount, 0, MAX_AMOUNT / 2));
        token.mint(owner, uint256(amount) * 2);
        IPaymentChannels.Authorization memory authorization = _authorize(signer, owner, amount, salt);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        vm.prank(stranger);
        escrow.depositWithAuthorization(signer, owner, amount, session, authorization);
        vm.expectRevert(
            abi.encodeWithSelector(WeirTestToken.AuthorizationAlreadyUsed.selector, owner, _nonce(signer, owner, salt))
        );
        escrow.depositWithAuthorization(signer, owner, amount, session, authorization);
        assertEq(_balance(), amount);
    }

    /// Only the escrow may use it: an authorization to receive cannot be spent around the escrow.
    function testFuzz_attack_useItAtTheToken_itReverts(uint96 amount) public {
        token.mint(owner, amount);
        IPaymentChannels.Authorization memory authorization = _authorize(signer, owner, amount, "salt");
        bytes32 nonce = _nonce(signer, owner, "salt");
        vm.expectRevert(abi.encodeWithSelector(WeirTestToken.CallerIsNotRecipient.selector, address(escrow), stranger));
        vm.prank(stranger);
        token.receiveWithAuthorization(
            owner,
            address(escrow),
            amount,
            authorization.validAfter,
            authorization.validBefore,
            nonce,
            authorization.signature
        );
    }

    function testFuzz_depositWithAuthorization_outsideItsTime_itReverts(uint32 off, bool late) public {
        token.mint(owner, 1);
        IPaymentChannels.Authorization memory authorization = _authorize(signer, owner, 1, "salt");
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        vm.warp(late ? authorization.validBefore + off : authorization.validAfter - (off % 1 days));
        vm.expectRevert(
            late
                ? abi.encodeWithSelector(
                    WeirTestToken.AuthorizationExpired.selector,
                    authorization.validBefore,
                    block.timestamp
                )
                : abi.encodeWithSelector(
                    WeirTestToken.AuthorizationNotYetValid.selector,
                    authorization.validAfter,
                    block.timestamp
                )
        );
        escrow.depositWithAuthorization(signer, owner, 1, session, authorization);
    }

    /// The token asks the wallet about its signature, whichever of the token's variants carries it.
    function testFuzz_depositWithAuthorization_ofAContractWallet(uint96 amount, bytes32 salt) public {
        ContractWallet wallet = new ContractWallet(vm.addr(OWNER_KEY));
        token.mint(address(wallet), amount);
        IPaymentChannels.Authorization memory authorization = _authorizeFrom(
            address(wallet),
            signer,
            address(wallet),
            amount,
            salt
        );
        // The wallet judges what it is given: a signature that it does not know is refused, its own is taken.
        bytes memory short = new bytes(64);
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, address(wallet));
        bytes memory good = authorization.signature;
        authorization.signature = short;
        vm.expectRevert(abi.encodeWithSelector(WeirTestToken.InvalidAuthorization.selector, address(wallet)));
        escrow.depositWithAuthorization(signer, address(wallet), amount, session, authorization);
        authorization.signature = good;
        escrow.depositWithAuthorization(signer, address(wallet), amount, session, authorization);
        assertEq(escrow.account(signer).owner, address(wallet));
        assertEq(_balance(), amount);
    }

    /// Any other length reaches the token's variant with bytes, unchanged.
    function testFuzz_depositWithAuthorization_otherLengthsReachTheToken(bytes memory signature) public {
        vm.assume(signature.length != 65);
        IPaymentChannels.Authorization memory authorization = _authorize(signer, owner, 1, "salt");
        authorization.signature = signature;
        IPaymentChannels.Signature memory session = _signedSession(SIGNER_KEY, owner);
        vm.expectCall(
            address(token),
            abi.encodeWithSignature(
                "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
                owner,
                address(escrow),
                1,
                authorization.validAfter,
                authorization.validBefore,
                _nonce(signer, owner, "salt"),
                signature
            )
        );
        _expectInvalid();
        escrow.depositWithAuthorization(signer, owner, 1, session, authorization);
    }

    function testFuzz_depositWithAuthorization_whenTheSessionIsBad_itReverts(uint256 seed) public {
        uint256 key = _boundKey(seed);
        vm.assume(key != SIGNER_KEY);
        IPaymentChannels.Authorization memory authorization = _authorize(signer, owner, 1, "salt");
        IPaymentChannels.Signature memory session = _signedSession(key, owner);
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.BadSignature.selector, signer, vm.addr(key)));
        escrow.depositWithAuthorization(signer, owner, 1, session, authorization);
    }

    /// The holder authorized a deposit for an owner who is not the account's: nothing is taken.
    function testFuzz_depositWithAuthorization_givenAnotherOwner_itReverts(address named) public {
        vm.assume(named != owner);
        _deposit(0);
        IPaymentChannels.Authorization memory authorization = _authorize(signer, named, 1, "salt");
        vm.expectRevert(abi.encodeWithSelector(IPaymentChannels.AccountOwnerMismatch.selector, named, owner));
        escrow.depositWithAuthorization(signer, named, 1, IPaymentChannels.Signature(0, 0), authorization);
    }

    function testFuzz_attack_overflowTheEscrow_itReverts(uint96 first, uint96 second) public {
        first = uint96(_bound(first, 1, MAX_AMOUNT));
        second = uint96(_bound(second, uint256(MAX_AMOUNT) - first + 1, MAX_AMOUNT));
        _deposit(first);
        token.mint(owner, second);
        IPaymentChannels.Authorization memory authorization = _authorize(vm.addr(99), owner, second, "salt");
        IPaymentChannels.Signature memory session = _signedSession(99, owner);
        vm.expectRevert(
            abi.encodeWithSelector(IPaymentChannels.EscrowFull.selector, MAX_AMOUNT, uint256(first) + second)
        );
        escrow.depositWithAuthorization(vm.addr(99), owner, second, session, authorization);
    }

    function _expectInvalid() private {
        vm.expectRevert(abi.encodeWithSelector(WeirTestToken.InvalidAuthorization.selector, owner));
    }

    function _nonce(address signer_, address owner_, bytes32 salt) private view returns (bytes32) {
        return keccak256(abi.encode(_separator(), signer_, owner_, salt));
    }

    function _authorize(
        address signer_,
        address owner_,
        uint96 amount,
        bytes32 salt
    ) private view returns (IPaymentChannels.Authorization memory) {
        return _authorizeFrom(owner, signer_, owner_, amount, salt);
    }

    /// @dev Signed by the owner's key.
    function _authorizeFrom(
        address from,
        address signer_,
        address owner_,
        uint96 amount,
        bytes32 salt
    ) private view returns (IPaymentChannels.Authorization memory authorization) {
        authorization = IPaymentChannels.Authorization(
            from,
            block.timestamp - 1 days,
            block.timestamp + 1 days,
            salt,
            ""
        );
        bytes32 structHash = keccak256(
            abi.encode(
                token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                from,
                address(escrow),
                amount,
                authorization.validAfter,
                authorization.validBefore,
                _nonce(signer_, owner_, salt)
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digest);
        authorization.signature = abi.encodePacked(r, s, v);
    }
}
