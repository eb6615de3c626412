// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {OperatorRegistryTest} from "./OperatorRegistryTest.sol";

contract DomainTest is OperatorRegistryTest {
    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    );

    function testFuzz_constructor_givenWindowInBounds_itIsFixed(uint256 window) public {
        window = bound(window, registry.MIN_DISPUTE_WINDOW(), registry.MAX_DISPUTE_WINDOW());
        assertEq(new OperatorRegistry(window).DISPUTE_WINDOW(), window);
    }

    function testFuzz_constructor_givenWindowOutOfBounds_itReverts(uint256 window) public {
        uint256 min = registry.MIN_DISPUTE_WINDOW();
        uint256 max = registry.MAX_DISPUTE_WINDOW();
        vm.assume(window < min || window > max);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.DisputeWindowOutOfBounds.selector, min, max, window));
        new OperatorRegistry(window);
    }

    function testFuzz_agentDigest_isTheOneEip712Describes(address who) public view {
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        ) = registry.eip712Domain();
        assertEq(fields, bytes1(0x1f));
        assertEq(name, "Weir");
        assertEq(version, "1");
        assertEq(chainId, block.chainid);
        assertEq(verifyingContract, address(registry));
        assertEq(extensions.length, 0);
        bytes32 separator = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("Weir"), keccak256("1"), block.chainid, address(registry), salt)
        );
        bytes32 structHash = keccak256(abi.encode(keccak256("Agent(address operator)"), who));
        assertEq(registry.agentDigest(who), keccak256(abi.encodePacked(hex"1901", separator, structHash)));
    }

    /// Two networks that share a chain id, one script, one deployer: the same address on both.
    function testFuzz_salt_differsWithTheParentBlock(bytes32 first, bytes32 second) public {
        vm.assume(first != second);
        vm.roll(100);
        uint256 fresh = vm.snapshotState();
        vm.setBlockhash(99, first);
        OperatorRegistry onOne = new OperatorRegistry(WINDOW);
        address addressOnOne = address(onOne);
        bytes32 digestOnOne = onOne.agentDigest(operator);
        vm.revertToState(fresh);
        vm.setBlockhash(99, second);
        OperatorRegistry onTwo = new OperatorRegistry(WINDOW);
        assertEq(address(onTwo), addressOnOne);
        assertNotEq(onTwo.agentDigest(operator), digestOnOne);
    }

    function testFuzz_domain_whenAForkChangesTheChainId_itFollows(uint64 forked) public {
        vm.assume(forked != 0 && forked != block.chainid);
        bytes32 before = registry.agentDigest(operator);
        (bytes32 r, bytes32 vs) = _consent(AGENT_KEY, operator);
        uint256 original = block.chainid;

        vm.chainId(forked);
        (, , , uint256 chainId, , , ) = registry.eip712Domain();
        assertEq(chainId, forked);
        assertNotEq(registry.agentDigest(operator), before);
        vm.prank(operator);
        vm.expectPartialRevert(IOperatorRegistry.InvalidAgentSignature.selector);
        registry.register(_listing(1), address(0), agent, r, vs);

        vm.chainId(original);
        assertEq(registry.agentDigest(operator), before);
    }
}
