// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {PaymentChannelsTest} from "./PaymentChannelsTest.sol";

/*
 * views
 * ├── channelId, owed, coveredBytes, authorizationNonce: the definitions
 * ├── domainSeparator: EIP-712 of what EIP-5267 tells, and follows the chain id
 * └── account, channel, earningsOf: zero for what never was
 */
contract ViewsTest is PaymentChannelsTest {
    function testFuzz_channelId_isTheHash(IPaymentChannels.Channel memory terms) public view {
        assertEq(escrow.channelId(terms), keccak256(abi.encode(terms)));
    }

    function testFuzz_owed_isTheDefinition(uint64 bytes_, uint96 price) public view {
        assertEq(escrow.owed(bytes_, price), _owed(bytes_, price));
    }

    function testFuzz_coveredBytes_isTheDefinition(uint96 deposit, uint96 price) public view {
        price = uint96(_bound(price, 1, type(uint96).max));
        assertEq(escrow.coveredBytes(deposit, price), _covered(deposit, price));
    }

    function testFuzz_coveredBytes_whenThePriceIsZero_itPanics(uint96 deposit) public {
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x12));
        escrow.coveredBytes(deposit, 0);
    }

    function testFuzz_authorizationNonce_isTheHash(address signer_, address owner_, bytes32 salt) public view {
        assertEq(
            escrow.authorizationNonce(signer_, owner_, salt),
            keccak256(abi.encode(_separator(), signer_, owner_, salt))
        );
    }

    function testFuzz_domainSeparator_followsTheChainId(uint64 chainId) public {
        vm.assume(chainId != 0);
        bytes32 before = escrow.domainSeparator();
        assertEq(before, _separator());
        uint256 home = block.chainid;
        vm.chainId(chainId);
        assertEq(escrow.domainSeparator(), _separator());
        if (chainId != home) assertNotEq(escrow.domainSeparator(), before);
        vm.chainId(home);
        assertEq(escrow.domainSeparator(), before);
    }

    function test_eip712Domain_tellsAllFields() public view {
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        ) = escrow.eip712Domain();
        assertEq(fields, hex"1f");
        assertEq(name, "Weir");
        assertEq(version, "1");
        assertEq(chainId, block.chainid);
        assertEq(verifyingContract, address(escrow));
        assertNotEq(salt, 0);
        assertEq(extensions.length, 0);
    }

    function testFuzz_views_ofWhatNeverWas_areZero(address who, bytes32 id) public view {
        IPaymentChannels.Account memory account = escrow.account(who);
        assertEq(account.owner, address(0));
        assertEq(account.balance, 0);
        assertEq(abi.encode(escrow.channel(id)), new bytes(128));
        _assertEarnings(who, 0, 0, 0);
    }
}
