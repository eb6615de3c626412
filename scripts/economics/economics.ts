import { formatUnits } from "viem";
import type { WeirParameters } from "../deploy/weirParameters.ts";
import { assumptions } from "./assumptions.ts";
import { reward } from "./rewardCurve.ts";
import type { Curve } from "./rewardCurve.ts";

/** The parameters of a deployment as its contracts state them. */
export type DeployedParameters = Readonly<Record<keyof WeirParameters, bigint>>;

/** Gas by the names of `snapshots/gas.json`. */
export type GasFigures = Readonly<Record<string, number>>;

/** What is needed to compute the figures. */
export interface EconomicsInput {
  readonly parameters: DeployedParameters;
  readonly tokenDecimals: number;
  readonly gas: GasFigures;
}

/** Parameters in units that people think in. */
export interface Economics {
  readonly curve: Curve;
  /** As a part of what is settled. */
  readonly fee: number;
  readonly minSelfStake: number;
  readonly slashAmount: number;
  /** As a part. */
  readonly reporter: number;
  readonly delegationRatio: number;
  readonly epochDays: number;
  readonly unbondingDays: number;
  readonly disputeDays: number;
  readonly gas: GasFigures;
}

const BPS = 10_000;
/** Of SharePools.sol. */
const VIRTUAL_SHARES = 1e6;
const DAY = 86_400;

/** Puts the parameters into units that people think in: tokens, parts, days. */
export function toEconomics({ parameters, tokenDecimals, gas }: EconomicsInput): Economics {
  const tokens = (amount: bigint): number => Number(formatUnits(amount, tokenDecimals));
  return {
    curve: { rho: Number(parameters.rhoBps) / BPS, lambda: Number(formatUnits(parameters.lambda, 18)) },
    fee: Number(parameters.feeBps) / BPS,
    minSelfStake: tokens(parameters.minSelfStake),
    slashAmount: tokens(parameters.slashAmount),
    reporter: Number(parameters.reporterBps) / BPS,
    delegationRatio: Number(parameters.delegationRatio),
    epochDays: Number(parameters.epochLength) / DAY,
    unbondingDays: Number(parameters.unbondingPeriod) / DAY,
    disputeDays: Number(parameters.disputeWindow) / DAY,
    gas,
  };
}

/** What stake earns when an operator sells `volume` tokens' worth in an epoch. */
export interface YieldRow {
  /** Stake over what is sold in an epoch. */
  readonly ratio: number;
  /** As a part of the fees. */
  readonly returned: number;
  /** As a part of the stake, in a year. */
  readonly perYear: number;
}

/** What stake earns, by its size. */
export function yields({ curve, fee, epochDays }: Economics): YieldRow[] {
  return [0.1, 0.3, 1, 3, 10, 30].map((ratio) => {
    const returned = reward(curve, fee, ratio) / fee;
    return { ratio, returned, perYear: (returned * fee * 365) / epochDays / ratio };
  });
}

/** An attack and what it comes to, in tokens. */
export interface AttackRow {
  readonly name: string;
  /** What the attacker puts in and gives up. */
  readonly costs: number;
  /** What he gets for it. */
  readonly gains: number;
  readonly how: string;
}

