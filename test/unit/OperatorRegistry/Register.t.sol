// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {OperatorRegistryTest} from "./OperatorRegistryTest.sol";

/*
 * register
 * ├── given the caller is in the list: AlreadyRegistered
 * └── given it is not
 *     ├── when price, endpoint, region or metadata URI is out of bounds: its own error
 *     ├── when the agent did not consent to this operator, or is taken: InvalidAgentSignature, AgentTaken (Agent.t.sol)
 *     ├── given a beneficiary is in force from before
 *     │   ├── when it names another: NotBeneficiary
 *     │   └── when it names the same: listed, the beneficiary unchanged
 *     └── it is listed, with events
 * deregister
 * ├── given the caller is not in the list: NotRegistered
 * └── it leaves, its agent is revoked, its beneficiary stays
 */
contract RegisterTest is OperatorRegistryTest {
    function testFuzz_register_itIsListed(
        address who,
        uint256 agentSeed,
        address beneficiary,
        IOperatorRegistry.Listing memory listing
    ) public {
        vm.assume(who != address(0));
        uint256 agentKey = _boundKey(agentSeed);
        _boundListing(listing);
        (bytes32 r, bytes32 vs) = _consent(agentKey, who);

        vm.expectEmit(address(registry));
        emit IOperatorRegistry.OperatorRegistered(who);
        vm.expectEmit(address(registry));
        emit IOperatorRegistry.ListingUpdated(who, listing);
        if (beneficiary != address(0)) {
            vm.expectEmit(address(registry));
            emit IOperatorRegistry.BeneficiarySet(who, beneficiary);
        }
        vm.expectEmit(address(registry));
        emit IOperatorRegistry.AgentSet(who, vm.addr(agentKey));
        vm.prank(who);
        registry.register(listing, beneficiary, vm.addr(agentKey), r, vs);

        assertTrue(registry.isRegistered(who));
        assertEq(registry.operatorCount(), 1);
        IOperatorRegistry.OperatorRecord memory record = registry.operatorRecord(who);
        assertEq(record.operator, who);
        assertEq(record.agent, vm.addr(agentKey));
        assertEq(record.beneficiary, beneficiary);
        _assertListing(record.listing, listing);
        assertTrue(registry.isAgent(who, vm.addr(agentKey)));
    }

    function testFuzz_register_givenListed_itReverts(uint256 agentSeed) public {
        _register(operator, AGENT_KEY, cold);
        uint256 agentKey = _boundKey(agentSeed);
        (bytes32 r, bytes32 vs) = _consent(agentKey, operator);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.AlreadyRegistered.selector, operator));
        registry.register(_listing(1), cold, vm.addr(agentKey), r, vs);
    }

    function test_register_whenThePriceIsZero_itReverts() public {
        _expectListingError(_listing(0), abi.encodeWithSelector(IOperatorRegistry.ZeroPrice.selector));
    }

    function testFuzz_register_whenTheEndpointIsOutOfBounds_itReverts(uint16 length) public {
        length = uint16(length % 4 == 0 ? 0 : bound(length, registry.MAX_ENDPOINT_BYTES() + 1, 2_000));
        IOperatorRegistry.Listing memory listing = _listing(1);
        listing.endpoint = _bytes(length);
        _expectListingError(
            listing,
            abi.encodeWithSelector(
                IOperatorRegistry.EndpointLengthOutOfBounds.selector,
                registry.MAX_ENDPOINT_BYTES(),
                length
            )
        );
    }

    function testFuzz_register_whenTheRegionIsTooLong_itReverts(uint16 length) public {
        length = uint16(bound(length, registry.MAX_REGION_BYTES() + 1, 2_000));
        IOperatorRegistry.Listing memory listing = _listing(1);
        listing.region = _bytes(length);
        _expectListingError(
            listing,
            abi.encodeWithSelector(IOperatorRegistry.RegionTooLong.selector, registry.MAX_REGION_BYTES(), length)
        );
    }

    function testFuzz_register_whenTheMetadataURIIsTooLong_itReverts(uint16 length) public {
        length = uint16(bound(length, registry.MAX_METADATA_URI_BYTES() + 1, 2_000));
        IOperatorRegistry.Listing memory listing = _listing(1);
        listing.metadataURI = _bytes(length);
        _expectListingError(
            listing,
            abi.encodeWithSelector(
                IOperatorRegistry.MetadataURITooLong.selector,
                registry.MAX_METADATA_URI_BYTES(),
                length
            )
        );
    }

    function testFuzz_updateListing_itReplacesTheListing(IOperatorRegistry.Listing memory listing) public {
        _register(operator, AGENT_KEY, cold);
        _boundListing(listing);
        vm.expectEmit(address(registry));
        emit IOperatorRegistry.ListingUpdated(operator, listing);
        vm.prank(operator);
        registry.updateListing(listing);
        IOperatorRegistry.OperatorRecord memory record = registry.operatorRecord(operator);
        _assertListing(record.listing, listing);
        assertEq(record.agent, agent);
        assertEq(record.beneficiary, cold);
    }

    function testFuzz_updateListing_givenNotListed_itReverts(address who) public {
        _register(operator, AGENT_KEY, cold);
        vm.assume(who != operator);
        vm.prank(who);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotRegistered.selector, who));
        registry.updateListing(_listing(1));
    }

    function test_updateListing_whenOutOfBounds_itReverts() public {
        _register(operator, AGENT_KEY, cold);
        vm.prank(operator);
        vm.expectRevert(IOperatorRegistry.ZeroPrice.selector);
        registry.updateListing(_listing(0));
    }

    function testFuzz_deregister_itLeavesAndKeepsItsBeneficiary(address beneficiary, uint32 later) public {
        _register(operator, AGENT_KEY, beneficiary);
        skip(later);
        vm.expectEmit(address(registry));
        emit IOperatorRegistry.AgentRevoked(operator, agent, block.timestamp + WINDOW);
        vm.expectEmit(address(registry));
        emit IOperatorRegistry.OperatorDeregistered(operator);
        vm.prank(operator);
        registry.deregister();

        assertFalse(registry.isRegistered(operator));
        assertEq(registry.operatorCount(), 0);
        assertEq(registry.agentOf(operator), address(0));
        assertFalse(registry.isAgent(operator, agent));
        assertEq(registry.beneficiaryOf(operator), beneficiary);
        assertEq(registry.accountableOperatorOf(agent), operator);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotRegistered.selector, operator));
        registry.operatorRecord(operator);
    }

    function testFuzz_deregister_givenNotListed_itReverts(address who) public {
        vm.prank(who);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotRegistered.selector, who));
        registry.deregister();
    }

    /// A stolen operator key must not redirect the money by leaving and coming back.
    function testFuzz_register_givenABeneficiaryInForce_whenItNamesAnother_itReverts(address thief) public {
        vm.assume(thief != cold);
        _register(operator, AGENT_KEY, cold);
        vm.startPrank(operator);
        registry.deregister();
        (bytes32 r, bytes32 vs) = _consent(2, operator);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotBeneficiary.selector, cold, operator));
        registry.register(_listing(1), thief, vm.addr(2), r, vs);
    }

    function test_register_givenABeneficiaryInForce_whenItNamesTheSame_itIsListedAgain() public {
        _register(operator, AGENT_KEY, cold);
        vm.prank(operator);
        registry.deregister();
        _register(operator, 2, cold);
        assertEq(registry.operatorRecord(operator).beneficiary, cold);
        assertEq(registry.agentOf(operator), vm.addr(2));
    }

    function _boundListing(IOperatorRegistry.Listing memory listing) private view {
        listing.pricePerGiB = uint96(bound(listing.pricePerGiB, 1, type(uint96).max));
        listing.endpoint = _fit(listing.endpoint, 1, registry.MAX_ENDPOINT_BYTES());
        listing.region = _fit(listing.region, 0, registry.MAX_REGION_BYTES());
        listing.metadataURI = _fit(listing.metadataURI, 0, registry.MAX_METADATA_URI_BYTES());
    }

    function _fit(string memory text, uint256 min, uint256 max) private pure returns (string memory) {
        uint256 length = bytes(text).length;
        return
            length < min
                ? _bytes(min)
                : length > max
                    ? _bytes(max)
                    : text;
    }

    function _expectListingError(IOperatorRegistry.Listing memory listing, bytes memory expected) private {
        (bytes32 r, bytes32 vs) = _consent(AGENT_KEY, operator);
        vm.prank(operator);
        vm.expectRevert(expected);
        registry.register(listing, cold, agent, r, vs);
    }
}
