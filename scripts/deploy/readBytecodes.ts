import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isHex } from "viem";
import type { Hex } from "viem";
import type { Bytecodes } from "./deployWeir.ts";

/** The creation code in a folder of Hardhat artifacts, of a build for another EVM version. */
export function readBytecodes(artifacts: string): Bytecodes {
  const read = (source: string): Hex => {
    const path = join(artifacts, "contracts", source, `${basename(source, ".sol")}.json`);
    const { bytecode } = JSON.parse(readFileSync(path, "utf8")) as { readonly bytecode?: unknown };
    if (!isHex(bytecode) || bytecode === "0x") throw new Error(`${path} holds no bytecode`);
    return bytecode;
  };
  return {
    operatorRegistry: read("OperatorRegistry.sol"),
    paymentChannels: read("PaymentChannels.sol"),
    stakeManager: read("StakeManager.sol"),
    rewardsDistributor: read("RewardsDistributor.sol"),
    deliveryDisputes: read("DeliveryDisputes.sol"),
    weirTestToken: read("mocks/WeirTestToken.sol"),
  };
}