/** What each attack with money costs at these parameters. Every one loses. */
export function attacks(economics: Economics): AttackRow[] {
  const { curve, fee, minSelfStake, slashAmount, reporter, epochDays, unbondingDays } = economics;
  const { volume, capitalPerYear } = assumptions;
  const fees = fee * volume;
  const lockedFor = (stake: number, days: number): number => (stake * capitalPerYear * days) / 365;
  const wash = (stake: number): number => reward(curve, fees, stake);
  const split = (operators: number): number => operators * reward(curve, fees / operators, volume / operators);
  const cut = reporter * slashAmount;
  const donation = minSelfStake;
  return [
    {
      name: "pay yourself, with the least stake",
      costs: fees + lockedFor(minSelfStake, epochDays + unbondingDays),
      gains: wash(minSelfStake),
      how: `sell ${count(volume)} tokens' worth to yourself in one epoch with ${count(minSelfStake)} staked`,
    },
    {
      name: "pay yourself, with as much stake",
      costs: fees + lockedFor(volume, epochDays + unbondingDays),
      gains: wash(volume),
      how: `the same with ${count(volume)} staked, until it is unbonded`,
    },
    {
      name: "pay yourself, with all the stake in the world",
      costs: fees,
      gains: curve.rho * fees,
      how: "the same, and capital costs nothing",
    },
    {
      name: "pay yourself as a hundred operators",
      costs: fees + lockedFor(volume, epochDays + unbondingDays),
      gains: split(100),
      how: `the same ${count(volume)}, stake and sales in a hundred equal parts: the curve knows no difference`,
    },
    {
      name: "pay yourself over ten epochs",
      costs: fees + lockedFor(volume, 10 * epochDays + unbondingDays),
      gains: 10 * reward(curve, fees / 10, volume),
      how: "a tenth in each: less of the fees is lost, and the stake is locked for ten epochs",
    },
    {
      name: "inflate the first share",
      costs: donation / 2,
      gains: donation / (2 * VIRTUAL_SHARES),
      how: `be the only delegator with one base unit, send the pool ${count(donation)} by your own fees, and wait for somebody to lose a share by rounding`,
    },
    {
      name: "report yourself",
      costs: slashAmount,
      gains: cut,
      how: "sign a contradiction, and be the first to report it",
    },
    {
      name: "report yourself when somebody else does",
      costs: slashAmount,
      gains: cut,
      how: "keep a commitment to your own contradiction, renewed daily, and overtake the report",
    },
    {
      name: "sign for bytes that a manifest does not have",
      costs: slashAmount,
      gains: 0,
      how: "the viewer pays nothing for them, and reports; the agent's key is lost and the operator jailed",
    },
  ];
}

/** What a thing costs that is not an attack, or that costs only time and gas. */
export interface Facts {
  /** GiB whose price is one slash. */
  readonly slashInGiB: number;
  /** What a reporter gets. */
  readonly reporterCut: number;
  readonly reportGas: number;
  /** Up to this gas price (gwei) a report pays for itself. */
  readonly breakEvenGwei: number;
  /** Days between the end of the dispute window and the end of unbonding, if both began together. */
  readonly marginDays: number;
  /** What holding the least stake costs in a year. */
  readonly minStakePerYear: number;
  /** How much of the stake that counts is the operator's own, at least. */
  readonly leastOwnPart: number;
  /** Proofs that an operator with the least stake pays for alone. */
  readonly proofsBeforeDelegators: number;
  /** Proofs until nothing is left behind an operator with the least stake and the most delegation. */
  readonly proofsUntilRuin: number;
  /** Epochs until a commission has risen by ten points under delegators. */
  readonly epochsForTenPoints: number;
}

const MAX_COMMISSION_STEP_BPS = 100;

/** What follows from the parameters besides attacks. */
export function facts(economics: Economics): Facts {
  const { delegationRatio, disputeDays, gas, minSelfStake, reporter, slashAmount, unbondingDays } = economics;
  const { capitalPerYear, coinUsd, pricePerGiB, tokenUsd } = assumptions;
  const reporterCut = reporter * slashAmount;
  const reportGas = gasOf(gas, "commit to a report") + gasOf(gas, "slash for a manifest contradiction");
  return {
    slashInGiB: slashAmount / pricePerGiB,
    reporterCut,
    reportGas,
    breakEvenGwei: (reporterCut * tokenUsd) / coinUsd / (reportGas * 1e-9),
    marginDays: unbondingDays - disputeDays,
    minStakePerYear: minSelfStake * capitalPerYear,
    leastOwnPart: 1 / (1 + delegationRatio),
    proofsBeforeDelegators: Math.floor(minSelfStake / slashAmount),
    proofsUntilRuin: Math.ceil((minSelfStake * (1 + delegationRatio)) / slashAmount),
    epochsForTenPoints: 1_000 / MAX_COMMISSION_STEP_BPS,
  };
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function gasOf(gas: GasFigures, name: string): number {
  const figure = gas[name];
  if (figure === undefined) throw new Error(`snapshots/gas.json has no "${name}"`);
  return figure;
}
