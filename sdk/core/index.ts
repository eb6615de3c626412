export { formatAmount, coveredBytes, GIB, owed, parseAmount } from "./amounts.ts";
export { authorizationNonce } from "./authorization.ts";
export { assertTerms, channelId, MAX_GRACE_PERIOD, MIN_GRACE_PERIOD } from "./channel.ts";
export type { Channel, ChannelTerms } from "./channel.ts";
export { deliveryCommitment } from "./deliveryCommitment.ts";
export type { DeliveryCommitment } from "./deliveryCommitment.ts";
export { operatorRegistryDomain, parseDeployment, paymentChannelsDomain } from "./deployment.ts";
export type { DeployedContract, Deployment, DeploymentToken, VerifyingContract } from "./deployment.ts";
export { domainSeparator, manifestDomain, weirDomain } from "./domain.ts";
export type { ManifestDomain, WeirDomain } from "./domain.ts";
export { errorCatalogue } from "./errorCatalogue.ts";
export type { ErrorDescription, WeirErrorCode } from "./errorCatalogue.ts";
export { findContradiction } from "./findContradiction.ts";
export type { Contradiction, ContradictionOptions } from "./findContradiction.ts";
export {
  assertAddress,
  assertHex,
  assertUint,
  bytesToHex,
  checksumAddress,
  hexToBytes,
  isHex,
  isSameAddress,
  parseUint,
} from "./hex.ts";
export type { Address, Hex } from "./hex.ts";
export { keccak256, setKeccak256 } from "./keccak256.ts";
export type { Keccak256 } from "./keccak256.ts";
export {
  formatManifest,
  leafEntry,
  manifestDigest,
  manifestRoot,
  parseManifest,
  signedManifest,
  streamId,
  verifyManifest,
} from "./manifest.ts";
export type { Manifest, ManifestContent, ManifestLeaf, ManifestLimits, ManifestTrust } from "./manifest.ts";
export { manifestProof } from "./manifestProof.ts";
export type { ManifestProof } from "./manifestProof.ts";
export { getProof, leafHash, merkleRoot, merkleTree, verifyProof } from "./merkleTree.ts";
export {
  canonicalPath,
  decodePath,
  encodePath,
  isCanonicalPath,
  MAX_PATH_BYTES,
  parseResourceName,
  resourceId,
  resourceName,
} from "./path.ts";
export type { ByteRange } from "./path.ts";
export { relayOrigin } from "./relayOrigin.ts";
export { fromSettleRow, nextSegmentsRoot, packTerms, receiptDigest, toSettleRow, unpackTerms } from "./receipt.ts";
export type { PackedTerms, SegmentEntry, SegmentReceipt, SettleRow } from "./receipt.ts";
export { nobleSecp256k1 } from "./secp256k1.ts";
export type { Secp256k1 } from "./secp256k1.ts";
export {
  assertSigner,
  compactSignature,
  expandSignature,
  privateKeySigner,
  privateKeyToAddress,
  recoverSigner,
  signDigest,
  splitSignature,
} from "./signature.ts";
export type { CompactSignature, SessionSigner, SplitSignature } from "./signature.ts";
export { deliverySigner } from "./signedDelivery.ts";
export type { SignedDelivery } from "./signedDelivery.ts";
export { extendTotals } from "./totals.ts";
export type { Acknowledged, ReceiptStep, SignedFund, SignedTotals, Totals } from "./totals.ts";
export { hashMessage, hashStruct, typeHash, typeString, weirTypes } from "./typedData.ts";
export type { DomainOf, WeirMessage, WeirTypeName } from "./typedData.ts";
export { WeirError } from "./weirError.ts";
export type { WeirErrorOptions } from "./weirError.ts";
