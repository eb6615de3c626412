import type { Abi } from "viem";
import { decodeEventLog } from "viem/utils";
import { isSameAddress } from "../../core/hex.ts";
import type { Address, Hex } from "../../core/hex.ts";
import { unpackTerms } from "../../core/receipt.ts";
import { WeirError } from "../../core/weirError.ts";
import type { MinedLog, WeirEvent, WeirEventName } from "../events.ts";
import { unpackSettlement } from "../paymentChannels/settlement.ts";
import { skipReason } from "../paymentChannels/skipReason.ts";

/** One contract whose logs are wanted. */
export interface EventSource {
  readonly contract: WeirEvent["contract"];
  readonly address: Address;
  readonly abi: Abi;
}

/**
 * The events of some contracts in the order of the logs, of the given names only if any are given. Logs of other addresses
 * are left out: anybody can emit an event that looks like ours.
 */
export function decodeContractEvents<Name extends WeirEventName>(
  sources: readonly EventSource[],
  logs: readonly MinedLog[],
  eventNames?: readonly Name[],
): readonly WeirEvent<Name>[] {
  return logs
    .flatMap((log) => {
      const source = sources.find(({ address }) => isSameAddress(log.address, address));
      return source === undefined ? [] : [decode(source, log)];
    })
    .filter((event): event is WeirEvent<Name> => eventNames?.some((name) => name === event.eventName) ?? true);
}

function decode({ abi, contract }: EventSource, log: MinedLog): WeirEvent {
  const { blockHash, blockNumber, data, logIndex, topics, transactionHash, transactionIndex } = log;
  const { eventName, args } = decodeLog(abi, topics, data);
  const position = { blockNumber, blockHash, transactionHash, transactionIndex, logIndex };
  // The ABI's own types tie each name to its arguments; `decodeEventLog` forgets them for an ABI that is a parameter.
  return { contract, eventName, args: refine(args), ...position } as unknown as WeirEvent;
}

function decodeLog(abi: Abi, topics: MinedLog["topics"], data: Hex): { eventName: string | undefined; args: unknown } {
  try {
    return decodeEventLog({ abi, data, topics, strict: true });
  } catch (cause) {
    throw new WeirError("wrong-contract", "the contract emits events that are not Weir's", { cause });
  }
}

/** Arguments as the contracts emit them, where that is not what they mean. */
interface Unrefined {
  readonly reason?: number;
  readonly settlements?: readonly { readonly channelId: Hex; readonly settled: bigint }[];
  readonly terms?: Hex;
}

function refine(args: unknown): unknown {
  const { reason, settlements, terms, ...others } = args as Unrefined;
  if (reason !== undefined) return { ...others, reason: skipReason(reason) };
  if (settlements !== undefined) return { ...others, settlements: settlements.map(unpackSettlement) };
  if (terms !== undefined) {
    const { pricePerGiB, gracePeriod, nonce } = unpackTerms(terms);
    return { ...others, pricePerGiB, gracePeriod, nonce };
  }
  return args;
}
