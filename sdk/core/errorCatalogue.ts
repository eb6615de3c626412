/** What one error code means to a person, and what that person can do. */
export interface ErrorDescription {
  /** What went wrong, in one line. Also the `title` of the problem document over HTTP. */
  readonly title: string;
  /** What to do about it. */
  readonly cure: string;
  /** HTTP status of the problem document; absent for errors that never leave the process that found them. */
  readonly httpStatus?: number;
}

/**
 * Every error code of the SDK. Codes are stable: programs may compare them, and they end the problem type URI over
 * HTTP. Texts are for people and may improve at any time.
 */
export const errorCatalogue = {
  "malformed-message": {
    title: "A message or value has the wrong form",
    cure: "Send exactly the fields and types that the protocol lists for this message.",
    httpStatus: 400,
  },
  "oversized-message": {
    title: "A message is larger than allowed",
    cure: "Split the message, or raise the limit if you set it yourself.",
    httpStatus: 413,
  },
  "bad-signature": {
    title: "A signature is not a valid 64-byte EIP-2098 signature",
    cure: "Sign the EIP-712 digest again and send r and vs as 64 bytes.",
    httpStatus: 400,
  },
  "high-s": {
    title: "A signature has a high s value",
    cure: "Replace s by n - s and flip the parity bit; most libraries call this option lowS.",
    httpStatus: 400,
  },
  "wrong-signer": {
    title: "A signature was made by another key",
    cure: "Sign with the key that this message belongs to.",
    httpStatus: 403,
  },
  "wrong-chain": {
    title: "A message or server names another chain",
    cure: "Use the deployment of the chain that your configuration names.",
    httpStatus: 400,
  },
  "wrong-contract": {
    title: "A message or server names another escrow contract",
    cure: "Use the escrow address of your own configuration; never take it from a server.",
    httpStatus: 400,
  },
  "wrong-token": {
    title: "A message or server names another token",
    cure: "Use the token of your own configuration; never take it from a server.",
    httpStatus: 400,
  },
  "price-too-high": {
    title: "The price per GiB is above the limit",
    cure: "Choose another relay or raise the maximum price in your configuration.",
    httpStatus: 403,
  },
  "grace-period-out-of-range": {
    title: "The grace period is out of range",
    cure: "Choose a grace period from one hour to 30 days that both sides accept.",
    httpStatus: 400,
  },
  "stake-too-low": {
    title: "The relay has too little at stake, or is not an active operator",
    cure: "Choose another relay or lower the minimum stake in your configuration.",
  },
  "receipt-stale": {
    title: "A receipt does not raise the total of its channel",
    cure: "Nothing is lost: continue from the higher total that the answer carries.",
    httpStatus: 409,
  },
  "receipt-inconsistent": {
    title: "A receipt does not follow from the entries that came with it",
    cure: "Send every entry since the last acknowledged receipt, in order, with its byte total and root.",
    httpStatus: 409,
  },
  "over-deposit": {
    title: "A total is above what the deposit of its channel covers",
    cure: "Fund the channel with a higher total, then continue.",
    httpStatus: 402,
  },
  "channel-closed": {
    title: "The channel is closed for ever",
    cure: "Open a channel with a new nonce.",
    httpStatus: 410,
  },
  "close-pending": {
    title: "The payer asked to close the channel",
    cure: "Fund the channel as its payer to cancel the close, or open a channel with a new nonce.",
    httpStatus: 409,
  },
  "channel-unknown": {
    title: "The channel is not known",
    cure: "Check the payee, price, grace period and nonce, and open the session first.",
    httpStatus: 404,
  },
  "credit-exhausted": {
    title: "The unpaid bytes reached the credit limit",
    cure: "Send a receipt for the bytes that were verified, then ask again.",
    httpStatus: 402,
  },
  "deposit-exhausted": {
    title: "The deposit of the channel is used up",
    cure: "Fund the channel with a higher total, then ask again.",
    httpStatus: 402,
  },
  "payer-denied": {
    title: "The relay does not serve this payer",
    cure: "Use another relay; close the channel to get back what is left of its deposit.",
    httpStatus: 403,
  },
  "token-missing": {
    title: "The request carries no session token",
    cure: "Open a session and repeat the request with its token.",
    httpStatus: 402,
  },
  "token-unknown": {
    title: "The session token is not one of this relay",
    cure: "Open a new session.",
    httpStatus: 401,
  },
  "token-expired": {
    title: "The session token has expired",
    cure: "Open the session again; the channel and its money are untouched.",
    httpStatus: 401,
  },
  "token-foreign": {
    title: "The session token is for another manifest or channel",
    cure: "Use the token of the session that this request belongs to.",
    httpStatus: 403,
  },
  "challenge-unknown": {
    title: "The challenge was not issued by this relay",
    cure: "Ask for a new challenge and sign that one.",
    httpStatus: 402,
  },
  "challenge-expired": {
    title: "The challenge has expired",
    cure: "Ask for a new challenge and sign it sooner.",
    httpStatus: 402,
  },
  "challenge-used": {
    title: "The challenge was used before",
    cure: "Ask for a new challenge; each one opens a single session.",
    httpStatus: 409,
  },
  "account-empty": {
    title: "The account behind the session key holds too little",
    cure: "Deposit into the account, or ask for a smaller total.",
    httpStatus: 402,
  },
  "fund-expired": {
    title: "The signed funding is no longer valid",
    cure: "Sign a new Fund with a later validUntil.",
    httpStatus: 409,
  },
  "path-not-canonical": {
    title: "A path is not in canonical form",
    cure: "Name resources relative to the manifest, without empty, dot or escaped-slash segments.",
    httpStatus: 400,
  },
  "path-not-listed": {
    title: "The manifest does not list this resource",
    cure: "Ask only for resources that the manifest lists; fetch a newer manifest of a live stream.",
    httpStatus: 404,
  },
  "manifest-invalid": {
    title: "A manifest contradicts itself or the format",
    cure: "Ask the publisher for a manifest built by the publisher tools; do not play this one.",
    httpStatus: 502,
  },
  "manifest-stale": {
    title: "A manifest is outdated",
    cure: "Fetch the newest manifest, from another relay if this one has none.",
    httpStatus: 502,
  },
  "publisher-silent": {
    title: "The publisher's last manifest has run out, and there is no newer one",
    cure: "Try again: playing goes on when the publisher signs again. If it does sign, set the clock of this machine.",
  },
  "manifest-unsigned": {
    title: "A manifest carries no signature",
    cure: "Ask the publisher to sign it; an unsigned list proves nothing.",
    httpStatus: 502,
  },
  "content-mismatch": {
    title: "The bytes do not match the hash or size in the manifest",
    cure: "Discard them, pay nothing for them and fetch the resource from another relay.",
    httpStatus: 502,
  },
  "range-not-satisfiable": {
    title: "The byte range lies outside the resource or is not listed",
    cure: "Ask for a range that the manifest lists.",
    httpStatus: 416,
  },
  "not-found": {
    title: "Nothing is served under this URL",
    cure: "Check the URL against the terms of the relay.",
    httpStatus: 404,
  },
  "method-not-allowed": {
    title: "The URL does not answer this method",
    cure: "Use a method that the Allow header lists.",
    httpStatus: 405,
  },
  "too-many-requests": {
    title: "Too many requests",
    cure: "Wait for the time that the Retry-After header states.",
    httpStatus: 429,
  },
  "origin-unavailable": {
    title: "The relay cannot get the resource from its origin",
    cure: "Try again later or use another relay.",
    httpStatus: 502,
  },
  "relay-unreachable": {
    title: "The relay does not answer",
    cure: "Check the network and the relay address, or use another relay.",
  },
  "no-relay-left": {
    title: "No relay is left that delivers this resource",
    cure: "Add relays, raise the maximum price, or try again later.",
  },
  "budget-exhausted": {
    title: "The budget of the viewer is used up",
    cure: "Raise the budget or deposit into the account.",
  },
  "storage-failed": {
    title: "The store did not take the change",
    cure: "Look at the cause; nothing was acknowledged that is not on disk.",
    httpStatus: 503,
  },
  "chain-unavailable": {
    title: "The chain cannot be reached",
    cure: "Check the RPC endpoint, or try again later.",
    httpStatus: 503,
  },
  "contract-reverted": {
    title: "A contract refused the call",
    cure: "Look at the contract's error in the details; nothing was changed.",
  },
  "request-declined": {
    title: "The wallet declined the request",
    cure: "Approve the request in the wallet to go on.",
  },
  "transaction-pending": {
    title: "The transaction is not mined yet",
    cure: "Wait for its hash again, or replace it with a higher fee; it may still be mined.",
  },
  "transaction-replaced": {
    title: "The transaction was replaced by another one",
    cure: "Look at what the replacement did before sending anything again.",
  },
  "transaction-too-large": {
    title: "The transaction is larger than the chain takes",
    cure: "Send fewer calls in one transaction.",
  },
  "browser-unsupported": {
    title: "The browser lacks what is needed",
    cure: "Use a current browser, over https or on localhost.",
  },
  "session-in-use": {
    title: "Another tab uses the session",
    cure: "Close that tab, then try again.",
  },
  "deposit-refused": {
    title: "The relay does not send this deposit",
    cure: "Send it from the wallet, or use another relay.",
    httpStatus: 403,
  },
  "admin-token-missing": {
    title: "The operator's page is open only to who knows its token",
    cure: "Send the admin token as Authorization: Bearer, or log in on the page.",
    httpStatus: 401,
  },
  "admin-host-foreign": {
    title: "The request reached the operator's page under a foreign name",
    cure: "Use a loopback address, or set the origin under which a proxy shows the page.",
    httpStatus: 421,
  },
  internal: {
    title: "An unexpected fault",
    cure: "Report it with the details; it is a defect of this software.",
    httpStatus: 500,
  },
} as const satisfies Record<string, ErrorDescription>;

/** A stable, machine-readable error code. */
export type WeirErrorCode = keyof typeof errorCatalogue;
