import { createPublicClient, createTestClient, createWalletClient, http } from "viem";
import type { LocalAccount } from "viem";
import { deployWeir } from "../../scripts/deploy/deployWeir.ts";
import { weirTestTokenAbi } from "../../sdk/abis/index.ts";
import {
  approveSync,
  depositCall,
  encodeCall,
  fundCall,
  multicallSync,
  settleCall,
  signSession,
} from "../../sdk/chain/index.ts";
import type { ContractCall } from "../../sdk/chain/index.ts";
import { paymentChannelsDomain, receiptDigest, toSettleRow } from "../../sdk/core/index.ts";
import type { Address, Deployment, SegmentReceipt, SessionSigner, SettleRow } from "../../sdk/core/index.ts";
import { anvilAccount, startAnvil } from "../../scripts/local/anvil.ts";
import { gasChannel } from "./fixture.ts";
import type { GasChannel } from "./fixture.ts";

/** A node with an escrow in its steady state. */
export interface GasChain {
  readonly deployment: Deployment;
  /** Owns every account. */
  readonly owner: LocalAccount;
  readonly payee: LocalAccount;
  /** Funded, and settled before. */
  readonly channels: readonly GasChannel[];
  /** The gas that a call's transaction uses by its receipt, after those that it needs. All are undone. */
  gasOf(call: SentCall, ...before: readonly SentCall[]): Promise<bigint>;
  /** Bytes of a contract's runtime code. */
  codeSize(address: Address): Promise<number>;
  /** Ends the node. */
  stop(): Promise<void>;
}

/** A call with who sends it, and how long after the block before. */
export interface SentCall {
  readonly from: LocalAccount;
  readonly call: ContractCall;
  /** Default 1. */
  readonly secondsLater?: number;
}

const FEE_BPS = 250;
const ACCOUNT_BALANCE = 100n * 10n ** 18n + 1n;
const SETUP_BATCH = 50;
/** Block times are fixed: the escrow's salt, and so every signature's bytes and what they cost, follow from block hashes. */
const GENESIS = Date.parse("2026-01-01T00:00:00Z") / 1_000;

/**
 * Starts a node with prague's rules and an escrow in which everything that is measured holds money already: the accounts,
 * the channels, and the payee's earnings and fees.
 */
export async function startGasChain(channelCount: number): Promise<GasChain> {
  const anvil = await startAnvil({ hardfork: "prague", timestamp: GENESIS });
  const transport = http(anvil.url);
  const settings = { transport, pollingInterval: 20 };
  const publicClient = createPublicClient(settings);
  const testClient = createTestClient({ ...settings, mode: "anvil" });
  const wallet = (account: LocalAccount) => createWalletClient({ ...settings, account });
  const [owner, payee] = [anvilAccount(0), anvilAccount(1)];
  try {
    await testClient.setBlockTimestampInterval({ interval: 1 });
    const deployment = await deployWeir(wallet(owner), { feeBps: FEE_BPS });
    const channels = Array.from({ length: channelCount }, (_, index) => gasChannel(payee.address, index));

    // One deposit more than there are channels: for an account that is opened while it is measured.
    const amount = ACCOUNT_BALANCE * BigInt(channelCount + 2);
    const mint = { address: deployment.token.address, abi: weirTestTokenAbi, functionName: "mint" } as const;
    const hash = await wallet(owner).writeContract({ ...mint, args: [owner.address, amount], chain: null });
    await publicClient.waitForTransactionReceipt({ hash });
    await approveSync(wallet(owner), { deployment, amount });
    for (let first = 0; first < channelCount; first += SETUP_BATCH) {
      const batch = channels.slice(first, first + SETUP_BATCH);
      const calls = await Promise.all(batch.map(async (entry) => openCalls(deployment, owner.address, entry)));
      const rows = await Promise.all(batch.map(async (entry) => signedRow(deployment, entry.session, entry.settled)));
      const settle = settleCall({ deployment, payee: payee.address, rows });
      await multicallSync(wallet(owner), { deployment, calls: [...calls.flat(), settle] });
    }

    const send = async ({ from, call, secondsLater = 1 }: SentCall): Promise<bigint> => {
      const { timestamp } = await publicClient.getBlock();
      await testClient.setNextBlockTimestamp({ timestamp: timestamp + BigInt(secondsLater) });
      const gas = 16_000_000n;
      const sent = await wallet(from).sendTransaction({ to: call.address, data: encodeCall(call), gas, chain: null });
      const receipt = await publicClient.waitForTransactionReceipt({ hash: sent });
      if (receipt.status !== "success") throw new Error(`${call.functionName} failed`);
      return receipt.gasUsed;
    };
    return {
      deployment,
      owner,
      payee,
      channels,
      async gasOf(call, ...before) {
        const id = await testClient.snapshot();
        for (const each of before) await send(each);
        const gas = await send(call);
        await testClient.revert({ id });
        return gas;
      },
      async codeSize(address) {
        const code = await publicClient.getCode({ address });
        return ((code?.length ?? 2) - 2) / 2;
      },
      stop: async () => anvil.stop(),
    };
  } catch (error) {
    await anvil.stop();
    throw error;
  }
}

/** The row that settles a receipt. */
export async function signedRow(
  deployment: Deployment,
  session: SessionSigner,
  receipt: SegmentReceipt,
): Promise<SettleRow> {
  const digest = receiptDigest(paymentChannelsDomain(deployment), receipt);
  return toSettleRow(receipt, await session.signDigest(digest));
}

async function openCalls(deployment: Deployment, owner: Address, { channel, deposit, session }: GasChannel) {
  const { signer } = channel;
  const word = await signSession(session, { deployment, owner });
  return [
    depositCall({ deployment, signer, owner, amount: ACCOUNT_BALANCE, session: word }),
    fundCall({ deployment, channel, total: deposit }),
  ];
}
