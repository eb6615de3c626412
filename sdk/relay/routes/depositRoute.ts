import { WeirError } from "../../core/index.ts";
import { encodeDepositAnswer, parseSignedDeposit } from "../../http/index.ts";
import { addressGroup } from "../addressGroup.ts";
import type { DepositCarrier } from "../chain/depositCarrier.ts";
import type { RelayContext } from "../relayContext.ts";
import type { RelayHandler } from "../relayHandler.ts";
import type { RelayDepositOptions } from "../relayOptions.ts";
import { tokenBuckets } from "../tokenBuckets.ts";
import { readBody } from "./readBody.ts";
import { respondJson, respondProblem } from "./respond.ts";

const HOUR_SECONDS = 3_600;
/** Client addresses that are remembered. */
const MOST_CLIENTS = 10_000;

/**
 * Answers `POST /weir/deposits` (H9): sends a wallet's deposit at the relay's cost. Nobody can turn it elsewhere than to the
 * account that it names; whether it is good, and worth its gas, the collector finds out before it counts against any limit
 * but that of the client's address.
 */
export function depositRoute(
  { emit, limits }: RelayContext,
  carrier: DepositCarrier,
  { minAmount, perHourAndClient }: Required<RelayDepositOptions>,
): RelayHandler {
  const clients = tokenBuckets({
    ...{ perSecond: perHourAndClient / HOUR_SECONDS, burst: perHourAndClient, most: MOST_CLIENTS },
  });
  return async (request, info) => {
    const deposit = parseSignedDeposit(await readBody(request, limits.maxBodyBytes));
    if (deposit.amount < minAmount) {
      throw new WeirError("deposit-refused", `the smallest deposit that is sent is ${String(minAmount)} base units`);
    }
    const client = addressGroup(info?.address);
    const retryAfter = client === undefined ? 0 : clients.take(client);
    if (retryAfter > 0) {
      emit({ type: "limitHit", limit: "deposits" });
      emit({ type: "requestRefused", route: "deposit", code: "too-many-requests" });
      return respondProblem(new WeirError("too-many-requests", "too many deposits from this address"), { retryAfter });
    }
    return respondJson(202, encodeDepositAnswer({ hash: await carrier.carry(deposit) }));
  };
}
