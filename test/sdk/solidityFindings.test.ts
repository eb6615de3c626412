import { expect } from "chai";
import { deployableSources, solidityFindings } from "../../scripts/checks/solidityFindings.ts";

const HEAD = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.27;\n";
const OTHER = "interface Other { function poke() external; function look() external view returns (uint256); }\n";

/** The findings in the functions of a contract, without their places. */
function findings(body: string, path = "contracts/Sample.sol"): string[] {
  const state = "uint256 x; uint256[] list; mapping(uint256 => uint256) map; struct S { uint256 a; } S s;";
  const source = `${HEAD}${OTHER}contract Sample { Other other; ${state}\n${body} }`;
  return solidityFindings({ [path]: source }).map((finding) => finding.replace(/^\S+ /, ""));
}

const CALL = "other.poke();";

describe("Checks of the contracts' syntax trees", () => {
  it("find nothing in what is deployed", () => {
    expect(Object.keys(deployableSources())).to.include("contracts/PaymentChannels.sol");
    expect(solidityFindings(deployableSources())).to.deep.equal([]);
  }).timeout(60_000);

  describe("of writes after calls", () => {
    const late = {
      "an assignment": `${CALL} x = 1;`,
      "an increment": `${CALL} x++;`,
      "a delete": `${CALL} delete map[1];`,
      "a push": `${CALL} list.push(1);`,
      "a member through a pointer": `S storage p = s; ${CALL} p.a = 1;`,
      "one of a tuple": `uint256 y; ${CALL} (y, x) = (1, 2);`,
      "an internal function": `${CALL} _write();`,
      "a call in an internal function": "_call(); x = 1;",
      "a call on one branch": `if (x == 0) ${CALL} x = 1;`,
      "a call in the right-hand side": "x = _called();",
      "a call in the round before": `for (uint256 i; i < 2; ++i) { x = i; ${CALL} }`,
      "a low-level call": '(bool ok, ) = msg.sender.call(""); require(ok); x = 1;',
      "a call that is tried": "try other.poke() { x = 1; } catch { revert(); }",
      "a call in a modifier": "x = 1; } function g() external calling { x = 2;",
      "a write in a modifier": `${CALL} } function g() external writing { ${CALL}`,
      assembly: `${CALL} assembly { sstore(0, 1) }`,
    };
    const helpers =
      "function _write() private { x = 1; } function _call() private { other.poke(); } " +
      "function _called() private returns (uint256) { other.poke(); return 1; } " +
      "modifier calling() { other.poke(); _; } modifier writing() { _; x = 1; } ";
    for (const [what, body] of Object.entries(late)) {
      it(`find ${what}`, () => {
        const found = findings(`${helpers} function f() external { ${body} }`, "contracts/libraries/Sample.sol");
        expect(found).to.have.length(1);
        expect(found[0]).to.match(/^[fg] writes to storage after the call at contracts\/libraries\/Sample.sol:5$/);
      });
    }

    const harmless = {
      "a write before": `x = 1; ${CALL}`,
      "a write on the other branch": `if (x == 0) { ${CALL} } else { x = 1; }`,
      "a write after a branch that returned": `if (x == 0) { ${CALL} return; } x = 1;`,
      "a write after a branch that reverted": `if (x == 0) { ${CALL} revert(); } x = 1;`,
      "a call that only looks": "x = other.look();",
      "a local variable": `uint256 y; ${CALL} y = 1; uint256[] memory z = new uint256[](1); z[0] = y;`,
      "where a pointer points": `${CALL} S storage p; p = s; p.a;`,
    };
    for (const [what, body] of Object.entries(harmless)) {
      it(`let pass ${what}`, () => {
        expect(findings(`${helpers} function f() external { ${body} }`)).to.deep.equal([]);
      });
    }
  });

  describe("of single expressions", () => {
    const dangerous = {
      "tx.origin": ["require(tx.origin == msg.sender);", /^tx\.origin/],
      ecrecover: ["ecrecover(0, 27, 0, 0);", /^raw ecrecover/],
      delegatecall: ['(bool ok, ) = msg.sender.delegatecall(""); require(ok);', /^delegatecall/],
      send: ["require(payable(msg.sender).send(1));", /^\.transfer and \.send/],
      transfer: ["payable(msg.sender).transfer(1);", /^\.transfer and \.send/],
      "a dropped outcome": ['msg.sender.call("");', /^the outcome/],
      "a token transfer without SafeERC20": ["IERC20(msg.sender).transfer(msg.sender, 1);", /^some tokens/],
      selfdestruct: ["selfdestruct(payable(msg.sender));", /^selfdestruct/],
      assembly: ["assembly { pop(0) }", /^assembly belongs/],
    } as const;
    const IERC20 = "interface IERC20 { function transfer(address to, uint256 amount) external returns (bool); }";
    for (const [what, [body, message]] of Object.entries(dangerous)) {
      it(`find ${what}`, () => {
        const source = `${HEAD}${IERC20} contract Sample { function f() external { ${body} } }`;
        const found = solidityFindings({ "contracts/Sample.sol": source });
        expect(found).to.have.length(1);
        expect(found[0]!.replace(/^\S+ /, "")).to.match(message);
      });
    }

    it("find the precompile that recovers behind assembly", () => {
      const found = findings("function f() external view { assembly { pop(staticcall(gas(), 1, 0, 128, 0, 32)) } }");
      expect(found).to.have.length(2);
      expect(found.join()).to.include("raw ecrecover").and.to.include("assembly belongs");
    });

    it("let multicall delegate to its own contract", () => {
      const body = '(bool ok, ) = address(this).delegatecall(""); require(ok);';
      expect(findings(`function multicall() external { ${body} }`)).to.deep.equal([]);
      expect(findings(`function other_() external { ${body} }`)).to.have.length(1);
    });
  });

  it("say where", () => {
    const source = `${HEAD}contract Sample {\n  function f() external view {\n    require(tx.origin == msg.sender);\n  }\n}`;
    expect(solidityFindings({ "contracts/Sample.sol": source })[0]).to.match(/^contracts\/Sample\.sol:5: tx\.origin/);
  });
});
