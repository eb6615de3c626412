import { expect } from "chai";
import fc from "fast-check";
import type { ChallengeRequest } from "../../../sdk/http/challenge.ts";
import type { Address, Hex } from "../../../sdk/core/hex.ts";
import { formatAuthorization, parseAuthorization } from "../../../sdk/http/credential.ts";
import {
  challengeIdInput,
  encodeChallengeRequest,
  formatWwwAuthenticate,
  parseChallengeRequest,
  parseWwwAuthenticate,
} from "../../../sdk/http/challenge.ts";
import { formatPaymentReceipt, parsePaymentReceipt } from "../../../sdk/http/paymentReceipt.ts";
import {
  encodeReceiptAnswer,
  encodeReceiptPost,
  parseReceiptAnswer,
  parseReceiptPost,
} from "../../../sdk/http/receiptPost.ts";
import {
  encodeSessionAnswer,
  encodeSessionRequest,
  parseSessionAnswer,
  parseSessionRequest,
} from "../../../sdk/http/session.ts";
import { encodeTerms, parseTerms } from "../../../sdk/http/terms.ts";
import { formatTimestamp } from "../../../sdk/http/timestamp.ts";

const hex = (bytes: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value): Hex => `0x${Buffer.from(value).toString("hex")}`);
const address: fc.Arbitrary<Address> = hex(20);
const uint = (bits: number): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const seconds = fc.integer({ min: 0, max: 4_102_444_800 });
const token = fc.stringMatching(/^[A-Za-z0-9_.-]{1,200}$/);
const path = fc.stringMatching(/^(\/[A-Za-z0-9%._~-]{1,20}){1,4}$/);
const realm = fc.constantFrom("https://relay.example", "http://127.0.0.1:8080");
const totals = fc.record({ deliveredBytes: uint(64), segmentsRoot: hex(32) });
const signedTotals = fc.record({ deliveredBytes: uint(64), segmentsRoot: hex(32), signature: hex(64) });
const acknowledged = fc.oneof(
  signedTotals,
  hex(32).map((segmentsRoot) => ({ deliveredBytes: 0n, segmentsRoot })),
);
const fund = fc.record({ total: uint(96), validUntil: seconds, signature: hex(64) });
const entry = fc.record({
  resource: hex(32),
  contentHash: hex(32),
  size: fc.bigInt({ min: 0n, max: BigInt(Number.MAX_SAFE_INTEGER) }),
});
const step = fc.record({ prev: totals, entries: fc.array(entry, { maxLength: 20 }), receipt: signedTotals });
const challengeRequest = fc.record({
  pricePerGiB: uint(96),
  token: address,
  chainId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  paymentChannels: address,
  gracePeriod: uint32,
  manifest: path,
  payee: address,
});
const challenge = fc.record(
  {
    id: token,
    realm,
    method: fc.constant("weir" as const),
    intent: fc.constant("session" as const),
    request: challengeRequest.map(encodeChallengeRequest),
    expires: seconds.map(formatTimestamp),
    digest: fc.stringMatching(/^[ -{}~]{1,40}$/),
    opaque: fc.stringMatching(/^[ -{}~]{1,40}$/),
  },
  { requiredKeys: ["id", "realm", "method", "intent", "request", "expires"] },
);
const channel = fc.record({
  signer: address,
  payee: address,
  pricePerGiB: uint(96),
  gracePeriod: uint32,
  nonce: uint(64),
});

function comesBack<Value>(values: fc.Arbitrary<Value>, thereAndBack: (value: Value) => unknown): void {
  fc.assert(
    fc.property(values, (value) => {
      expect(thereAndBack(value)).to.deep.equal(value);
    }),
  );
}

