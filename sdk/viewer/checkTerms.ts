import { assertTerms } from "../core/channel.ts";
import { isSameAddress } from "../core/hex.ts";
import type { Address } from "../core/hex.ts";
import { WeirError } from "../core/weirError.ts";
import type { WeirErrorCode } from "../core/errorCatalogue.ts";
import { parseChallengeRequest } from "../http/index.ts";
import type { Challenge, RelayTerms } from "../http/index.ts";
import type { Deployment } from "../core/deployment.ts";
import type { ViewerChain } from "./viewerChain.ts";

/** What a viewer's configuration says about terms. */
export interface AcceptableTerms {
  readonly deployment: Deployment;
  /** Token base units. */
  readonly maxPricePerGiB: bigint;
  /** Seconds. */
  readonly maxGracePeriod: number;
}

/**
 * Compares what a relay wants with what the viewer's configuration allows (X13).
 *
 * @throws WeirError `wrong-chain`, `wrong-token`, `wrong-contract`, `price-too-high`, `grace-period-out-of-range`, or
 * `malformed-message` for a price of zero
 */
export function checkTerms(terms: RelayTerms, config: AcceptableTerms): void {
  const { deployment, maxGracePeriod, maxPricePerGiB } = config;
  const { payee, pricePerGiB, gracePeriod } = terms;
  if (terms.chainId !== deployment.chainId) {
    throw differs("wrong-chain", "chain", String(deployment.chainId), String(terms.chainId));
  }
  assertAddressIs("wrong-token", "token", deployment.token.address, terms.token);
  assertAddressIs("wrong-contract", "escrow", deployment.paymentChannels.address, terms.paymentChannels);
  assertAddressIs("wrong-contract", "registry", deployment.operatorRegistry.address, terms.operatorRegistry);
  if (pricePerGiB > maxPricePerGiB) {
    throw new WeirError("price-too-high", undefined, { details: `${pricePerGiB} per GiB, allowed ${maxPricePerGiB}` });
  }
  assertTerms({ payee, pricePerGiB, gracePeriod, nonce: 0n });
  if (gracePeriod > maxGracePeriod) {
    throw new WeirError("grace-period-out-of-range", undefined, {
      details: `${gracePeriod} seconds, allowed ${maxGracePeriod}`,
    });
  }
}

/**
 * Checks that a challenge asks for what the terms said and nothing else. Terms that change in between are refused, not
 * followed: the channel was made for the first ones.
 *
 * @throws WeirError `malformed-message` for another realm, manifest or payee; otherwise as `checkTerms`
 */
export function checkChallenge(
  challenge: Challenge,
  terms: RelayTerms,
  config: AcceptableTerms & { readonly manifest: string },
): void {
  const { chainId, gracePeriod, manifest, payee, paymentChannels, pricePerGiB, token } = parseChallengeRequest(
    challenge.request,
  );
  checkTerms({ ...terms, chainId, gracePeriod, payee, paymentChannels, pricePerGiB, token }, config);
  const isAsked =
    challenge.realm === terms.realm &&
    manifest === config.manifest &&
    isSameAddress(payee, terms.payee) &&
    pricePerGiB === terms.pricePerGiB &&
    gracePeriod === terms.gracePeriod;
  if (!isAsked) throw new WeirError("malformed-message", "the challenge is not for the terms that the relay stated");
}

/** What a viewer's configuration says about stake. */
export interface StakeDemand {
  /** Token base units. */
  readonly minStake: bigint;
  readonly chain: ViewerChain | undefined;
}

/**
 * Checks on chain that whoever is paid has enough at stake, and answers for whoever signs the deliveries.
 *
 * @throws WeirError `stake-too-low`; what `chain` throws
 */
export async function checkStake({ agent, payee }: RelayTerms, { chain, minStake }: StakeDemand): Promise<void> {
  if (minStake === 0n) return;
  const stake = (await chain?.activeStake(payee, agent)) ?? 0n;
  if (stake < minStake) {
    throw new WeirError("stake-too-low", undefined, {
      details: `${payee} with agent ${agent} has ${stake}, demanded ${minStake}`,
    });
  }
}

function assertAddressIs(code: WeirErrorCode, what: string, expected: Address, actual: Address): void {
  if (!isSameAddress(expected, actual)) throw differs(code, what, expected, actual);
}

function differs(code: WeirErrorCode, what: string, expected: string, actual: string): WeirError {
  return new WeirError(code, `the relay names another ${what}`, { details: `expected ${expected}, found ${actual}` });
}
