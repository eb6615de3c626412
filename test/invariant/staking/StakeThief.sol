// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDeliveryDisputes} from "../../../contracts/interfaces/IDeliveryDisputes.sol";
import {IPaymentChannels} from "../../../contracts/interfaces/IPaymentChannels.sol";
import {IRewardsDistributor} from "../../../contracts/interfaces/IRewardsDistributor.sol";
import {IStakeManager} from "../../../contracts/interfaces/IStakeManager.sol";
import {StakeBook} from "./StakeBook.sol";
import {StakeHandler} from "./StakeHandler.sol";

/// @notice A stranger, and holders who reach for what is not theirs. Nothing here may succeed; nothing may change.
contract StakeThief is StakeHandler {
    address private immutable THIEF = makeAddr("thief");

    constructor(StakeBook book) StakeHandler(book) {
        TOKEN.mint(THIEF, 1e24);
        vm.prank(THIEF);
        TOKEN.approve(address(STAKES), type(uint256).max);
    }

    /// @dev What only other contracts or operators may call, by the thief and by the operator itself.
    function usurp(uint256 seed, uint96 amount) external judged {
        seed = _dice(seed);
        (uint256 index, address operator) = _operator(seed);
        address agent = vm.addr(BOOK.keys((seed >> 8) % BOOK.keyCount()));
        address caller = seed % 2 == 0 ? THIEF : operator;
        bytes[] memory calls = new bytes[](4);
        calls[0] = abi.encodeCall(IStakeManager.addRewards, (operator, amount));
        calls[1] = abi.encodeCall(IStakeManager.addRewards, (operator, 0));
        calls[2] = abi.encodeCall(IStakeManager.slash, (operator, agent, caller));
        calls[3] = abi.encodeCall(IStakeManager.slash, (operator, caller, address(0)));
        for (uint256 i = 0; i < calls.length; ++i) {
            _mustFail(caller, address(STAKES), calls[i], "S8, S4: rewards or a slash by somebody else");
        }
        bytes memory call = abi.encodeCall(IStakeManager.stake, (_amount(seed, 1e21)));
        _mustFail(THIEF, address(STAKES), call, "somebody who is no operator staked");
        call = abi.encodeCall(IStakeManager.delegate, (THIEF, _amount(seed, 1e21), type(uint16).max));
        _mustFail(operator, address(STAKES), call, "somebody delegated to no operator");
        call = abi.encodeCall(IStakeManager.delegate, (operator, 0, type(uint16).max));
        _mustFail(THIEF, address(STAKES), call, "somebody delegated nothing");
        call = abi.encodeCall(IPaymentChannels.collectFees, (BOOK.operators(index)));
        _mustFail(caller, address(BOOK.ESCROW()), call, "S8: somebody took the fees");
        call = abi.encodeCall(IRewardsDistributor.distribute, (THIEF));
        _mustFail(operator, address(BOOK.DISTRIBUTOR()), call, "S8: somebody else's fees were given up");
        BOOK.succeeded("usurp");
    }

    /// @dev What others hold.
    function steal(uint256 seed) external judged {
        seed = _dice(seed);
        (uint256 index, address operator) = _operator(seed);
        address holder = BOOK.holders((seed >> 8) % BOOK.HOLDERS());
        (uint160 held, ) = STAKES.stakeOf(operator, holder);
        uint160 shares = held == 0 ? 1 : held;
        bytes memory call = abi.encodeCall(IStakeManager.unbond, (operator, shares));
        _mustFail(THIEF, address(STAKES), call, "S3: a stranger unbonded another's stake");
        call = abi.encodeCall(IStakeManager.withdraw, (seed % (BOOK.exitCount() + 1)));
        _mustFail(THIEF, address(STAKES), call, "S3: a stranger withdrew another's stake");
        call = abi.encodeCall(IStakeManager.unbond, (operator, 0));
        _mustFail(holder, address(STAKES), call, "S3: nothing was unbonded");
        // Its own agent cannot touch an operator's stake.
        uint256 key = BOOK.agentKeys(index);
        if (key != 0) {
            call = abi.encodeCall(IStakeManager.unbond, (operator, shares));
            _mustFail(vm.addr(key), address(STAKES), call, "S3: an agent unbonded its operator's stake");
        }
        BOOK.succeeded("steal");
    }

    /// @dev Rewards of somebody who has none, and commitments of nobody. Both may be done and do nothing.
    function idle(uint256 seed) external judged {
        assertTrue(_try(THIEF, address(STAKES), abi.encodeCall(IStakeManager.claimRewards, (THIEF))), "idle");
        assertTrue(
            _try(THIEF, address(BOOK.DISPUTES()), abi.encodeCall(IDeliveryDisputes.commit, (bytes32(seed)))),
            "idle"
        );
        assertEq(TOKEN.balanceOf(THIEF), 1e24, "S1: a thief has other tokens than before");
        BOOK.succeeded("idle");
    }

    function _try(address caller, address target, bytes memory call) private returns (bool success) {
        (success, ) = BOOK.act(caller, target, call);
    }
}
