export type { Challenge, ChallengeRequest } from "./challenge.ts";
export {
  challengeIdInput,
  encodeChallengeRequest,
  formatWwwAuthenticate,
  parseChallengeRequest,
  parseWwwAuthenticate,
} from "./challenge.ts";
export type { ClosingAnswer, ClosingPost } from "./closing.ts";
export { encodeClosingAnswer, encodeClosingPost, parseClosingAnswer, parseClosingPost } from "./closing.ts";
export type { Credential, OpenPayload } from "./credential.ts";
export { formatAuthorization, parseAuthorization } from "./credential.ts";
export type { DepositAnswer, SignedDeposit } from "./deposit.ts";
export { encodeDepositAnswer, encodeSignedDeposit, parseDepositAnswer, parseSignedDeposit } from "./deposit.ts";
export {
  ACCEL_HEADER,
  DELIVERY_HEADER,
  MAX_BODY_BYTES,
  MAX_ENTRIES,
  PAYMENT_RECEIPT_HEADER,
  PAYMENT_SCHEME,
  PROBLEM_MEDIA_TYPE,
  TERMS_PATH,
  TOKEN_PARAMETER,
} from "./headers.ts";
export type { DepositOffer, RelayOffers } from "./offers.ts";
export { parseOffers } from "./offers.ts";
export type { PaymentReceipt } from "./paymentReceipt.ts";
export { formatPaymentReceipt, parsePaymentReceipt } from "./paymentReceipt.ts";
export type { Problem, ProblemExtras } from "./problem.ts";
export { encodeProblem, parseProblem, problemStatus, problemType } from "./problem.ts";
export type { ReceiptAnswer, ReceiptPost, ReceiptPostLimits } from "./receiptPost.ts";
export { encodeReceiptAnswer, encodeReceiptPost, parseReceiptAnswer, parseReceiptPost } from "./receiptPost.ts";
export type { SessionAnswer, SessionRequest } from "./session.ts";
export { encodeSessionAnswer, encodeSessionRequest, parseSessionAnswer, parseSessionRequest } from "./session.ts";
export type { RelayLimits, RelayTerms } from "./terms.ts";
export { encodeTerms, parseTerms } from "./terms.ts";
