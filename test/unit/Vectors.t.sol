// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Test} from "forge-std/Test.sol";

import {IPaymentChannels} from "../../contracts/interfaces/IPaymentChannels.sol";
import {Messages} from "../../contracts/libraries/Messages.sol";
import {WeirTestToken} from "../../contracts/mocks/WeirTestToken.sol";
import {OperatorRegistry} from "../../contracts/OperatorRegistry.sol";
import {ContractDeployer} from "../helpers/ContractDeployer.sol";

/// @notice Reads `test/vectors/*.json`, which the TypeScript tests read as well.
abstract contract VectorsTest is Test {
    function _read(string memory name) internal view returns (string memory json) {
        return vm.readFile(string.concat(vm.projectRoot(), "/test/vectors/", name, ".json"));
    }

    function _item(string memory list, uint256 index) internal pure returns (string memory key) {
        return string.concat(list, "[", vm.toString(index), "]");
    }

    function _uint(string memory json, string memory object, string memory key) internal pure returns (uint256) {
        return vm.parseJsonUint(json, string.concat(object, key));
    }

    function _bytes32(string memory json, string memory object, string memory key) internal pure returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(object, key));
    }

    function _address(string memory json, string memory object, string memory key) internal pure returns (address) {
        return vm.parseJsonAddress(json, string.concat(object, key));
    }

    /// @dev Two words out of a 64-byte signature.
    function _signature(
        string memory json,
        string memory object,
        string memory key
    ) internal pure returns (IPaymentChannels.Signature memory) {
        bytes memory signature = vm.parseJsonBytes(json, string.concat(object, key));
        require(signature.length == 64, "not 64 bytes");
        (bytes32 r, bytes32 vs) = abi.decode(signature, (bytes32, bytes32));
        return IPaymentChannels.Signature(r, vs);
    }

    /// @dev Makes the next contract that `deployer` creates come out in the domain of the vectors: same chain id, same
    /// parent block, same address.
    function _enterDomain(string memory json, string memory domain) internal {
        vm.chainId(_uint(json, domain, ".chainId"));
        vm.roll(1_000);
        vm.setBlockhash(999, _bytes32(json, domain, ".parentHash"));
        address deployer = _address(json, domain, ".deployer");
        vm.setNonce(deployer, 0);
        vm.startPrank(deployer);
    }
}

