import type { WeirErrorCode } from "../core/errorCatalogue.ts";
import type { ContractErrorName } from "./contractError.ts";

/** What to do about a contract's custom error, and the SDK's own code for it where there is one. */
interface ContractErrorCure {
  readonly cure: string;
  readonly code?: WeirErrorCode;
}

/** Every custom error of the contracts and the common ones of tokens. A new error in a contract fails the type check here. */
export const contractErrorCures: Readonly<Record<ContractErrorName, ContractErrorCure>> = {
  // PaymentChannels: construction
  NotAContract: { cure: "Deploy the token and the operator registry first, and name their addresses." },
  FeeTooHigh: { cure: "Choose a fee of at most MAX_FEE_BPS." },
  FeeCollectorMissing: { cure: "Name a fee collector, or set the fee to zero." },

  // PaymentChannels: accounts
  InvalidAddress: { cure: "Name a wallet: neither the zero address nor the escrow itself." },
  AccountOwnerMismatch: {
    cure: "This session key's account belongs to another wallet. Read the account and name its owner, or use a new key.",
  },
  NotAccountOwner: { cure: "Send this transaction from the wallet that owns the account." },
  BadSignature: { code: "wrong-signer", cure: "Sign with the named key, over this deployment's domain." },
  InsufficientBalance: { code: "account-empty", cure: "Deposit into the account first, or ask for less." },
  InexactTransfer: { cure: "The token moves other amounts than it is told to; Weir cannot work with it." },
  EscrowFull: { cure: "The escrow holds as much as it can express. Deposit less." },

  // PaymentChannels: channels
  NotPayer: { cure: "Send this transaction from the account's owner or from its session key." },
  NotPayee: { cure: "Send or sign this with the channel's payee or the agent it has registered now." },
  NotFeeCollector: { cure: "Send this transaction from the fee collector." },
  InvalidTerms: {
    code: "malformed-message",
    cure: "Name a payee, a price above zero, and a grace period from one hour to 30 days.",
  },
  ChannelUnknown: { code: "channel-unknown", cure: "Check all five fields of the channel, and fund it first." },
  ChannelIsClosed: { code: "channel-closed", cure: "Open a channel with a new nonce." },
  SettledBytesTooLow: { cure: "Settle the receipts you hold first, in the same multicall, then close." },
  CloseAlreadyRequested: { code: "close-pending", cure: "Wait until the grace period is over, then finalize." },
  CloseNotRequested: { cure: "Request the close first, and wait for the grace period." },
  GracePeriodNotOver: { cure: "Wait until closableAt, then finalize." },

  // PaymentChannels: beneath it
  ReentrancyGuardReentrantCall: { cure: "The token called back into the contract; Weir cannot work with it." },
  SafeCastOverflowedUintDowncast: { cure: "The amount is larger than the contract can express." },
  FailedCall: { cure: "A call of the multicall failed without a reason. Make the calls one by one to see which." },
  AddressEmptyCode: { cure: "There is no contract at this address." },

  // OperatorRegistry
  ZeroPrice: { code: "malformed-message", cure: "Advertise a price per GiB above zero." },
  DisputeWindowOutOfBounds: { cure: "Choose a dispute window from one day to 30 days." },
  AlreadyRegistered: { cure: "This operator is in the list. Update its listing instead." },
  NotRegistered: { cure: "Register the operator first." },
  EndpointLengthOutOfBounds: { cure: "Give a base URL of 1 to max bytes." },
  RegionTooLong: { cure: "Shorten the region to at most max bytes." },
  MetadataURITooLong: { cure: "Shorten the metadata URI to at most max bytes." },
  AgentTaken: { cure: "Make a new agent key: one that was ever appointed cannot be appointed again." },
  InvalidAgentSignature: {
    code: "wrong-signer",
    cure: "Let the agent key sign Agent(operator) for this operator, over the registry's domain.",
  },
  NoAgent: { cure: "Nothing to do: the operator has no agent." },
  NotBeneficiary: { cure: "Send this from the present beneficiary, or propose a new one and wait." },
  NoProposal: { cure: "Nothing to cancel: no proposal is pending." },

  // Construction of those above the escrow
  ParameterOutOfBounds: { cure: "Choose a value from min to max for the named parameter." },
  WrongContract: { cure: "Build the contracts for each other: the named one was built for another than this." },

  // StakeManager
  OperatorNotActive: {
    cure: "Delegate to another operator: this one has too little own stake, no agent, or one that was slashed for.",
  },
  DelegationTooHigh: { cure: "Delegate at most max, or wait until the operator stakes more itself." },
  CannotDelegateToSelf: { cure: "Stake instead: only others delegate to an operator." },
  CommissionTooHigh: { cure: "Accept a commission of at least actual, or set one of at most max." },
  CommissionRaisedAlready: { cure: "Wait for the next epoch to raise the commission again." },
  ZeroAmount: { code: "malformed-message", cure: "Name an amount, or a number of shares, that is worth something." },
  InsufficientShares: { cure: "Read the stake and unbond at most the shares that it holds." },
  UnbondingUnknown: { cure: "Read the unbondings for the right index; one that was withdrawn is gone." },
  StillUnbonding: { cure: "Wait until endsAt, then withdraw." },
  NotAuthorized: { cure: "Nothing to do: only the one contract that is expected may call this." },
  AgentRetired: { cure: "Nothing to do: the agent was slashed for before, and one key is slashed for once." },
  StakeFull: { cure: "The contract holds as much as it can express. Stake less." },

  // RewardsDistributor
  DistributedAlready: { cure: "Wait for the next epoch." },
  NoStake: { cure: "Stake first. Without stake all would be lost, and only the operator itself may do that." },

  // DeliveryDisputes
  NotCommitted: { cure: "Commit to these deliveries, in this order, with this salt and from this account, then wait." },
  CommitmentNotInForce: { cure: "Report between from and until; if until is over, commit anew with another salt." },
  NotAccountable: {
    cure: "Nothing to do: the deliveries are signed by no agent, or by one that no operator answers for any more.",
  },
  NotInManifest: { cure: "Prove the leaf from the complete list of the very manifest that the delivery names." },
  NoContradiction: { cure: "Nothing to do: the delivery says what the manifest, or the other delivery, says." },
  DifferentSubject: { cure: "Report two deliveries of one agent about one resource of one manifest." },

  // Tokens
  ERC20InsufficientBalance: { cure: "The wallet holds too little of the token. Get more of it or pay in less." },
  ERC20InsufficientAllowance: {
    cure: "Approve the contract that takes the tokens for the amount, or deposit with a permit or an authorization.",
  },
  ERC20InvalidSender: { cure: "Name a wallet as the sender." },
  ERC20InvalidReceiver: { cure: "Name a wallet as the receiver." },
  ERC20InvalidApprover: { cure: "Name a wallet as the owner of the tokens." },
  ERC20InvalidSpender: { cure: "Name the escrow or the stake manager as the spender." },
  SafeERC20FailedOperation: {
    cure: "The token refused the transfer. Check its balance, allowance and any block list.",
  },
};
