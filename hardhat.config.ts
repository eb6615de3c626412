import { createRequire } from "node:module";
import hardhatViem from "@nomicfoundation/hardhat-viem";
import toolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";

const require = createRequire(import.meta.url);

/** The compiler is the npm package, never a download: the version here and the pin in package.json are one number. */
const solc = { version: "0.8.37", path: require.resolve("solc/soljson.js") };

export default defineConfig({
  plugins: [toolboxMochaEthers, hardhatViem],
  paths: {
    ignition: "./scripts/deploy",
    tests: { solidity: "./test", mocha: "./test/integration" },
  },
  solidity: {
    splitTestsCompilation: true,
    profiles: {
      default: { ...solc, settings: { optimizer: { enabled: true, runs: 1_000_000 }, evmVersion: "prague" } },
      production: {
        ...solc,
        settings: { optimizer: { enabled: true, runs: 1_000_000 }, viaIR: true, evmVersion: "prague" },
      },
      istanbul: { ...solc, settings: { optimizer: { enabled: true, runs: 1_000_000 }, evmVersion: "istanbul" } },
    },
  },
  test: {
    solidity: {
      profiles: {
        default: { fuzz: { runs: 256 }, invariant: { runs: 16, depth: 50, failOnRevert: true } },
        ci: { fuzz: { runs: 5_000 }, invariant: { runs: 256, depth: 100, failOnRevert: true } },
      },
    },
  },
});