/// @notice The escrow itself, deployed into the vectors' domain, takes every signature that TypeScript made for it.
contract PaymentChannelsVectorsTest is ContractDeployer, VectorsTest {
    IPaymentChannels private channels;
    WeirTestToken private token;

    function setUp() public {
        token = new WeirTestToken("Test", "TEST", 18);
        OperatorRegistry registry = _deployRegistry(7 days);
        _enterDomain(_read("domains"), ".paymentChannels");
        channels = _deployEscrow(token, registry, 0, address(0));
        vm.stopPrank();
        vm.warp(1_800_000_000);
    }

    function test_domain() public view {
        string memory json = _read("domains");
        (
            ,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,

        ) = channels.eip712Domain();
        assertEq(name, vm.parseJsonString(json, ".paymentChannels.name"));
        assertEq(version, vm.parseJsonString(json, ".paymentChannels.version"));
        assertEq(chainId, _uint(json, ".paymentChannels", ".chainId"));
        assertEq(verifyingContract, _address(json, ".paymentChannels", ".verifyingContract"));
        assertEq(salt, _bytes32(json, ".paymentChannels", ".salt"));
        assertEq(channels.domainSeparator(), _bytes32(json, ".paymentChannels", ".separator"));
    }

    function test_channelIds() public view {
        string memory json = _read("channels");
        uint256 i;
        for (; vm.keyExistsJson(json, _item(".cases", i)); ++i) {
            string memory item = _item(".cases", i);
            assertEq(
                channels.channelId(_channel(json, string.concat(item, ".channel"))),
                _bytes32(json, item, ".channelId")
            );
        }
        assertGt(i, 3);
    }

    function test_owed() public view {
        string memory json = _read("amounts");
        uint256 i;
        for (; vm.keyExistsJson(json, _item(".owed", i)); ++i) {
            string memory item = _item(".owed", i);
            uint256 amount = channels.owed(
                uint64(_uint(json, item, ".bytes")),
                uint96(_uint(json, item, ".pricePerGiB"))
            );
            assertEq(amount, _uint(json, item, ".amount"));
        }
        assertGt(i, 50);
    }

    function test_coveredBytes() public view {
        string memory json = _read("amounts");
        uint256 i;
        for (; vm.keyExistsJson(json, _item(".covered", i)); ++i) {
            string memory item = _item(".covered", i);
            uint256 total = channels.coveredBytes(
                uint96(_uint(json, item, ".deposit")),
                uint96(_uint(json, item, ".pricePerGiB"))
            );
            assertEq(total, _uint(json, item, ".bytes"));
        }
        assertGt(i, 40);
    }

    function test_authorizationNonces() public view {
        string memory json = _read("authorizations");
        assertEq(channels.domainSeparator(), _bytes32(json, "", ".domainSeparator"));
        uint256 i;
        for (; vm.keyExistsJson(json, _item(".cases", i)); ++i) {
            string memory item = _item(".cases", i);
            bytes32 nonce = channels.authorizationNonce(
                _address(json, item, ".signer"),
                _address(json, item, ".owner"),
                _bytes32(json, item, ".salt")
            );
            assertEq(nonce, _bytes32(json, item, ".nonce"));
        }
        assertGt(i, 1);
    }

    /// @dev One channel from its account to its close, with nothing but the signatures of the vectors.
    function test_lifeOfAChannel() public {
        string memory json = _read("receipts");
        IPaymentChannels.Channel memory channel = _channel(json, ".channel");
        bytes32 id = channels.channelId(channel);
        assertEq(id, _bytes32(json, "", ".channelId"));

        uint96 total = uint96(_uint(json, ".fund", ".total"));
        token.mint(address(this), total);
        token.approve(address(channels), total);
        address owner = _address(json, ".session", ".owner");
        channels.deposit(channel.signer, owner, total, _signature(json, ".session", ".signature"));
        assertEq(channels.account(channel.signer).owner, owner);

        uint40 validUntil = uint40(_uint(json, ".fund", ".validUntil"));
        channels.fundWithSignature(channel, total, validUntil, _signature(json, ".fund", ".signature"));
        assertEq(channels.channel(id).deposit, total);

        _settleEveryStep(json, channel, id);

        uint64 minSettledBytes = uint64(_uint(json, ".close", ".minSettledBytes"));
        channels.closeWithSignature(channel, minSettledBytes, _signature(json, ".close", ".signature"));
        assertTrue(channels.channel(id).closed);
        assertEq(channels.account(channel.signer).balance, total - channels.earningsOf(channel.payee).balance);
    }

    /// @dev A vector that the SDK refuses is one that the escrow skips.
    function test_badSignaturesSettleNothing() public {
        string memory json = _read("signatures");
        uint256 i;
        uint256 settled;
        for (; vm.keyExistsJson(json, _item(".bad", i)); ++i) {
            bytes memory signature = vm.parseJsonBytes(json, string.concat(_item(".bad", i), ".signature"));
            if (signature.length != 64) continue;
            (bytes32 r, bytes32 vs) = abi.decode(signature, (bytes32, bytes32));
            IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](1);
            rows[0] = IPaymentChannels.SettleRow(bytes32(uint256(1)), bytes32(0), r, vs);
            vm.expectEmit(address(channels));
            emit IPaymentChannels.SettleSkipped(address(this), bytes32(0), 0, IPaymentChannels.SkipReason.BadSignature);
            channels.settle(address(this), rows);
            ++settled;
        }
        assertGt(settled, 5);
    }

    function _settleEveryStep(string memory json, IPaymentChannels.Channel memory channel, bytes32 id) private {
        bytes32 root = _bytes32(json, "", ".seed");
        uint256 i;
        for (; vm.keyExistsJson(json, _item(".steps", i)); ++i) {
            string memory step = _item(".steps", i);
            root = keccak256(
                abi.encode(
                    root,
                    _bytes32(json, step, ".entry.resource"),
                    _bytes32(json, step, ".entry.contentHash"),
                    uint64(_uint(json, step, ".entry.size"))
                )
            );
            assertEq(root, _bytes32(json, step, ".segmentsRoot"));
            string memory name = vm.parseJsonString(json, string.concat(step, ".name"));
            assertEq(keccak256(bytes(name)), _bytes32(json, step, ".entry.resource"));

            IPaymentChannels.SettleRow[] memory rows = new IPaymentChannels.SettleRow[](1);
            rows[0] = IPaymentChannels.SettleRow(
                _bytes32(json, step, ".row.terms"),
                _bytes32(json, step, ".row.segmentsRoot"),
                _bytes32(json, step, ".row.r"),
                _bytes32(json, step, ".row.vs")
            );
            channels.settle(channel.payee, rows);
            assertEq(channels.channel(id).settledBytes, _uint(json, step, ".deliveredBytes"));
            assertEq(channels.earningsOf(channel.payee).balance, _uint(json, step, ".owed"));
        }
        assertEq(i, 3);
    }

    function _channel(
        string memory json,
        string memory object
    ) private pure returns (IPaymentChannels.Channel memory channel) {
        channel.signer = _address(json, object, ".signer");
        channel.payee = _address(json, object, ".payee");
        channel.pricePerGiB = uint96(_uint(json, object, ".pricePerGiB"));
        channel.gracePeriod = uint32(_uint(json, object, ".gracePeriod"));
        channel.nonce = uint64(_uint(json, object, ".nonce"));
    }
}

