import { getCreateAddress } from "ethers";
import type {
  DeliveryDisputes,
  PaymentChannels,
  RewardsDistributor,
  StakeManager,
} from "../../types/ethers-contracts/index.js";
import { domainOf, ethers, FEE_BPS, networkHelpers, tokens, weir } from "./fixture.ts";
import type { Weir } from "./fixture.ts";

export const EPOCH = 7 * 86_400;
export const UNBONDING = 14 * 86_400;
export const MIN_SELF_STAKE = tokens("1000");
export const SLASH_AMOUNT = tokens("500");
export const REPORTER_BPS = 3_000n;
export const RHO_BPS = 8_000n;

/** A deployment of all contracts, with the usual people. The escrow is another than that of `weir`. */
export interface StakedWeir extends Weir {
  readonly stakes: StakeManager;
  readonly distributor: RewardsDistributor;
  readonly disputes: DeliveryDisputes;
}

async function stakedWeir(): Promise<StakedWeir> {
  const base = await weir();
  const { token, registry, payer } = base;
  const [deployer] = await ethers.getSigners();
  if (deployer === undefined) throw new Error("the chain has no accounts");
  const nonce = await deployer.getNonce();
  const [distributorAt, disputesAt] = [2, 3].map((later) =>
    getCreateAddress({ from: deployer.address, nonce: nonce + later }),
  );
  const parameters = {
    minSelfStake: MIN_SELF_STAKE,
    slashAmount: SLASH_AMOUNT,
    reporterBps: REPORTER_BPS,
    delegationRatio: 10,
    epochLength: EPOCH,
    unbondingPeriod: UNBONDING,
  };
  const escrow: PaymentChannels = await ethers.deployContract("PaymentChannels", [
    token,
    registry,
    FEE_BPS,
    distributorAt!,
  ]);
  const stakes = await ethers.deployContract("StakeManager", [
    token,
    registry,
    distributorAt!,
    disputesAt!,
    parameters,
  ]);
  const distributor = await ethers.deployContract("RewardsDistributor", [escrow, stakes, RHO_BPS, tokens("0.01")]);
  const disputes = await ethers.deployContract("DeliveryDisputes", [escrow, stakes]);
  await token.connect(payer).approve(escrow, ethers.MaxUint256);
  return { ...base, escrow, domain: await domainOf(escrow), stakes, distributor, disputes };
}

/** A fresh deployment of everything, restored to its first block. */
export const loadStakedWeir = async (): Promise<StakedWeir> => networkHelpers.loadFixture(stakedWeir);
