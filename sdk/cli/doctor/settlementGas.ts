import { defaultCollectPolicy, measuredGas } from "../../exchange/index.ts";

/** Gas of the largest settlement that a relay sends by default. */
export const settlementGas: bigint =
  measuredGas.transactionGas + measuredGas.settleGas * BigInt(defaultCollectPolicy.maxRows);
