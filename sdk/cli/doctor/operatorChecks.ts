import { zeroAddress } from "viem";
import {
  readAgent,
  readBeneficiary,
  readIsRegistered,
  readIsRetired,
  readOperator,
  readOperatorStake,
} from "../../chain/index.ts";
import { isSameAddress, relayOrigin } from "../../core/index.ts";
import type { Address } from "../../core/index.ts";
import { showTokens } from "../connect.ts";
import type { ChainConnection } from "../connect.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

/** What the relay claims about itself. */
export interface RelayClaims {
  readonly payee: Address;
  readonly agent: Address;
  readonly publicUrl: string | undefined;
  readonly pricePerGiB: bigint;
}

/** Whether the registry says of the relay what the relay says of itself. */
export async function operatorChecks(connection: ChainConnection, claims: RelayClaims): Promise<Check[]> {
  const { client, deployment } = connection;
  const { agent, payee } = claims;
  const [appointed, isRetired, isRegistered, beneficiary] = await Promise.all([
    readAgent(client, { deployment, operator: payee }),
    readIsRetired(client, { deployment, agent }),
    readIsRegistered(client, { deployment, operator: payee }),
    readBeneficiary(client, { deployment, operator: payee }),
  ]);
  const checks = [agentCheck(claims, appointed, isRetired)];
  const isHot = isSameAddress(payee, agent) && isSameAddress(beneficiary, zeroAddress);
  checks.push(
    isHot
      ? warn("payout", "earnings go to the relay's own hot key", "Register an operator: weir operator register --help")
      : ok("payout", `earnings go to ${isSameAddress(beneficiary, zeroAddress) ? payee : beneficiary}`),
  );
  if (!isRegistered) {
    const cure = "Viewers that know the URL can come; to be found, run: weir operator register";
    return [...checks, warn("registry", `${payee} is not registered`, cure)];
  }
  const stake = await readOperatorStake(client, { deployment, operator: payee });
  const own = showTokens(stake.own, deployment);
  const stakeCure = "Viewers can ask for stake, and rewards need it: weir stake add AMOUNT";
  checks.push(
    await listingCheck(connection, claims),
    stake.active ? ok("stake", `active with ${own} of its own`) : warn("stake", `not active with ${own}`, stakeCure),
  );
  return checks;
}

function agentCheck({ agent, payee }: RelayClaims, appointed: Address, isRetired: boolean): Check {
  const name = "agent";
  if (isRetired) {
    const cure = "Make another key, set agent.keystore, then run: weir operator update --new-agent";
    return fail(name, `${agent} was slashed for and signs nothing any more`, cure);
  }
  const expected = isSameAddress(appointed, zeroAddress) ? payee : appointed;
  if (isSameAddress(expected, agent)) return ok(name, `${agent} signs for ${payee}`);
  const cure = "Correct agent.keystore or operator.address, or run: weir operator update --new-agent";
  return fail(name, `${expected} signs for ${payee}, and the relay has the key of ${agent}`, cure);
}

async function listingCheck({ client, deployment }: ChainConnection, claims: RelayClaims): Promise<Check> {
  const name = "registry";
  const { listing } = await readOperator(client, { deployment, operator: claims.payee });
  const cure = "Run: weir operator update";
  const listed = relayOrigin(listing.endpoint);
  if (claims.publicUrl !== undefined && listed !== relayOrigin(claims.publicUrl)) {
    return fail(name, `it names ${listing.endpoint}, and the relay is ${claims.publicUrl}`, cure);
  }
  if (listing.pricePerGiB !== claims.pricePerGiB) {
    const asked = showTokens(claims.pricePerGiB, deployment);
    return warn(
      name,
      `it says ${showTokens(listing.pricePerGiB, deployment)} per GiB, and the relay asks ${asked}`,
      cure,
    );
  }
  return ok(name, `${listing.endpoint} for ${showTokens(listing.pricePerGiB, deployment)} per GiB`);
}
