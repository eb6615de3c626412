export type { ReadClient, RpcClient, WriteClient } from "./clients.ts";
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
  DeliveryDisputesEventName,
  EventPosition,
  MinedLog,
  OperatorRegistryEventName,
  PaymentChannelsEventName,
  RewardsDistributorEventName,
  StakeManagerEventName,
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
export { openAccount } from "./paymentChannels/openAccount.ts";
export type { OpenAccountOptions } from "./paymentChannels/openAccount.ts";
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
export { claimRewards, claimRewardsCall, claimRewardsSync } from "./stakeManager/claimRewards.ts";
export type { ClaimRewardsOptions } from "./stakeManager/claimRewards.ts";
export { delegate, delegateCall, delegateSync } from "./stakeManager/delegate.ts";
export type { DelegateOptions } from "./stakeManager/delegate.ts";
export type { OperatorStake } from "./stakeManager/operatorStake.ts";
export { readBurned, readBurnedCall } from "./stakeManager/readBurned.ts";
export { readEpoch, readEpochCall } from "./stakeManager/readEpoch.ts";
export { readIsActive, readIsActiveCall } from "./stakeManager/readIsActive.ts";
export type { ReadIsActiveOptions } from "./stakeManager/readIsActive.ts";
export { readIsRetired, readIsRetiredCall } from "./stakeManager/readIsRetired.ts";
export type { ReadIsRetiredOptions } from "./stakeManager/readIsRetired.ts";
export { readOperatorStake, readOperatorStakeCall } from "./stakeManager/readOperatorStake.ts";
export type { ReadOperatorStakeOptions } from "./stakeManager/readOperatorStake.ts";
export { readOperatorStakes, readOperatorStakesCall } from "./stakeManager/readOperatorStakes.ts";
export type { ReadOperatorStakesCallOptions, ReadOperatorStakesOptions } from "./stakeManager/readOperatorStakes.ts";
export { readRewards, readRewardsCall } from "./stakeManager/readRewards.ts";
export type { ReadRewardsOptions } from "./stakeManager/readRewards.ts";
export { readStake, readStakeCall } from "./stakeManager/readStake.ts";
export type { ReadStakeOptions, Stake } from "./stakeManager/readStake.ts";
export { readStakeParameters } from "./stakeManager/readStakeParameters.ts";
export type { StakeParameters } from "./stakeManager/readStakeParameters.ts";
export { readUnbondings } from "./stakeManager/readUnbondings.ts";
export type { ReadUnbondingsOptions, Unbonding, UnbondingPage } from "./stakeManager/readUnbondings.ts";
export { setCommission, setCommissionCall, setCommissionSync } from "./stakeManager/setCommission.ts";
export type { SetCommissionOptions } from "./stakeManager/setCommission.ts";
export { stake, stakeCall, stakeSync } from "./stakeManager/stake.ts";
export type { StakeOptions } from "./stakeManager/stake.ts";
export { unbond, unbondCall, unbondSync } from "./stakeManager/unbond.ts";
export type { UnbondOptions } from "./stakeManager/unbond.ts";
export { withdrawStake, withdrawStakeCall, withdrawStakeSync } from "./stakeManager/withdrawStake.ts";
export type { WithdrawStakeOptions } from "./stakeManager/withdrawStake.ts";
export { distribute, distributeCall, distributeSync } from "./rewardsDistributor/distribute.ts";
export type { DistributeOptions } from "./rewardsDistributor/distribute.ts";
export { readDistributedIn, readDistributedInCall } from "./rewardsDistributor/readDistributedIn.ts";
export type { ReadDistributedInOptions } from "./rewardsDistributor/readDistributedIn.ts";
export { readPendingRewards, readPendingRewardsCall } from "./rewardsDistributor/readPendingRewards.ts";
export type { PendingRewards, ReadPendingRewardsOptions } from "./rewardsDistributor/readPendingRewards.ts";
export { readRewardsParameters } from "./rewardsDistributor/readRewardsParameters.ts";
export type { RewardsParameters } from "./rewardsDistributor/readRewardsParameters.ts";
export { commitDispute, commitDisputeCall, commitDisputeSync } from "./deliveryDisputes/commitDispute.ts";
export type { CommitDisputeOptions } from "./deliveryDisputes/commitDispute.ts";
export { readCommittedAt, readCommittedAtCall } from "./deliveryDisputes/readCommittedAt.ts";
export type { ReadCommittedAtOptions } from "./deliveryDisputes/readCommittedAt.ts";
export { readDisputeParameters } from "./deliveryDisputes/readDisputeParameters.ts";
export type { DisputeParameters } from "./deliveryDisputes/readDisputeParameters.ts";
export {
  reportManifestContradiction,
  reportManifestContradictionCall,
  reportManifestContradictionSync,
} from "./deliveryDisputes/reportManifestContradiction.ts";
export type { ReportManifestContradictionOptions } from "./deliveryDisputes/reportManifestContradiction.ts";
export {
  reportSelfContradiction,
  reportSelfContradictionCall,
  reportSelfContradictionSync,
} from "./deliveryDisputes/reportSelfContradiction.ts";
export type { ReportSelfContradictionOptions } from "./deliveryDisputes/reportSelfContradiction.ts";
export { approve, approveCall, approveSync } from "./token/approve.ts";
export type { ApproveOptions, TokenSpender } from "./token/approve.ts";
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
export type { StakeManagerCall } from "./internal/stakeManagerCall.ts";
export type { RewardsDistributorCall } from "./internal/rewardsDistributorCall.ts";
export type { DeliveryDisputesCall } from "./internal/deliveryDisputesCall.ts";
export type { ReadAction, ReadAt } from "./internal/readAction.ts";
export type { WriteAction } from "./internal/writeAction.ts";
export type { SyncResult, WriteSyncAction } from "./internal/writeSyncAction.ts";
