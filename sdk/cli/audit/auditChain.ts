import { zeroAddress } from "viem";
import {
  getWeirEvents,
  readAccount,
  readBurned,
  readChannel,
  readEarnings,
  readOperatorStakes,
  readRewards,
  readTokenBalance,
} from "../../chain/index.ts";
import type { ReadClient, WeirEvent } from "../../chain/index.ts";
import { isSameAddress } from "../../core/index.ts";
import type { Address, Deployment, Hex } from "../../core/index.ts";
import { emptyOpening, escrowHoldings, keepEscrow, newPayee, unfundedChannel } from "./escrowLedger.ts";
import type { EscrowLedger, EscrowOpening } from "./escrowLedger.ts";
import type { Findings } from "./findings.ts";
import { keepStakes } from "./stakeLedger.ts";
import type { StakeLedger } from "./stakeLedger.ts";
import { explainTransfers, getTransfers, holders } from "./tokenFlows.ts";
import type { Holder, TokenFlow, TokenTransfer } from "./tokenFlows.ts";

/** What to look at. */
export interface ChainAuditOptions {
  readonly deployment: Deployment;
  /** The first block; that of the deployment if undefined. A later one needs a node that knows the state before it. */
  readonly fromBlock: bigint | undefined;
  readonly toBlock: bigint;
  readonly onProgress: (what: string, done: bigint, all: bigint) => void;
}

/** A contract that holds tokens: what came, what went, and what it holds them for. Amounts are token base units. */
export interface HolderAudit {
  /** Before the first block. */
  readonly before: bigint;
  readonly flow: TokenFlow;
  /** At the last block. */
  readonly balance: bigint;
  /** What the balance is for, by name; undefined if the blocks do not begin with the deployment. */
  readonly holdings: Readonly<Record<string, bigint>> | undefined;
}

/** What the chain alone shows. */
export interface ChainAudit {
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
  readonly events: number;
  readonly escrow: EscrowLedger;
  readonly stakes: StakeLedger;
  readonly contracts: Readonly<Record<Holder, HolderAudit>>;
}

const BLOCKS_PER_PAGE = 10_000n;
/** Reads under way at a time. */
const PARALLEL = 32;

/**
 * Replays every event of the contracts and every transfer of the token, keeps the books by itself, and compares them with
 * what the contracts state and hold.
 *
 * @throws WeirError `chain-unavailable`
 */
export async function auditChain(
  client: ReadClient,
  options: ChainAuditOptions,
  findings: Findings,
): Promise<ChainAudit> {
  const { deployment, onProgress, toBlock } = options;
  const began = firstBlock(deployment);
  const fromBlock = options.fromBlock !== undefined && options.fromBlock > began ? options.fromBlock : began;
  const isWhole = fromBlock === began;
  const events: WeirEvent[] = [];
  const transfers: TokenTransfer[] = [];
  for (let first = fromBlock; first <= toBlock; first += BLOCKS_PER_PAGE) {
    const end = first + BLOCKS_PER_PAGE - 1n;
    const last = end < toBlock ? end : toBlock;
    const [page, moved] = await Promise.all([
      getWeirEvents(client, { deployment, fromBlock: first, toBlock: last }),
      getTransfers(client, deployment, first, last),
    ]);
    events.push(...page);
    transfers.push(...moved);
    onProgress("blocks", last - fromBlock + 1n, toBlock - fromBlock + 1n);
  }
  const before = isWhole ? undefined : fromBlock - 1n;
  const { claimable, escrowOpening } =
    before === undefined
      ? { escrowOpening: emptyOpening(), claimable: new Map<Address, bigint>() }
      : await readOpening(client, deployment, events, before);
  const burnedBefore = before === undefined ? 0n : await readBurned(client, { deployment, blockNumber: before });
  const escrow = keepEscrow(events, deployment.feeBps, findings, escrowOpening);
  const stakes = keepStakes(events, findings, claimable);
  await compareEscrow(client, deployment, escrow, toBlock, findings, onProgress);
  const held = await compareStakes(client, deployment, stakes, { toBlock, burnedBefore, isWhole }, findings);

  const escrowOwes = escrowHoldings(escrow);
  const owes: Readonly<Record<Holder, Readonly<Record<string, bigint>>>> = {
    paymentChannels: escrowOwes,
    stakeManager: held,
    rewardsDistributor: { "out of the world": stakes.totals.fees - stakes.totals.rewards },
  };
  const audits = await Promise.all(
    holders.map(async (holder): Promise<readonly [Holder, HolderAudit]> => {
      const owner = deployment[holder].address;
      const flow = explainTransfers(holder, deployment, transfers, events, findings);
      const [balance, opening] = await Promise.all([
        readTokenBalance(client, { deployment, owner, blockNumber: toBlock }),
        before === undefined ? 0n : readTokenBalance(client, { deployment, owner, blockNumber: before }),
      ]);
      findings.expectSame(
        `the balance of ${holder}, by the token's transfers`,
        opening + flow.received - flow.sent,
        balance,
      );
      if (!isWhole) return [holder, { before: opening, flow, balance, holdings: undefined }];
      const gifts = flow.gifts.reduce((sum, { amount }) => sum + amount, 0n);
      const holdings = { ...owes[holder], "sent directly": gifts };
      const sum = Object.values(holdings).reduce((total, amount) => total + amount, 0n);
      findings.expectSame(`the balance of ${holder}, by what it is held for`, sum, balance);
      return [holder, { before: opening, flow, balance, holdings }];
    }),
  );
  const contracts = Object.fromEntries(audits) as Record<Holder, HolderAudit>;
  return { fromBlock, toBlock, events: events.length, escrow, stakes, contracts };
}

