// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {ContractDeployer} from "../../helpers/ContractDeployer.sol";
import {SigningTest} from "../../helpers/SigningTest.sol";

/// @notice What the registry's unit tests share: a registry, two operators and their agents.
abstract contract OperatorRegistryTest is ContractDeployer, SigningTest {
    uint256 internal constant WINDOW = 7 days;
    uint256 internal constant AGENT_KEY = 0xA6E27;

    OperatorRegistry internal registry;
    address internal operator = makeAddr("operator");
    address internal other = makeAddr("other operator");
    address internal cold = makeAddr("cold wallet");
    address internal agent = vm.addr(AGENT_KEY);

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        registry = _deployRegistry(WINDOW);
    }

    function _listing(uint96 pricePerGiB) internal pure returns (IOperatorRegistry.Listing memory) {
        return IOperatorRegistry.Listing(pricePerGiB, "https://relay.example", "eu-west", "ipfs://about");
    }

    function _consent(uint256 agentKey, address to) internal view returns (bytes32 r, bytes32 vs) {
        return _signCompact(agentKey, registry.agentDigest(to));
    }

    function _register(address who, uint256 agentKey, address beneficiary) internal {
        (bytes32 r, bytes32 vs) = _consent(agentKey, who);
        vm.prank(who);
        registry.register(_listing(1 ether), beneficiary, vm.addr(agentKey), r, vs);
    }

    function _setAgent(address who, uint256 agentKey) internal {
        (bytes32 r, bytes32 vs) = _consent(agentKey, who);
        vm.prank(who);
        registry.setAgent(vm.addr(agentKey), r, vs);
    }

    function _bytes(uint256 length) internal pure returns (string memory) {
        return string(new bytes(length));
    }

    function _assertListing(
        IOperatorRegistry.Listing memory actual,
        IOperatorRegistry.Listing memory expected
    ) internal pure {
        assertEq(actual.pricePerGiB, expected.pricePerGiB, "price");
        assertEq(actual.endpoint, expected.endpoint, "endpoint");
        assertEq(actual.region, expected.region, "region");
        assertEq(actual.metadataURI, expected.metadataURI, "metadata URI");
    }
}
