export type { ReadClient, WriteClient } from "./clients.ts";
export { encodeCall } from "./contractCall.ts";
export type { CallOf, ContractCall } from "./contractCall.ts";
export { ContractError, isContractError } from "./contractError.ts";
export type {
  ContractErrorArgs,
  ContractErrorArgsOf,
  ContractErrorName,
  ContractErrorOptions,
} from "./contractError.ts";
export { decodeEvents } from "./decodeEvents.ts";
export type {
  EventPosition,
  MinedLog,
  OperatorRegistryEventName,
  PaymentChannelsEventName,
  WeirEvent,
  WeirEventName,
} from "./events.ts";
export { getWeirEvents } from "./getWeirEvents.ts";
export type { EventFilter, GetWeirEventsOptions } from "./getWeirEvents.ts";
export { readDomain } from "./readDomain.ts";
export type { ReadDomainOptions } from "./readDomain.ts";
export type { TransactionOverrides, WaitOptions } from "./transactionOptions.ts";
export { verifyDeployment } from "./verifyDeployment.ts";
export { close, closeCall, closeSync } from "./paymentChannels/close.ts";
export type { CloseOptions } from "./paymentChannels/close.ts";
export {
  closeWithSignature,
  closeWithSignatureCall,
  closeWithSignatureSync,
} from "./paymentChannels/closeWithSignature.ts";
export type { CloseWithSignatureOptions } from "./paymentChannels/closeWithSignature.ts";
export { deposit, depositCall, depositSync } from "./paymentChannels/deposit.ts";
export type { DepositOptions } from "./paymentChannels/deposit.ts";
export {
  depositWithAuthorization,
  depositWithAuthorizationCall,
  depositWithAuthorizationSync,
} from "./paymentChannels/depositWithAuthorization.ts";
export type { DepositWithAuthorizationOptions } from "./paymentChannels/depositWithAuthorization.ts";
export {
  depositWithPermit,
  depositWithPermitCall,
  depositWithPermitSync,
} from "./paymentChannels/depositWithPermit.ts";
export type { DepositWithPermitOptions } from "./paymentChannels/depositWithPermit.ts";
export { finalizeClose, finalizeCloseCall, finalizeCloseSync } from "./paymentChannels/finalizeClose.ts";
export type { FinalizeCloseOptions } from "./paymentChannels/finalizeClose.ts";
export { fund, fundCall, fundSync } from "./paymentChannels/fund.ts";
export type { FundOptions } from "./paymentChannels/fund.ts";
export { fundMany, fundManyCall, fundManySync } from "./paymentChannels/fundMany.ts";
export type { FundManyOptions, Funding } from "./paymentChannels/fundMany.ts";
export {
  fundWithSignature,
  fundWithSignatureCall,
  fundWithSignatureSync,
} from "./paymentChannels/fundWithSignature.ts";
export type { FundWithSignatureOptions } from "./paymentChannels/fundWithSignature.ts";
export { multicall, multicallCall, multicallSync } from "./paymentChannels/multicall.ts";
export type { MulticallOptions } from "./paymentChannels/multicall.ts";
export { readAccount, readAccountCall } from "./paymentChannels/readAccount.ts";
export type { ReadAccountOptions } from "./paymentChannels/readAccount.ts";
export { readChannel, readChannelCall } from "./paymentChannels/readChannel.ts";
export type { ReadChannelOptions } from "./paymentChannels/readChannel.ts";
export { readEarnings, readEarningsCall } from "./paymentChannels/readEarnings.ts";
export type { ReadEarningsOptions } from "./paymentChannels/readEarnings.ts";
export { readParameters } from "./paymentChannels/readParameters.ts";
export type { EscrowParameters } from "./paymentChannels/readParameters.ts";
export { requestClose, requestCloseCall, requestCloseSync } from "./paymentChannels/requestClose.ts";
export type { RequestCloseOptions } from "./paymentChannels/requestClose.ts";
export { settle, settleCall, settleSync } from "./paymentChannels/settle.ts";
export type { SettleOptions } from "./paymentChannels/settle.ts";
export type { Settlement } from "./paymentChannels/settlement.ts";
export { signClose } from "./paymentChannels/signClose.ts";
export type { SignCloseOptions } from "./paymentChannels/signClose.ts";
export { signFund } from "./paymentChannels/signFund.ts";
export type { SignFundOptions } from "./paymentChannels/signFund.ts";
export { signSession } from "./paymentChannels/signSession.ts";
export type { SignSessionOptions } from "./paymentChannels/signSession.ts";
export type { SkipReason } from "./paymentChannels/skipReason.ts";
export { withdraw, withdrawCall, withdrawSync } from "./paymentChannels/withdraw.ts";
export type { WithdrawOptions } from "./paymentChannels/withdraw.ts";
export { withdrawEarnings, withdrawEarningsCall, withdrawEarningsSync } from "./paymentChannels/withdrawEarnings.ts";
export type { WithdrawEarningsOptions } from "./paymentChannels/withdrawEarnings.ts";
export {
  cancelBeneficiaryProposal,
  cancelBeneficiaryProposalCall,
  cancelBeneficiaryProposalSync,
} from "./operatorRegistry/cancelBeneficiaryProposal.ts";
export type { CancelBeneficiaryProposalOptions } from "./operatorRegistry/cancelBeneficiaryProposal.ts";
export { clearAgent, clearAgentCall, clearAgentSync } from "./operatorRegistry/clearAgent.ts";
export type { ClearAgentOptions } from "./operatorRegistry/clearAgent.ts";
export { deregister, deregisterCall, deregisterSync } from "./operatorRegistry/deregister.ts";
export type { DeregisterOptions } from "./operatorRegistry/deregister.ts";
export type { Listing, OperatorRecord } from "./operatorRegistry/listing.ts";
export {
  proposeBeneficiary,
  proposeBeneficiaryCall,
  proposeBeneficiarySync,
} from "./operatorRegistry/proposeBeneficiary.ts";
export type { ProposeBeneficiaryOptions } from "./operatorRegistry/proposeBeneficiary.ts";
export { findRelays } from "./operatorRegistry/findRelays.ts";
export type { FindRelaysOptions, FoundRelay } from "./operatorRegistry/findRelays.ts";
export { readAccountableOperator, readAccountableOperatorCall } from "./operatorRegistry/readAccountableOperator.ts";
export type { ReadAccountableOperatorOptions } from "./operatorRegistry/readAccountableOperator.ts";
export { readAgent, readAgentCall } from "./operatorRegistry/readAgent.ts";
export type { ReadAgentOptions } from "./operatorRegistry/readAgent.ts";
export { readAgentRecord, readAgentRecordCall } from "./operatorRegistry/readAgentRecord.ts";
export type { AgentRecord, ReadAgentRecordOptions } from "./operatorRegistry/readAgentRecord.ts";
export { readBeneficiary, readBeneficiaryCall } from "./operatorRegistry/readBeneficiary.ts";
export type { ReadBeneficiaryOptions } from "./operatorRegistry/readBeneficiary.ts";
export { readIsAgent, readIsAgentCall } from "./operatorRegistry/readIsAgent.ts";
export type { ReadIsAgentOptions } from "./operatorRegistry/readIsAgent.ts";
export { readIsRegistered, readIsRegisteredCall } from "./operatorRegistry/readIsRegistered.ts";
export type { ReadIsRegisteredOptions } from "./operatorRegistry/readIsRegistered.ts";
export { readOperator, readOperatorCall } from "./operatorRegistry/readOperator.ts";
export type { ReadOperatorOptions } from "./operatorRegistry/readOperator.ts";
export { readOperators, readOperatorsCall } from "./operatorRegistry/readOperators.ts";
export type { OperatorPage, ReadOperatorsCallOptions, ReadOperatorsOptions } from "./operatorRegistry/readOperators.ts";
export { readPendingBeneficiary, readPendingBeneficiaryCall } from "./operatorRegistry/readPendingBeneficiary.ts";
export type { PendingBeneficiary, ReadPendingBeneficiaryOptions } from "./operatorRegistry/readPendingBeneficiary.ts";
export { readRegistryParameters } from "./operatorRegistry/readRegistryParameters.ts";
export type { RegistryParameters } from "./operatorRegistry/readRegistryParameters.ts";
export { register, registerCall, registerSync } from "./operatorRegistry/register.ts";
export type { RegisterOptions } from "./operatorRegistry/register.ts";
export { setAgent, setAgentCall, setAgentSync } from "./operatorRegistry/setAgent.ts";
export type { SetAgentOptions } from "./operatorRegistry/setAgent.ts";
export { setBeneficiary, setBeneficiaryCall, setBeneficiarySync } from "./operatorRegistry/setBeneficiary.ts";
export type { SetBeneficiaryOptions } from "./operatorRegistry/setBeneficiary.ts";
export { signAgent } from "./operatorRegistry/signAgent.ts";
export type { SignAgentOptions } from "./operatorRegistry/signAgent.ts";
export { updateListing, updateListingCall, updateListingSync } from "./operatorRegistry/updateListing.ts";
export type { UpdateListingOptions } from "./operatorRegistry/updateListing.ts";
export { approve, approveCall, approveSync } from "./token/approve.ts";
export type { ApproveOptions } from "./token/approve.ts";
export { readToken } from "./token/readToken.ts";
export type { ReadTokenOptions } from "./token/readToken.ts";
export { readTokenAllowance, readTokenAllowanceCall } from "./token/readTokenAllowance.ts";
export type { ReadTokenAllowanceOptions } from "./token/readTokenAllowance.ts";
export { readTokenBalance, readTokenBalanceCall } from "./token/readTokenBalance.ts";
export type { ReadTokenBalanceOptions } from "./token/readTokenBalance.ts";
export { signAuthorization } from "./token/signAuthorization.ts";
export type { DepositAuthorization, SignAuthorizationOptions } from "./token/signAuthorization.ts";
export { signPermit } from "./token/signPermit.ts";
export type { Permit, SignPermitOptions } from "./token/signPermit.ts";
export type { MessageSigner } from "./internal/signMessage.ts";
export type { PaymentChannelsCall } from "./internal/paymentChannelsCall.ts";
export type { OperatorRegistryCall } from "./internal/operatorRegistryCall.ts";
export type { ReadAction, ReadAt } from "./internal/readAction.ts";
export type { WriteAction } from "./internal/writeAction.ts";
export type { SyncResult, WriteSyncAction } from "./internal/writeSyncAction.ts";