function firstBlock(deployment: Deployment): bigint {
  const { deliveryDisputes, operatorRegistry, paymentChannels, rewardsDistributor, stakeManager } = deployment;
  const contracts = [paymentChannels, operatorRegistry, stakeManager, rewardsDistributor, deliveryDisputes];
  return BigInt(Math.min(...contracts.map(({ deployedAt }) => deployedAt)));
}

/** What everybody had before the first block, of those that something happened to since. */
async function readOpening(
  client: ReadClient,
  deployment: Deployment,
  events: readonly WeirEvent[],
  blockNumber: bigint,
): Promise<{ readonly escrowOpening: EscrowOpening; readonly claimable: Map<Address, bigint> }> {
  const signers = new Set<Address>();
  const payees = new Set<Address>();
  const ids = new Set<Hex>();
  const claimants = new Set<Address>();
  for (const { args, eventName } of events) {
    if ("signer" in args) signers.add(args.signer);
    if ("payee" in args) payees.add(args.payee);
    if ("channelId" in args) ids.add(args.channelId);
    if (eventName === "Settled") for (const { channelId } of args.settlements) ids.add(channelId);
    if (eventName === "RewardsAdded") claimants.add(args.operator);
    if (eventName === "RewardsClaimed") claimants.add(args.account);
    if (eventName === "Slashed") claimants.add(args.reporter);
  }
  const opening = emptyOpening();
  const funded = await getWeirEvents(client, { deployment, toBlock: blockNumber, eventNames: ["Funded"] });
  for (const { args } of funded) {
    const { channelId, gracePeriod, nonce, payee, pricePerGiB, signer } = args;
    if (ids.has(channelId)) {
      opening.channels.set(channelId, unfundedChannel({ signer, payee, pricePerGiB, gracePeriod, nonce }));
    }
  }
  await forEach(opening.channels, async ([channel, state]) => {
    const { closed, deposit, settledBytes } = await readChannel(client, { deployment, channel, blockNumber });
    Object.assign(state, { closed, deposit, settledBytes });
  });
  await forEach(signers, async (signer) => {
    const { balance, owner } = await readAccount(client, { deployment, signer, blockNumber });
    opening.accounts.set(signer, { owner: owner === zeroAddress ? undefined : owner, balance });
  });
  await forEach(payees, async (payee) => {
    const { balance, fees, provenBytes } = await readEarnings(client, { deployment, payee, blockNumber });
    opening.payees.set(payee, { ...newPayee(), earnings: balance, fees, provenBytes });
  });
  const claimable = new Map<Address, bigint>();
  await forEach(claimants, async (account) => {
    claimable.set(account, await readRewards(client, { deployment, account, blockNumber }));
  });
  return { escrowOpening: opening, claimable };
}

