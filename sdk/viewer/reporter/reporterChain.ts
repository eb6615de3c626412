import { estimateGas, getBlock, getGasPrice } from "viem/actions";
import type { WriteClient } from "../../chain/clients.ts";
import { encodeCall } from "../../chain/contractCall.ts";
import type { ContractCall } from "../../chain/contractCall.ts";
import { commitDisputeCall, commitDisputeSync } from "../../chain/deliveryDisputes/commitDispute.ts";
import { readCommittedAt } from "../../chain/deliveryDisputes/readCommittedAt.ts";
import { readDisputeParameters } from "../../chain/deliveryDisputes/readDisputeParameters.ts";
import {
  reportManifestContradictionCall,
  reportManifestContradictionSync,
} from "../../chain/deliveryDisputes/reportManifestContradiction.ts";
import {
  reportSelfContradictionCall,
  reportSelfContradictionSync,
} from "../../chain/deliveryDisputes/reportSelfContradiction.ts";
import { toWeirError } from "../../chain/internal/toWeirError.ts";
import { readAccountableOperator } from "../../chain/operatorRegistry/readAccountableOperator.ts";
import { readIsRetired } from "../../chain/stakeManager/readIsRetired.ts";
import { readOperatorStake } from "../../chain/stakeManager/readOperatorStake.ts";
import { readStakeParameters } from "../../chain/stakeManager/readStakeParameters.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { Contradiction } from "../../core/findContradiction.ts";
import type { Address, Hex } from "../../core/hex.ts";
import { WeirError } from "../../core/weirError.ts";

/** What the chain says about a key that signed. */
export interface AgentStanding {
  /** Who answers for it; undefined for nobody. */
  readonly operator: Address | undefined;
  /** Whether it was slashed for before. */
  readonly retired: boolean;
  /** Token base units that a report would bring the reporter now. */
  readonly cut: bigint;
}

/** When a commitment can be used, in Unix seconds by the chain's clock. */
export interface CommitmentTimes {
  readonly ripeAt: bigint;
  readonly lapsesAt: bigint;
  /** Time of the latest block. */
  readonly now: bigint;
}

/** Everything that a reporter asks and does on chain. Errors are WeirErrors; contracts' own are ContractErrors. */
export interface ReporterChain {
  /** Who sends the transactions, and gets the cut. */
  readonly reporter: Address;
  readonly standing: (agent: Address) => Promise<AgentStanding>;
  /** Undefined for a commitment that was never sent. */
  readonly commitment: (commitment: Hex) => Promise<CommitmentTimes | undefined>;
  /** Wei that the commitment would cost now, and the report after it. */
  readonly commitCost: (commitment: Hex) => Promise<bigint>;
  /** Resolves when it is mined. */
  readonly commit: (commitment: Hex) => Promise<void>;
  /** Wei that the report would cost now. Shows the proof to the node. @throws ContractError if it would revert now */
  readonly reportCost: (contradiction: Contradiction, salt: Hex) => Promise<bigint>;
  /** Resolves when it is mined, with the reporter's cut. */
  readonly report: (
    contradiction: Contradiction,
    salt: Hex,
  ) => Promise<{ readonly cut: bigint; readonly transactionHash: Hex }>;
}

/** What a report needs at most: it cannot be estimated before its commitment is ripe, and until then nobody should see it. */
export const REPORT_GAS = 230_000n;
const BPS = 10_000n;

/**
 * The chain behind a viem client.
 *
 * @param client its account reports, pays the gas and gets the cut
 */
export function reporterChain(client: WriteClient, deployment: Deployment): ReporterChain {
  const { account } = client;
  let parameters: Promise<FixedParameters> | undefined;

  /** Read once: nothing on chain can change them. */
  async function fixed(): Promise<FixedParameters> {
    parameters ??= readFixedParameters(client, deployment);
    parameters.catch(() => {
      parameters = undefined;
    });
    return parameters;
  }

  async function asking<Result>(question: Promise<Result>, call?: ContractCall): Promise<Result> {
    try {
      return await question;
    } catch (error) {
      throw toWeirError(error, call);
    }
  }

  async function gasOf(call: ContractCall): Promise<bigint> {
    return asking(estimateGas(client, { account, to: call.address, data: encodeCall(call) }), call);
  }

  const costOf = async (gas: bigint): Promise<bigint> => gas * (await asking(getGasPrice(client)));

  return {
    reporter: account.address,
    async standing(agent) {
      const operator = await readAccountableOperator(client, { deployment, agent });
      if (operator === undefined) return { operator, retired: false, cut: 0n };
      const [retired, { own, ownUnbonding }, { reporterBps, slashAmount }] = await Promise.all([
        readIsRetired(client, { deployment, agent }),
        readOperatorStake(client, { deployment, operator }),
        fixed(),
      ]);
      const slashable = own + ownUnbonding;
      const slashed = slashable < slashAmount ? slashable : slashAmount;
      return { operator, retired, cut: (slashed * reporterBps) / BPS };
    },
    async commitment(commitment) {
      const committedAt = await readCommittedAt(client, { deployment, commitment });
      if (committedAt === undefined) return undefined;
      const [{ timestamp: now }, { maxCommitAge, minCommitAge }] = await Promise.all([
        asking(getBlock(client, { blockTag: "latest" })),
        fixed(),
      ]);
      return { ripeAt: committedAt + minCommitAge, lapsesAt: committedAt + maxCommitAge, now };
    },
    commitCost: async (commitment) => costOf((await gasOf(commitDisputeCall({ deployment, commitment }))) + REPORT_GAS),
    async commit(commitment) {
      await commitDisputeSync(client, { deployment, commitment });
    },
    reportCost: async (contradiction, salt) => costOf(await gasOf(reportCall(deployment, contradiction, salt))),
    async report(contradiction, salt) {
      const { receipt, events } = await sendReport(client, deployment, contradiction, salt);
      const slashed = events.find(({ eventName }) => eventName === "Slashed");
      if (slashed?.eventName !== "Slashed") throw new WeirError("wrong-contract", "a report did not slash");
      return { cut: slashed.args.reporterCut, transactionHash: receipt.transactionHash };
    },
  };
}

interface FixedParameters {
  readonly minCommitAge: bigint;
  readonly maxCommitAge: bigint;
  readonly slashAmount: bigint;
  readonly reporterBps: bigint;
}

async function readFixedParameters(client: WriteClient, deployment: Deployment): Promise<FixedParameters> {
  const [{ maxCommitAge, minCommitAge }, { reporterBps, slashAmount }] = await Promise.all([
    readDisputeParameters(client, { deployment }),
    readStakeParameters(client, { deployment }),
  ]);
  return { maxCommitAge, minCommitAge, slashAmount, reporterBps: BigInt(reporterBps) };
}

function reportCall(deployment: Deployment, contradiction: Contradiction, salt: Hex): ContractCall {
  if (contradiction.type === "self") {
    return reportSelfContradictionCall({ deployment, salt, deliveries: contradiction.deliveries });
  }
  const { deliveries, listed } = contradiction;
  return reportManifestContradictionCall({ deployment, salt, delivery: deliveries[0], listed });
}

async function sendReport(
  client: WriteClient,
  deployment: Deployment,
  contradiction: Contradiction,
  salt: Hex,
): ReturnType<typeof reportManifestContradictionSync> {
  if (contradiction.type === "self") {
    return reportSelfContradictionSync(client, { deployment, salt, deliveries: contradiction.deliveries });
  }
  const { deliveries, listed } = contradiction;
  return reportManifestContradictionSync(client, { deployment, salt, delivery: deliveries[0], listed });
}
