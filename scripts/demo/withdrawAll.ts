import { readAccount, readEarnings, withdrawEarningsSync, withdrawSync } from "../../sdk/chain/index.ts";
import type { Address } from "../../sdk/core/index.ts";
import type { LocalDeployment } from "../local/localDeployment.ts";
import type { Cast } from "./cast.ts";
import type { RunningRelay } from "./relays.ts";

/** What everybody took out of the escrow; token base units. */
export interface Withdrawn {
  /** By session key. */
  readonly refunds: ReadonlyMap<Address, bigint>;
  /** By payee. */
  readonly earnings: ReadonlyMap<Address, { readonly earned: bigint; readonly fees: bigint }>;
}

/** Owners withdraw what is left of their accounts, relays their earnings. The fees stay until they are distributed. */
export async function withdrawAll(
  local: LocalDeployment,
  cast: Cast,
  relays: readonly RunningRelay[],
): Promise<Withdrawn> {
  const { deployment, publicClient: client } = local;
  const refunds = new Map<Address, bigint>();
  for (const { owner, signer } of cast.viewers) {
    const { balance } = await readAccount(client, { deployment, signer: signer.address });
    refunds.set(signer.address, balance);
    await withdrawSync(local.wallet(owner), { deployment, signer: signer.address, amount: balance, to: owner.address });
  }
  const earnings = new Map<Address, { earned: bigint; fees: bigint }>();
  for (const { part } of relays) {
    const payee = part.operator.address;
    const { balance, fees } = await readEarnings(client, { deployment, payee });
    earnings.set(payee, { earned: balance, fees });
    await withdrawEarningsSync(local.wallet(part.agent), { deployment, payee });
  }
  return { refunds, earnings };
}