/// @notice Every message, hashed by plain Solidity.
contract MessageVectorsTest is VectorsTest {
    string private domains;
    string private messages;

    function setUp() public {
        domains = _read("domains");
        messages = _read("messages");
    }

    function test_contractDomains() public view {
        string[2] memory names = [".paymentChannels", ".operatorRegistry"];
        for (uint256 i; i < names.length; ++i) {
            bytes32 separator = keccak256(
                abi.encode(
                    keccak256(
                        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
                    ),
                    keccak256(bytes(vm.parseJsonString(domains, string.concat(names[i], ".name")))),
                    keccak256(bytes(vm.parseJsonString(domains, string.concat(names[i], ".version")))),
                    _uint(domains, names[i], ".chainId"),
                    _address(domains, names[i], ".verifyingContract"),
                    _bytes32(domains, names[i], ".salt")
                )
            );
            assertEq(separator, _bytes32(domains, names[i], ".separator"));
        }
    }

    function test_manifestDomain() public view {
        bytes32 typeHash = keccak256("EIP712Domain(string name,string version)");
        bytes32 separator = keccak256(abi.encode(typeHash, keccak256("Weir"), keccak256("1")));
        assertEq(separator, _bytes32(domains, ".manifest", ".separator"));
    }

    function test_operatorRegistry() public {
        _enterDomain(domains, ".operatorRegistry");
        OperatorRegistry registry = new OperatorRegistry(7 days);
        vm.stopPrank();
        assertEq(address(registry), _address(domains, ".operatorRegistry", ".verifyingContract"));
        for (uint256 i; i < 3; ++i) {
            string memory item = _item(".Agent.cases", i);
            assertEq(
                registry.agentDigest(_address(messages, item, ".message.operator")),
                _bytes32(messages, item, ".digest")
            );
        }
    }

    function test_SegmentReceipt() public view {
        _check(".SegmentReceipt", Messages.SEGMENT_RECEIPT_TYPEHASH, _encodeSegmentReceipt);
    }

    function test_Fund() public view {
        _check(".Fund", Messages.FUND_TYPEHASH, _encodeFund);
    }

    function test_Session() public view {
        _check(".Session", Messages.SESSION_TYPEHASH, _encodeSession);
    }

    function test_Close() public view {
        _check(".Close", Messages.CLOSE_TYPEHASH, _encodeClose);
    }

    function test_Open() public view {
        _check(".Open", keccak256("Open(bytes32 channelId,bytes32 challenge,bytes32 realmHash)"), _encodeOpen);
    }

    function test_Delivery() public view {
        _check(
            ".Delivery",
            keccak256(
                "Delivery(bytes32 channelId,bytes32 manifestRoot,bytes32 resource,bytes32 contentHash,uint64 size)"
            ),
            _encodeDelivery
        );
    }

    function test_Agent() public view {
        _check(".Agent", keccak256("Agent(address operator)"), _encodeAgent);
    }

    function test_Manifest() public view {
        _check(
            ".Manifest",
            keccak256("Manifest(bytes32 streamId,uint64 sequence,uint64 notAfter,bytes32 root)"),
            _encodeManifest
        );
    }

    /// @param encode `abi.encode` of the message's fields at a path of the JSON
    function _check(
        string memory name,
        bytes32 typeHash,
        function(string memory) view returns (bytes memory) encode
    ) private view {
        string memory typeString = vm.parseJsonString(messages, string.concat(name, ".typeString"));
        assertEq(keccak256(bytes(typeString)), typeHash);
        assertEq(_bytes32(messages, name, ".typeHash"), typeHash);
        string memory domain = string.concat(".", vm.parseJsonString(messages, string.concat(name, ".domain")));
        bytes32 separator = _bytes32(domains, domain, ".separator");
        for (uint256 i; i < 3; ++i) {
            string memory item = _item(string.concat(name, ".cases"), i);
            bytes32 structHash = keccak256(bytes.concat(typeHash, encode(string.concat(item, ".message"))));
            assertEq(structHash, _bytes32(messages, item, ".structHash"));
            bytes32 digest = keccak256(abi.encodePacked(hex"1901", separator, structHash));
            assertEq(digest, _bytes32(messages, item, ".digest"));
            IPaymentChannels.Signature memory signature = _signature(messages, item, ".signature");
            assertEq(ECDSA.recover(digest, signature.r, signature.vs), _address(messages, item, ".signer"));
            assertEq(vm.addr(_uint(messages, item, ".privateKey")), _address(messages, item, ".signer"));
        }
    }

    function _encodeTerms(string memory m) private view returns (bytes memory) {
        return
            abi.encode(
                _address(messages, m, ".payee"),
                uint96(_uint(messages, m, ".pricePerGiB")),
                uint32(_uint(messages, m, ".gracePeriod")),
                uint64(_uint(messages, m, ".nonce"))
            );
    }

    function _encodeSegmentReceipt(string memory m) private view returns (bytes memory) {
        uint64 deliveredBytes = uint64(_uint(messages, m, ".deliveredBytes"));
        return bytes.concat(_encodeTerms(m), abi.encode(deliveredBytes, _bytes32(messages, m, ".segmentsRoot")));
    }

    function _encodeFund(string memory m) private view returns (bytes memory) {
        uint96 total = uint96(_uint(messages, m, ".total"));
        return bytes.concat(_encodeTerms(m), abi.encode(total, uint40(_uint(messages, m, ".validUntil"))));
    }

    function _encodeSession(string memory m) private view returns (bytes memory) {
        return abi.encode(_address(messages, m, ".owner"));
    }

    function _encodeClose(string memory m) private view returns (bytes memory) {
        return abi.encode(_bytes32(messages, m, ".channelId"), uint64(_uint(messages, m, ".minSettledBytes")));
    }

    function _encodeOpen(string memory m) private view returns (bytes memory) {
        return
            abi.encode(
                _bytes32(messages, m, ".channelId"),
                _bytes32(messages, m, ".challenge"),
                _bytes32(messages, m, ".realmHash")
            );
    }

    function _encodeDelivery(string memory m) private view returns (bytes memory) {
        return
            abi.encode(
                _bytes32(messages, m, ".channelId"),
                _bytes32(messages, m, ".manifestRoot"),
                _bytes32(messages, m, ".resource"),
                _bytes32(messages, m, ".contentHash"),
                uint64(_uint(messages, m, ".size"))
            );
    }

    function _encodeAgent(string memory m) private view returns (bytes memory) {
        return abi.encode(_address(messages, m, ".operator"));
    }

    function _encodeManifest(string memory m) private view returns (bytes memory) {
        return
            abi.encode(
                _bytes32(messages, m, ".streamId"),
                uint64(_uint(messages, m, ".sequence")),
                uint64(_uint(messages, m, ".notAfter")),
                _bytes32(messages, m, ".root")
            );
    }
}

