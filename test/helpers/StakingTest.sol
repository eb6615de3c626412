// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../../contracts/interfaces/IOperatorRegistry.sol";
import {IStakeManager} from "../../contracts/interfaces/IStakeManager.sol";
import {WeirTestToken} from "../../contracts/mocks/WeirTestToken.sol";
import {OperatorRegistry} from "../../contracts/OperatorRegistry.sol";
import {StakeManager} from "../../contracts/StakeManager.sol";
import {SigningTest} from "./SigningTest.sol";
import {WeirDeployer} from "./WeirDeployer.sol";

/// @notice All five contracts with a registered operator and its agent, and what holders of stake do.
abstract contract StakingTest is WeirDeployer, SigningTest {
    uint256 internal constant FEE_BPS = 1_000;
    uint256 internal constant BPS = 10_000;
    uint256 internal constant TOKENS = 1e18;
    uint256 internal constant MIN_STAKE = 1_000 * TOKENS;
    uint256 internal constant SLASH = 500 * TOKENS;
    uint256 internal constant RATIO = 10;
    uint256 internal constant EPOCH = 7 days;
    uint256 internal constant UNBONDING = 14 days;
    uint256 internal constant AGENT_KEY = 0xA6E27;
    /// @dev More than any stake here: a thousand million tokens, so that sums of a few still fit an amount.
    uint256 internal constant MAX_STAKE = 1e9 * TOKENS;
    uint16 internal constant ANY_COMMISSION = 10_000;

    WeirTestToken internal token;
    Weir internal weir;
    StakeManager internal stakes;
    OperatorRegistry internal registry;
    address internal operator = makeAddr("operator");
    address internal agent = vm.addr(AGENT_KEY);
    address internal delegator = makeAddr("delegator");
    address internal other = makeAddr("other delegator");
    address internal reporter = makeAddr("reporter");
    address internal stranger = makeAddr("stranger");
    address internal cold = makeAddr("cold wallet");

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        _build(new WeirTestToken("Weir Test", "WTT", 18), _defaultParameters(18));
    }

    /// @dev A deployment of its own, with the usual operator in its registry.
    function _build(WeirTestToken token_, IStakeManager.Parameters memory parameters) internal {
        token = token_;
        weir = _deployWeir(token, FEE_BPS, parameters);
        stakes = weir.stakes;
        registry = weir.registry;
        _register(operator, AGENT_KEY);
    }

    function _register(address who, uint256 agentKey) internal {
        (bytes32 r, bytes32 vs) = _signCompact(agentKey, registry.agentDigest(who));
        vm.prank(who);
        registry.register(
            IOperatorRegistry.Listing(1, "https://relay.example", "", ""),
            address(0),
            vm.addr(agentKey),
            r,
            vs
        );
    }

    function _setAgent(address who, uint256 agentKey) internal {
        (bytes32 r, bytes32 vs) = _signCompact(agentKey, registry.agentDigest(who));
        vm.prank(who);
        registry.setAgent(vm.addr(agentKey), r, vs);
    }

    function _setBeneficiary(address who, address beneficiary) internal {
        vm.prank(who);
        registry.setBeneficiary(who, beneficiary);
    }

    function _setCommission(uint256 commissionBps) internal {
        vm.prank(operator);
        stakes.setCommission(uint16(commissionBps));
    }

    /// @dev Mints to the holder what it stakes or delegates.
    function _fundHolder(address who, uint256 amount) internal {
        token.mint(who, amount);
        vm.prank(who);
        token.approve(address(stakes), amount);
    }

    function _stake(uint256 amount) internal returns (uint160) {
        return _stake(operator, amount);
    }

    function _stake(address who, uint256 amount) internal returns (uint160) {
        _fundHolder(who, amount);
        vm.prank(who);
        return stakes.stake(uint96(amount));
    }

    function _delegate(address who, uint256 amount) internal returns (uint160) {
        return _delegate(who, operator, amount);
    }

    function _delegate(address who, address to, uint256 amount) internal returns (uint160) {
        _fundHolder(who, amount);
        vm.prank(who);
        return stakes.delegate(to, uint96(amount), ANY_COMMISSION);
    }

    function _unbond(address who, uint256 shares) internal returns (uint256 index) {
        return _unbond(who, operator, shares);
    }

    function _unbond(address who, address from, uint256 shares) internal returns (uint256 index) {
        vm.prank(who);
        return stakes.unbond(from, uint160(shares));
    }

    /// @dev All that `who` has behind the usual operator.
    function _unbondAll(address who) internal returns (uint256 index) {
        return _unbond(who, _sharesOf(who));
    }

    function _withdraw(address who, uint256 index) internal returns (uint96) {
        vm.prank(who);
        return stakes.withdraw(index);
    }

    /// @dev Rewards at the beginning of the next epoch, so that all that is there counts.
    function _addRewards(uint256 amount) internal {
        _skipToEpoch(1);
        _addRewardsNow(amount);
    }

    /// @dev As the distributor does it, with tokens from nowhere.
    function _addRewardsNow(uint256 amount) internal {
        token.mint(address(weir.distributor), amount);
        vm.startPrank(address(weir.distributor));
        token.approve(address(stakes), amount);
        stakes.addRewards(operator, uint96(amount));
        vm.stopPrank();
    }

    /// @dev As the disputes do it, without a proof.
    function _slash(address agent_) internal {
        _slash(operator, agent_, reporter);
    }

    function _slash(address who, address agent_, address reporter_) internal {
        vm.prank(address(weir.disputes));
        stakes.slash(who, agent_, reporter_);
    }

    /// @dev To the first second of the `count`th epoch from now.
    function _skipToEpoch(uint256 count) internal {
        vm.warp((vm.getBlockTimestamp() / EPOCH + count) * EPOCH);
    }

    function _sharesOf(address who) internal view returns (uint160 shares) {
        (shares, ) = stakes.stakeOf(operator, who);
    }

    function _valueOf(address who) internal view returns (uint96 amount) {
        (, amount) = stakes.stakeOf(operator, who);
    }

    function _state() internal view returns (IStakeManager.OperatorStake memory) {
        return stakes.operatorStake(operator);
    }

    /// @dev All pools of the usual operator, in the order in which they are slashed.
    function _assertPools(
        uint256 own,
        uint256 ownUnbonding,
        uint256 delegated,
        uint256 delegatedUnbonding
    ) internal view {
        IStakeManager.OperatorStake memory state = _state();
        assertEq(state.own, own, "own");
        assertEq(state.ownUnbonding, ownUnbonding, "own unbonding");
        assertEq(state.delegated, delegated, "delegated");
        assertEq(state.delegatedUnbonding, delegatedUnbonding, "delegated unbonding");
    }
}
