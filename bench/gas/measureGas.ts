import { size } from "viem";
import type { Hex } from "viem";
import {
  deliveryDisputesBytecode,
  operatorRegistryBytecode,
  paymentChannelsBytecode,
  rewardsDistributorBytecode,
  stakeManagerBytecode,
} from "../../sdk/abis/bytecode/index.ts";
import type { DeployedContract } from "../../sdk/core/index.ts";
import {
  closeCall,
  closeWithSignatureCall,
  depositCall,
  encodeCall,
  finalizeCloseCall,
  fundCall,
  fundManyCall,
  fundWithSignatureCall,
  multicallCall,
  requestCloseCall,
  settleCall,
  signClose,
  signFund,
  signSession,
  withdrawCall,
  withdrawEarningsCall,
} from "../../sdk/chain/index.ts";
import { newChannel, newSession } from "./fixture.ts";
import { signedRow, startGasChain } from "./gasChain.ts";
import type { GasChain, SentCall } from "./gasChain.ts";
import { stakingCalls } from "./stakingCalls.ts";
import type { SingleCall } from "./stakingCalls.ts";

/** One measured transaction. */
export interface GasRow {
  readonly name: string;
  /** Channels in it. */
  readonly n: number;
  /** By its receipt. */
  readonly gas: number;
  readonly gasPerChannel: number;
  /** Rollups charge for these. */
  readonly calldataBytes: number;
}

/** Bytes of a contract's code. */
export interface CodeSize {
  /** EIP-170 allows 24,576. */
  readonly runtime: number;
  /** EIP-3860 allows 49,152. */
  readonly creation: number;
}

/** All that is measured; every run of one build gives the same figures. */
export interface GasReport {
  readonly rows: readonly GasRow[];
  readonly code: Readonly<Record<string, CodeSize>>;
}

const SETTLE_COUNTS = [1, 10, 100, 300];
const FAR = 4_102_444_800;

/** Measures every call of the escrow, settling and funding in batches too, on a node started for it. */
export async function measureGas(): Promise<GasReport> {
  const chain = await startGasChain(Math.max(...SETTLE_COUNTS));
  try {
    const rows: GasRow[] = [];
    const measure = async (name: string, n: number, call: SentCall, ...before: readonly SentCall[]): Promise<void> => {
      const gas = Number(await chain.gasOf(call, ...before));
      rows.push({ name, n, gas, gasPerChannel: Math.round(gas / n), calldataBytes: size(encodeCall(call.call)) });
    };
    for (const n of SETTLE_COUNTS) await measure("settle", n, await settling(chain, n));
    const { one, ten } = await fundings(chain);
    await measure("fund", 1, one.direct);
    await measure("fund", 10, ten.direct);
    await measure("fund by multicall", 10, ten.multicall);
    await measure("fundWithSignature", 1, one.signed);
    await measure("fundWithSignature", 10, ten.signed);
    const staking = await stakingCalls(chain, await settling(chain, 1));
    for (const [name, call, ...before] of [...(await singleCalls(chain)), ...staking]) {
      await measure(name, 1, call, ...before);
    }
    return { rows, code: await codeSizes(chain) };
  } finally {
    await chain.stop();
  }
}

async function settling({ channels, deployment, payee }: GasChain, n: number): Promise<SentCall> {
  const held = channels.slice(0, n);
  const rows = await Promise.all(held.map(async (entry) => signedRow(deployment, entry.session, entry.held)));
  return { from: payee, call: settleCall({ deployment, payee: payee.address, rows }) };
}

/** New channels of one account: funded by its owner, or by anybody with the session key's signature. */
async function fundings(chain: GasChain) {
  const { deployment, owner } = chain;
  const { channel, session } = firstOf(chain);
  const ten = Array.from({ length: 10 }, (_, index) => newChannel(channel, index));
  const funds = ten.map((funding) => fundCall({ deployment, ...funding }));
  const signed = await Promise.all(
    ten.map(async (funding) => {
      const terms = { deployment, validUntil: FAR, ...funding };
      return fundWithSignatureCall({ ...terms, signature: await signFund(session, terms) });
    }),
  );
  const [fund, signedFund] = [funds[0], signed[0]];
  if (fund === undefined || signedFund === undefined) throw new Error("there is nothing to fund");
  return {
    one: { direct: { from: owner, call: fund }, signed: { from: owner, call: signedFund } },
    ten: {
      direct: { from: owner, call: fundManyCall({ deployment, fundings: ten }) },
      multicall: { from: owner, call: multicallCall({ deployment, calls: funds }) },
      signed: { from: owner, call: multicallCall({ deployment, calls: signed }) },
    },
  };
}

/** Every other call of the escrow once, each with what has to happen before. */
async function singleCalls(chain: GasChain): Promise<readonly SingleCall[]> {
  const { deployment, owner, payee } = chain;
  const { channel, deposit, session } = firstOf(chain);
  const amount = 10n ** 18n + 1n;
  const opened = newSession();
  const word = await signSession(opened, { deployment, owner: owner.address });
  const own = { deployment, owner: owner.address, amount };
  const close = { deployment, channel, minSettledBytes: 1n };
  const signature = await signClose(payee, close);
  const request = { from: owner, call: requestCloseCall({ deployment, channel }) };
  const finalize = { from: payee, call: finalizeCloseCall({ deployment, channel }), secondsLater: channel.gracePeriod };
  return [
    [
      "deposit, opening an account",
      { from: owner, call: depositCall({ ...own, signer: opened.address, session: word }) },
    ],
    ["deposit", { from: owner, call: depositCall({ ...own, signer: session.address }) }],
    [
      "withdraw",
      { from: owner, call: withdrawCall({ deployment, signer: session.address, amount, to: owner.address }) },
    ],
    ["fund, topping up", { from: owner, call: fundCall({ deployment, channel, total: deposit + amount }) }],
    ["close", { from: payee, call: closeCall(close) }],
    ["closeWithSignature", { from: owner, call: closeWithSignatureCall({ ...close, signature }) }],
    ["requestClose", request],
    ["finalizeClose", finalize, request],
    ["withdrawEarnings", { from: payee, call: withdrawEarningsCall({ deployment, payee: payee.address }) }],
  ];
}

async function codeSizes(chain: GasChain): Promise<Record<string, CodeSize>> {
  const { deliveryDisputes, operatorRegistry, paymentChannels, rewardsDistributor, stakeManager } = chain.deployment;
  const sizes = async ({ address }: DeployedContract, bytecode: Hex): Promise<CodeSize> => ({
    runtime: await chain.codeSize(address),
    creation: size(bytecode),
  });
  return {
    PaymentChannels: await sizes(paymentChannels, paymentChannelsBytecode),
    OperatorRegistry: await sizes(operatorRegistry, operatorRegistryBytecode),
    StakeManager: await sizes(stakeManager, stakeManagerBytecode),
    RewardsDistributor: await sizes(rewardsDistributor, rewardsDistributorBytecode),
    DeliveryDisputes: await sizes(deliveryDisputes, deliveryDisputesBytecode),
  };
}

function firstOf({ channels }: GasChain): GasChain["channels"][number] {
  const [first] = channels;
  if (first === undefined) throw new Error("the chain has no channels");
  return first;
}