/// @notice Paths, leaves, proofs and streams.
contract ManifestVectorsTest is VectorsTest {
    function test_resources() public view {
        string memory json = _read("paths");
        assertGt(_checkResources(json, ".good", ".path"), 20);
        assertGt(_checkResources(json, ".names", ".name"), 2);
    }

    function test_manifests() public view {
        string memory json = _read("manifests");
        address publisher = _address(json, "", ".publisher");
        uint256 i;
        for (; vm.keyExistsJson(json, _item(".cases", i)); ++i) {
            string memory item = _item(".cases", i);
            string memory name = vm.parseJsonString(json, string.concat(item, ".name"));
            assertEq(keccak256(abi.encode(publisher, name)), _bytes32(json, item, ".streamId"));
            IPaymentChannels.Signature memory signature = _signature(json, item, ".signature");
            assertEq(ECDSA.recover(_bytes32(json, item, ".digest"), signature.r, signature.vs), publisher);
            _checkLeaves(json, item);
        }
        assertGt(i, 5);
    }

    function _checkResources(
        string memory json,
        string memory list,
        string memory key
    ) private view returns (uint256 count) {
        for (; vm.keyExistsJson(json, _item(list, count)); ++count) {
            string memory item = _item(list, count);
            string memory name = vm.parseJsonString(json, string.concat(item, key));
            assertEq(keccak256(bytes(name)), _bytes32(json, item, ".resource"));
        }
    }

    function _checkLeaves(string memory json, string memory item) private view {
        bytes32 root = _bytes32(json, item, ".root");
        uint256 i;
        for (; vm.keyExistsJson(json, _item(string.concat(item, ".leaves"), i)); ++i) {
            string memory entry = _item(string.concat(item, ".leaves"), i);
            bytes memory fields = abi.encode(
                _bytes32(json, entry, ".resource"),
                _bytes32(json, entry, ".contentHash"),
                uint64(_uint(json, entry, ".size"))
            );
            bytes32 leaf = keccak256(bytes.concat(keccak256(fields)));
            assertEq(leaf, _bytes32(json, entry, ".leaf"));
            bytes32[] memory proof = vm.parseJsonBytes32Array(json, string.concat(entry, ".proof"));
            assertTrue(MerkleProof.verify(proof, root, leaf));
        }
        assertGt(i, 0);
    }
}
