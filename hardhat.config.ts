import { createRequire } from "node:module";
import toolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import hardhatViem from "@nomicfoundation/hardhat-viem";
import { defineConfig } from "hardhat/config";
import { ownWarnings } from "./scripts/hardhat/ownWarnings.ts";

const require = createRequire(import.meta.url);
const { version } = require("solc/package.json") as { version: string };

/** The compiler is the npm package pinned in package.json: nothing is downloaded. */
function compilers(evmVersion: string) {
  const path = require.resolve("solc/soljson.js");
  const settings = { optimizer: { enabled: true, runs: 1_000_000 }, evmVersion };
  return {
    compilers: [{ version, path, settings }],
    overrides: {
      // The escrow's gas is what payers and payees pay: the way over the intermediate language saves 3% of it. For tests
      // it would take minutes, so they are compiled without, and deploy this (test/helpers/ContractDeployer.sol).
      "contracts/PaymentChannels.sol": { version, path, settings: { ...settings, viaIR: true } },
    },
  };
}

const prague = compilers("prague");

/** For chains whose EVM stopped at istanbul: see hardhat.istanbul.config.ts. */
export const istanbul = compilers("istanbul");

/** Solidity tests read the vectors that the TypeScript tests read, and nothing else. */
const fsPermissions = { readDirectory: ["./test/vectors"] };

export default defineConfig({
  plugins: [toolboxMochaEthers, hardhatViem, ownWarnings],
  paths: {
    ignition: "./scripts/deploy",
    tests: { solidity: "./test", mocha: "./test/integration" },
  },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: "prague" },
  },
  solidity: {
    splitTestsCompilation: true,
    profiles: { default: prague, production: prague, istanbul },
  },
  typechain: { tsNocheck: true },
  test: {
    mocha: { forbidOnly: true, forbidPending: true, timeout: 60_000 },
    solidity: {
      profiles: {
        default: { fsPermissions, fuzz: { runs: 256 }, invariant: { runs: 16, depth: 50, failOnRevert: true } },
        ci: { fsPermissions, fuzz: { runs: 500 }, invariant: { runs: 256, depth: 100, failOnRevert: true } },
      },
    },
  },
});
