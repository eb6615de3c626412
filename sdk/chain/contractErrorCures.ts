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
  InexactTransfer: { cure: "The token moves other amounts than it is told to; the escrow cannot work with it." },
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
  ReentrancyGuardReentrantCall: { cure: "The token called back into the escrow; the escrow cannot work with it." },
  SafeCastOverflowedUintDowncast: { cure: "The amount is larger than the escrow can express." },
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

  // Tokens
  ERC20InsufficientBalance: { cure: "The wallet holds too little of the token. Get more of it or deposit less." },
  ERC20InsufficientAllowance: {
    cure: "Approve the escrow for the amount, or deposit with a permit or an authorization.",
  },
  ERC20InvalidSender: { cure: "Name a wallet as the sender." },
  ERC20InvalidReceiver: { cure: "Name a wallet as the receiver." },
  ERC20InvalidApprover: { cure: "Name a wallet as the owner of the tokens." },
  ERC20InvalidSpender: { cure: "Name the escrow as the spender." },
  SafeERC20FailedOperation: {
    cure: "The token refused the transfer. Check its balance, allowance and any block list.",
  },
};
