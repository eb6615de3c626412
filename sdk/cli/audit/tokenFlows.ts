import { erc20Abi } from "viem";
import { decodeEventLog, encodeEventTopics, formatLog, numberToHex, pad } from "viem/utils";
import { isSameAddress, WeirError } from "../../core/index.ts";
import type { Address, Deployment, Hex } from "../../core/index.ts";
import { toWeirError } from "../../chain/internal/toWeirError.ts";
import type { ReadClient, WeirEvent } from "../../chain/index.ts";
import type { Findings } from "./findings.ts";

/** Contracts that hold tokens. */
export const holders = ["paymentChannels", "stakeManager", "rewardsDistributor"] as const;

/** A contract that holds tokens. */
export type Holder = (typeof holders)[number];

/** One transfer of the token to or from a contract. */
export interface TokenTransfer {
  readonly from: Address;
  readonly to: Address;
  readonly value: bigint;
  readonly transaction: Hex;
}

/** What the token itself says went into and out of a contract, beside what the contract's events say. */
export interface TokenFlow {
  readonly received: bigint;
  readonly sent: bigint;
  /** Tokens that somebody sent without a call: nobody can take them out again. */
  readonly gifts: readonly TokenGift[];
}

/** Tokens that came without a call. */
export interface TokenGift {
  readonly amount: bigint;
  readonly transaction: Hex;
}

const [transferTopic] = encodeEventTopics({ abi: erc20Abi, eventName: "Transfer" });

/**
 * All transfers of the token to or from Weir's contracts.
 *
 * @throws WeirError `chain-unavailable`
 */
export async function getTransfers(
  client: ReadClient,
  { token, ...deployment }: Deployment,
  fromBlock: bigint,
  toBlock: bigint,
): Promise<TokenTransfer[]> {
  const ours = holders.map((holder) => pad(deployment[holder].address, { size: 32 }));
  const range = { address: token.address, fromBlock: numberToHex(fromBlock), toBlock: numberToHex(toBlock) };
  try {
    const pages = await Promise.all(
      [
        [transferTopic, ours],
        [transferTopic, null, ours],
      ].map(async (topics) =>
        client.request({ method: "eth_getLogs", params: [{ ...range, topics: topics as Hex[] }] }),
      ),
    );
    const logs = new Map(
      pages.flat().map((log) => [`${String(log.blockHash)} ${String(log.logIndex)}`, formatLog(log)]),
    );
    return Array.from(logs.values(), ({ data, topics, transactionHash }) => {
      const { args } = decodeEventLog({ abi: erc20Abi, eventName: "Transfer", data, topics });
      if (transactionHash === null)
        throw new WeirError("chain-unavailable", "the node returns logs that are not mined");
      return { ...args, transaction: transactionHash };
    });
  } catch (error) {
    throw toWeirError(error);
  }
}

/**
 * Explains every transfer of the token to and from a contract by the contract's events, transaction by transaction.
 * What came in without an event was sent directly; nothing may go out without one.
 */
export function explainTransfers(
  holder: Holder,
  { [holder]: { address } }: Deployment,
  transfers: readonly TokenTransfer[],
  events: readonly WeirEvent[],
  findings: Findings,
): TokenFlow {
  const received = new Map<Hex, bigint>();
  const sent = new Map<Hex, bigint>();
  const add = (map: Map<Hex, bigint>, transaction: Hex, amount: bigint): void => {
    map.set(transaction, (map.get(transaction) ?? 0n) + amount);
  };
  let into = 0n;
  let out = 0n;
  for (const { from, to, transaction, value } of transfers) {
    if (isSameAddress(to, address)) {
      add(received, transaction, value);
      into += value;
    }
    if (isSameAddress(from, address)) {
      add(sent, transaction, value);
      out += value;
    }
  }
  for (const event of events) {
    const { received: credited, sent: paid } = movedBy(holder, event);
    add(received, event.transactionHash, -credited);
    add(sent, event.transactionHash, -paid);
  }
  const gifts: TokenGift[] = [];
  for (const [transaction, amount] of received) {
    if (amount > 0n) gifts.push({ amount, transaction });
    if (amount < 0n) findings.add(`${holder} credited ${-amount} that it never received`, { transaction });
  }
  for (const [transaction, amount] of sent) {
    findings.expectSame(`tokens that left ${holder} without an event`, 0n, amount, { transaction });
  }
  return { received: into, sent: out, gifts };
}

/** What an event says went into and out of a contract. */
function movedBy(holder: Holder, event: WeirEvent): { readonly received: bigint; readonly sent: bigint } {
  const into = (received: bigint): { received: bigint; sent: bigint } => ({ received, sent: 0n });
  const out = (sent: bigint): { received: bigint; sent: bigint } => ({ received: 0n, sent });
  switch (`${holder} ${event.eventName}`) {
    case "paymentChannels Deposited":
    case "stakeManager Staked":
    case "stakeManager Delegated":
    case "rewardsDistributor FeesCollected":
      return into(amountOf(event));
    case "paymentChannels Withdrawn":
    case "paymentChannels EarningsWithdrawn":
    case "paymentChannels FeesCollected":
    case "stakeManager StakeWithdrawn":
    case "stakeManager RewardsClaimed":
      return out(amountOf(event));
    case "stakeManager RewardsAdded":
      return into(addedBy(event));
    case "rewardsDistributor RewardsAdded":
      return out(addedBy(event));
    default:
      return { received: 0n, sent: 0n };
  }
}

function amountOf({ args }: WeirEvent): bigint {
  return "amount" in args ? args.amount : 0n;
}

function addedBy(event: WeirEvent): bigint {
  if (event.eventName !== "RewardsAdded") return 0n;
  const { commission, delegated, own } = event.args;
  return own + delegated + commission;
}