async function compareEscrow(
  client: ReadClient,
  deployment: Deployment,
  { accounts, channels, payees }: EscrowLedger,
  blockNumber: bigint,
  { add, expectSame }: Findings,
  onProgress: ChainAuditOptions["onProgress"],
): Promise<void> {
  const all = BigInt(accounts.size + channels.size + payees.size);
  let done = 0n;
  const count = (): void => {
    onProgress("accounts, channels and payees", ++done, all);
  };
  await forEach(accounts, async ([signer, { balance, owner }]) => {
    const state = await readAccount(client, { deployment, signer, blockNumber });
    expectSame(`the account of ${signer}`, balance, state.balance);
    if (!isSameAddress(owner ?? zeroAddress, state.owner)) {
      add(`the account of ${signer} belongs to ${state.owner}, not to ${String(owner)}`);
    }
    count();
  });
  await forEach(channels, async ([channel, { closed, deposit, settledBytes }]) => {
    const state = await readChannel(client, { deployment, channel, blockNumber });
    expectSame("the deposit of a channel", deposit, state.deposit, { channel });
    expectSame("the settled bytes of a channel", settledBytes, state.settledBytes, { channel });
    expectSame("whether a channel is closed", closed, state.closed, { channel });
    count();
  });
  await forEach(payees, async ([payee, { earnings, fees, provenBytes }]) => {
    const state = await readEarnings(client, { deployment, payee, blockNumber });
    expectSame(`the earnings of ${payee}`, earnings, state.balance);
    expectSame(`the fees of ${payee}`, fees, state.fees);
    expectSame(`the proven bytes of ${payee}`, provenBytes, state.provenBytes);
    count();
  });
}

/** @returns what the stake manager holds its tokens for */
async function compareStakes(
  client: ReadClient,
  deployment: Deployment,
  { claimable, operators, totals }: StakeLedger,
  { burnedBefore, isWhole, toBlock }: { toBlock: bigint; burnedBefore: bigint; isWhole: boolean },
  { add, expectSame }: Findings,
): Promise<Readonly<Record<string, bigint>>> {
  let claims = 0n;
  await forEach(claimable, async ([account, amount]) => {
    expectSame(
      `what ${account} can claim`,
      amount,
      await readRewards(client, { deployment, account, blockNumber: toBlock }),
    );
    claims += amount;
  });
  const burned = burnedBefore + totals.slashed - totals.reporterCuts;
  expectSame(
    "what slashes took out of the world",
    burned,
    await readBurned(client, { deployment, blockNumber: toBlock }),
  );
  if (!isWhole) return {};
  const known = [...operators.keys()];
  const stakes = await readOperatorStakes(client, { deployment, operators: known, blockNumber: toBlock });
  let stake = 0n;
  let arriving = 0n;
  for (const [i, { delegated, delegatedUnbonding, own, ownUnbonding }] of stakes.entries()) {
    const operator = known[i] ?? zeroAddress;
    const stated = own + ownUnbonding + delegated + delegatedUnbonding;
    const booked = operators.get(operator) ?? 0n;
    // What is missing of the books is rewards that reach their pools over the epoch after.
    if (stated > booked) add(`behind ${operator} there is ${stated}, and only ${booked} ever came`);
    stake += stated;
    arriving += booked - stated;
  }
  if (arriving > totals.rewards) add(`${arriving} is missing behind operators, more than rewards can still arrive`);
  return { stake, "rewards that arrive": arriving, "rewards to claim": claims, "out of the world": burned };
}

/** Runs `work` for all, a few at a time. */
async function forEach<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  const all = [...items];
  for (let next = 0; next < all.length; next += PARALLEL) {
    await Promise.all(all.slice(next, next + PARALLEL).map(work));
  }
}