describe("HTTP codecs, there and back", function () {
  this.timeout(60_000);

  it("H1: terms", () => {
    const terms = fc.record({
      realm,
      chainId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      token: address,
      paymentChannels: address,
      operatorRegistry: address,
      payee: address,
      agent: address,
      pricePerGiB: uint(96),
      gracePeriod: uint32,
      credit: uint(64),
      sessions: path,
      receipts: path,
      limits: fc.record({
        maxEntries: fc.integer({ min: 1, max: 65_536 }),
        maxBodyBytes: fc.integer({ min: 1_024, max: 2 ** 30 }),
        tokenSeconds: fc.integer({ min: 1, max: 86_400 }),
      }),
    });
    comesBack(terms, (value) => parseTerms(encodeTerms(value), value.realm));
  });

  it("H2: challenge request and WWW-Authenticate", () => {
    comesBack(challengeRequest, (value) => parseChallengeRequest(encodeChallengeRequest(value)));
    comesBack(challenge, (value) => parseWwwAuthenticate(formatWwwAuthenticate(value)));
  });

  it("H2: the challenge is found among those of other schemes", () => {
    const others = fc.constantFrom(
      'Basic realm="a, b=\\"c\\""',
      "Negotiate",
      "Negotiate abc==",
      'Payment method="tempo", intent="charge"',
    );
    fc.assert(
      fc.property(
        challenge,
        fc.array(others, { maxLength: 3 }),
        fc.array(others, { maxLength: 3 }),
        (value, before, after) => {
          const header = [...before, formatWwwAuthenticate(value), ...after].join(", ");
          expect(parseWwwAuthenticate(header)).to.deep.equal(value);
        },
      ),
    );
  });

  it("H2: request is canonical JSON, whatever the order of its members", () => {
    const request: ChallengeRequest = {
      payee: `0x${"11".repeat(20)}`,
      manifest: "/a/weir.json",
      gracePeriod: 86_400,
      paymentChannels: `0x${"22".repeat(20)}`,
      chainId: 31_337,
      token: `0x${"33".repeat(20)}`,
      pricePerGiB: 20_000_000_000_000_000n,
    };
    expect(Buffer.from(encodeChallengeRequest(request), "base64url").toString()).to.equal(
      `{"amount":"20000000000000000","currency":"0x${"33".repeat(20)}","methodDetails":{"chainId":31337,` +
        `"escrowContract":"0x${"22".repeat(20)}","gracePeriod":86400,"manifest":"/a/weir.json"},` +
        `"recipient":"0x${"11".repeat(20)}","unitType":"GiB"}`,
    );
  });

  it("H2: the id covers every member in a fixed order, absent ones empty", () => {
    const members = { realm: "https://a", method: "weir", intent: "session", request: "e30", expires: "x" } as const;
    expect(challengeIdInput(members)).to.equal("https://a|weir|session|e30|x||");
    expect(challengeIdInput({ ...members, digest: "d", opaque: "o" })).to.equal("https://a|weir|session|e30|x|d|o");
  });

  it("H3: session request, credential and session answer", () => {
    comesBack(fc.record({ manifest: path }), (value) => parseSessionRequest(encodeSessionRequest(value)));
    const payload = fc.record(
      { channel, signature: hex(64), seed: hex(32), receipt: signedTotals, fund },
      { requiredKeys: ["channel", "signature", "seed"] },
    );
    const chainId = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(challenge, payload, chainId, (value, open, chain) => {
        const credential = { challenge: value, payload: open, source: { chainId: chain, signer: open.channel.signer } };
        expect(parseAuthorization(formatAuthorization(credential))).to.deep.equal(credential);
      }),
    );
    const answer = fc.record({
      session: token,
      token,
      expires: seconds,
      acknowledged,
      covered: uint(128),
      credit: uint(64),
    });
    comesBack(answer, (value) => parseSessionAnswer(encodeSessionAnswer(value)));
  });

  it("H6: receipt post and answer", () => {
    const post = fc
      .record({ token, step, fund, end: fc.constant(true as const) }, { requiredKeys: ["token"] })
      .filter((value) => Object.keys(value).length > 1);
    fc.assert(
      fc.property(post, (value) => {
        const text = encodeReceiptPost(value);
        expect(parseReceiptPost(text)).to.deep.equal(value);
        expect(parseReceiptPost(new TextEncoder().encode(text))).to.deep.equal(value);
      }),
    );
    const answer = fc.record({ acknowledged, covered: uint(128), credit: uint(64), token, expires: seconds });
    comesBack(answer, (value) => parseReceiptAnswer(encodeReceiptAnswer(value)));
  });

  it("H7: Payment-Receipt", () => {
    const receipt = fc.record({ channelId: hex(32), deliveredBytes: uint(64), timestamp: seconds });
    comesBack(receipt, (value) => parsePaymentReceipt(formatPaymentReceipt(value)));
  });
});
