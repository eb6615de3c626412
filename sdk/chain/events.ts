import type { Abi, ContractEventName, GetEventArgs } from "viem";
import type { deliveryDisputesAbi } from "../abis/deliveryDisputes.ts";
import type { operatorRegistryAbi } from "../abis/operatorRegistry.ts";
import type { paymentChannelsAbi } from "../abis/paymentChannels.ts";
import type { rewardsDistributorAbi } from "../abis/rewardsDistributor.ts";
import type { stakeManagerAbi } from "../abis/stakeManager.ts";
import type { Address, Hex } from "../core/hex.ts";
import type { ChannelTerms } from "../core/channel.ts";
import type { Settlement } from "./paymentChannels/settlement.ts";
import type { SkipReason } from "./paymentChannels/skipReason.ts";

/** Arguments that the contracts pack or number, as they are meant. */
interface RefinedArgs {
  readonly Funded: ChannelTerms & {
    readonly channelId: Hex;
    readonly signer: Address;
    /** Everything reserved in the channel so far, in token base units. */
    readonly deposit: bigint;
  };
  readonly Settled: {
    readonly payee: Address;
    /** In the order of the rows, without the skipped ones. The fee is taken from the sum of their amounts, rounded down. */
    readonly settlements: readonly Settlement[];
  };
  readonly SettleSkipped: {
    readonly payee: Address;
    /** Zero when the row's signature is malformed. */
    readonly channelId: Hex;
    /** The row's place in the batch, from zero. */
    readonly row: bigint;
    readonly reason: SkipReason;
  };
  readonly FundSkipped: { readonly channelId: Hex; readonly payee: Address; readonly reason: SkipReason };
}

type ArgsOf<ContractAbi extends Abi, Name extends string> = Name extends keyof RefinedArgs
  ? RefinedArgs[Name]
  : Readonly<GetEventArgs<ContractAbi, Name, { EnableUnion: false; IndexedOnly: false; Required: true }>>;

/** Where on the chain an event stands. */
export interface EventPosition {
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly transactionHash: Hex;
  readonly transactionIndex: number;
  readonly logIndex: number;
}

interface ContractEvent<Contract extends string, ContractAbi extends Abi, Name extends string> extends EventPosition {
  /** Which contract emitted it. */
  readonly contract: Contract;
  readonly eventName: Name;
  readonly args: ArgsOf<ContractAbi, Name>;
}

/** The name of an event of PaymentChannels. */
export type PaymentChannelsEventName = Exclude<ContractEventName<typeof paymentChannelsAbi>, "EIP712DomainChanged">;

/** The name of an event of OperatorRegistry. */
export type OperatorRegistryEventName = Exclude<ContractEventName<typeof operatorRegistryAbi>, "EIP712DomainChanged">;

/** The name of an event of StakeManager. */
export type StakeManagerEventName = ContractEventName<typeof stakeManagerAbi>;

/** The name of an event of RewardsDistributor. */
export type RewardsDistributorEventName = ContractEventName<typeof rewardsDistributorAbi>;

/** The name of an event of DeliveryDisputes. */
export type DeliveryDisputesEventName = ContractEventName<typeof deliveryDisputesAbi>;

/** The name of an event of any Weir contract. */
export type WeirEventName =
  | PaymentChannelsEventName
  | OperatorRegistryEventName
  | StakeManagerEventName
  | RewardsDistributorEventName
  | DeliveryDisputesEventName;

/** The events of one contract: a union over their names. */
type EventsOf<Contract extends string, ContractAbi extends Abi, Name extends string> = {
  [N in Name]: ContractEvent<Contract, ContractAbi, N>;
}[Name];

/** An event, decoded: a union over `eventName`, or the events named. */
export type WeirEvent<Name extends WeirEventName = WeirEventName> =
  | EventsOf<"PaymentChannels", typeof paymentChannelsAbi, Name & PaymentChannelsEventName>
  | EventsOf<"OperatorRegistry", typeof operatorRegistryAbi, Name & OperatorRegistryEventName>
  | EventsOf<"StakeManager", typeof stakeManagerAbi, Name & StakeManagerEventName>
  | EventsOf<"RewardsDistributor", typeof rewardsDistributorAbi, Name & RewardsDistributorEventName>
  | EventsOf<"DeliveryDisputes", typeof deliveryDisputesAbi, Name & DeliveryDisputesEventName>;

/** A log of a mined transaction, as viem reports it in receipts and from `getLogs`. */
export interface MinedLog extends EventPosition {
  readonly address: Address;
  readonly data: Hex;
  readonly topics: [] | [signature: Hex, ...args: Hex[]];
}
