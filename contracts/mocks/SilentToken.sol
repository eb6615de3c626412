// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title SilentToken
/// @notice A token for tests with 6 decimals whose calls return nothing and that wants an allowance to be zero before it is
/// changed, as USDT does.
contract SilentToken {
    // ERC-20 gives these names.
    // solhint-disable const-name-snakecase

    /// @notice The name.
    string public constant name = "Silent";
    /// @notice The symbol.
    string public constant symbol = "SIL";
    /// @notice The decimals.
    uint8 public constant decimals = 6;

    // solhint-enable const-name-snakecase

    /// @notice All tokens there are.
    uint256 public totalSupply;
    /// @notice Tokens of each holder.
    mapping(address holder => uint256) public balanceOf;
    /// @notice What a spender may still take from a holder.
    mapping(address holder => mapping(address spender => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed holder, address indexed spender, uint256 amount);

    error AllowanceNotZero(uint256 actual);

    /// @notice Creates tokens out of nothing, for anyone.
    function mint(address to, uint256 amount) external {
        totalSupply += amount;
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    /// @notice Lets `spender` take `amount` from the caller.
    function approve(address spender, uint256 amount) external {
        uint256 current = allowance[msg.sender][spender];
        require(amount == 0 || current == 0, AllowanceNotZero(current));
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
    }

    /// @notice Sends `amount` to `to`.
    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    /// @notice Sends `amount` of `from` to `to`, out of the caller's allowance.
    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }
}
