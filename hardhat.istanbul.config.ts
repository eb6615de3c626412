import { defineConfig } from "hardhat/config";
import config, { istanbul } from "./hardhat.config.ts";

/**
 * The same contracts and tests on the oldest EVM that Weir supports (no PUSH0, MCOPY or type-2 transactions).
 * `hardhat --config hardhat.istanbul.config.ts test` keeps its artifacts apart from those of hardhat.config.ts.
 */
export default defineConfig({
  ...config,
  paths: { ...config.paths, artifacts: "./cache/istanbul/artifacts", cache: "./cache/istanbul/cache" },
  networks: {
    ...config.networks,
    default: { type: "edr-simulated", chainType: "generic", hardfork: "istanbul" },
  },
  solidity: { splitTestsCompilation: true, profiles: { default: istanbul, production: istanbul } },
  typechain: { dontOverrideCompile: true },
});
