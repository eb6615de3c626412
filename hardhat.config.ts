import { createRequire } from "node:module";
import toolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import hardhatViem from "@nomicfoundation/hardhat-viem";
import { defineConfig } from "hardhat/config";
import { ownWarnings } from "./scripts/hardhat/ownWarnings.ts";

const require = createRequire(import.meta.url);
const { version } = require("solc/package.json") as { version: string };

/** The compiler is the npm package pinned in package.json; nothing is downloaded. */
const solc = { version, path: require.resolve("solc/soljson.js") };

/** What is tested is what is deployed: every profile has the same optimizer. */
const settings = { optimizer: { enabled: true, runs: 1_000_000 }, evmVersion: "prague" };

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
    profiles: {
      default: { ...solc, settings },
      production: { ...solc, settings },
      // For chains whose EVM stopped at istanbul. Built and tested through hardhat.istanbul.config.ts.
      istanbul: { ...solc, settings: { ...settings, evmVersion: "istanbul" } },
    },
  },
  typechain: { tsNocheck: true },
  test: {
    mocha: { forbidOnly: true, forbidPending: true, timeout: 60_000 },
    solidity: {
      profiles: {
        default: { fuzz: { runs: 256 }, invariant: { runs: 16, depth: 50, failOnRevert: true } },
        ci: { fuzz: { runs: 5_000 }, invariant: { runs: 256, depth: 100, failOnRevert: true } },
      },
    },
  },
});
