import { defaultCollectPolicy, measuredGas } from "./collectPolicy.ts";

/** Gas of the largest settlement that a relay sends by default. */
export const settlementGas: bigint =
  measuredGas.transactionGas + measuredGas.settleGas * BigInt(defaultCollectPolicy.maxRows);
