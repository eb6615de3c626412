import { call, sendTransaction, waitForTransactionReceipt } from "viem/actions";
import type { TransactionReceipt } from "viem";
import type { Deployment } from "../../core/deployment.ts";
import type { Hex } from "../../core/hex.ts";
import { WeirError } from "../../core/weirError.ts";
import type { ReadClient, WriteClient } from "../clients.ts";
import { encodeCall } from "../contractCall.ts";
import type { ContractCall } from "../contractCall.ts";
import { ContractError, isContractError } from "../contractError.ts";
import type { TransactionOverrides, WaitOptions } from "../transactionOptions.ts";
import { assertChainId, chainOf } from "./chainOf.ts";
import { toWeirError } from "./toWeirError.ts";

/** Sends a call as a transaction of the client's account. It reverts here, not on chain, if it would revert now. */
export async function send(
  client: WriteClient,
  deployment: Deployment,
  contractCall: ContractCall,
  overrides: TransactionOverrides,
): Promise<Hex> {
  const { account } = client;
  const { gas, gasPrice, maxFeePerGas, maxPriorityFeePerGas, nonce, type } = overrides;
  const transaction = { to: contractCall.address, data: encodeCall(contractCall) };
  const chain = chainOf(client, deployment);
  await assertChainId(client, deployment);
  try {
    // A wallet shows its window before anybody learns that the call must fail; for a local key the gas estimate tells.
    if (account.type === "json-rpc") await call(client, { account, ...transaction });
    return await sendTransaction(client, {
      account,
      chain,
      ...transaction,
      gas,
      gasPrice,
      maxFeePerGas,
      maxPriorityFeePerGas,
      nonce,
      type,
    } as Parameters<typeof sendTransaction>[1]);
  } catch (error) {
    throw toWeirError(error, contractCall);
  }
}

/** Waits until a transaction is mined, and throws unless it is this one (repriced or not) and did what it was to do. */
export async function waitFor(
  client: WriteClient,
  hash: Hex,
  contractCall: ContractCall,
  { confirmations, pollingInterval, timeout }: WaitOptions,
): Promise<TransactionReceipt> {
  const fate = { replaced: false };
  let receipt: TransactionReceipt;
  try {
    receipt = await waitForTransactionReceipt(client, {
      hash,
      confirmations,
      pollingInterval,
      ...(timeout === undefined ? {} : { timeout }),
      onReplaced: ({ reason }) => {
        fate.replaced = reason !== "repriced";
      },
    });
  } catch (error) {
    throw toWeirError(error, contractCall);
  }
  if (fate.replaced) {
    throw new WeirError("transaction-replaced", undefined, {
      details: `${hash} was replaced by ${receipt.transactionHash}`,
    });
  }
  if (receipt.status === "reverted") throw await revertedError(client, contractCall, receipt);
  return receipt;
}

/** A receipt does not say why. The same call right after the block nearly always fails for the same reason. */
async function revertedError(
  client: ReadClient & WriteClient,
  contractCall: ContractCall,
  { blockNumber, gasUsed, transactionHash }: TransactionReceipt,
): Promise<ContractError> {
  const { address: to, functionName } = contractCall;
  const details = `mined in block ${String(blockNumber)}, ${String(gasUsed)} gas used`;
  try {
    await call(client, { account: client.account, to, data: encodeCall(contractCall), blockNumber });
    return new ContractError(functionName, undefined, { transactionHash, details });
  } catch (error) {
    const cause = toWeirError(error, contractCall);
    const { errorName, args } = isContractError(cause) ? cause : {};
    const revert = errorName === undefined || args === undefined ? undefined : { errorName, args };
    return new ContractError(functionName, revert, { transactionHash, details, cause });
  }
}
