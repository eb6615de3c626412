import { approveSync, registerSync, setCommissionSync, signAgent, stakeSync } from "../../sdk/chain/index.ts";
import type { LocalDeployment } from "../local/localDeployment.ts";
import type { OperatorKeys } from "./cast.ts";

/** What an operator of the demonstration does before it earns. */
export interface OperatorTask {
  readonly name: string;
  readonly pricePerGiB: bigint;
  /** Where its relay is. */
  readonly endpoint: string;
  /** Own stake, token base units. */
  readonly stake: bigint;
  readonly commissionBps: number;
}

/** Registers an operator with its agent, sets its commission and stakes. */
export async function enlistOperator(
  local: LocalDeployment,
  { operator, agent, beneficiary }: OperatorKeys,
  { name, pricePerGiB, endpoint, stake, commissionBps }: OperatorTask,
): Promise<void> {
  const { deployment } = local;
  const wallet = local.wallet(operator);
  await registerSync(wallet, {
    deployment,
    listing: { pricePerGiB, endpoint, region: name, metadataURI: "" },
    beneficiary: beneficiary ?? operator.address,
    agent: agent.address,
    signature: await signAgent(agent, { deployment, operator: operator.address }),
  });
  await local.mint(operator.address, stake);
  await approveSync(wallet, { deployment, spender: "stakeManager", amount: stake });
  await setCommissionSync(wallet, { deployment, commissionBps });
  await stakeSync(wallet, { deployment, amount: stake });
}
