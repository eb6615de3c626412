import { expect } from "chai";
import fc from "fast-check";
import { errorCatalogue } from "../../../sdk/core/errorCatalogue.ts";
import type { Hex } from "../../../sdk/core/hex.ts";
import type { WeirErrorCode } from "../../../sdk/core/errorCatalogue.ts";
import { WeirError } from "../../../sdk/core/weirError.ts";
import { decodeBase64Url } from "../../../sdk/http/base64Url.ts";
import { parseChallengeRequest, parseWwwAuthenticate } from "../../../sdk/http/challenge.ts";
import { parseAuthorization } from "../../../sdk/http/credential.ts";
import { parsePaymentReceipt } from "../../../sdk/http/paymentReceipt.ts";
import { encodeProblem, parseProblem, problemStatus, problemType } from "../../../sdk/http/problem.ts";
import { parseReceiptAnswer, parseReceiptPost } from "../../../sdk/http/receiptPost.ts";
import { parseSessionAnswer, parseSessionRequest } from "../../../sdk/http/session.ts";
import { parseTerms } from "../../../sdk/http/terms.ts";

const ORIGIN = "https://relay.example";

const bodyParsers: Record<string, (body: string | Uint8Array) => unknown> = {
  terms: (body) => parseTerms(body, ORIGIN),
  sessionRequest: (body) => parseSessionRequest(body),
  sessionAnswer: parseSessionAnswer,
  receiptPost: (body) => parseReceiptPost(body),
  receiptAnswer: parseReceiptAnswer,
  problem: (body) => parseProblem(body, 400),
};
const headerParsers: Record<string, (header: string) => unknown> = {
  challengeRequest: parseChallengeRequest,
  wwwAuthenticate: parseWwwAuthenticate,
  authorization: parseAuthorization,
  paymentReceipt: parsePaymentReceipt,
};

const b32: Hex = `0x${"ab".repeat(32)}`;
const b64: Hex = `0x${"cd".repeat(64)}`;
const goodPost = {
  token: "t",
  prev: { deliveredBytes: "0", segmentsRoot: b32 },
  entries: [[b32, b32, 5]],
  receipt: { deliveredBytes: "5", segmentsRoot: b32, signature: b64 },
  fund: { total: "1", validUntil: "2", signature: b64 },
  end: true,
};
const goodTerms = {
  weir: "terms/1",
  realm: ORIGIN,
  chainId: 1,
  token: b32.slice(0, 42),
  paymentChannels: b32.slice(0, 42),
  operatorRegistry: b32.slice(0, 42),
  payee: b32.slice(0, 42),
  agent: b32.slice(0, 42),
  pricePerGiB: "1",
  gracePeriod: 3_600,
  credit: "1",
  sessions: "/weir/sessions",
  receipts: "/weir/receipts",
  limits: { maxEntries: 256, maxBodyBytes: 65_536, tokenSeconds: 600 },
};

function codeOf(run: () => unknown): WeirErrorCode | "no error" {
  try {
    run();
  } catch (error) {
    if (WeirError.is(error)) return error.code;
    throw error;
  }
  return "no error";
}

/** The same JSON with one member anywhere in it replaced. */
function mutations(json: unknown): fc.Arbitrary<unknown> {
  const paths: (string | number)[][] = [];
  const walk = (value: unknown, path: (string | number)[]): void => {
    paths.push(path);
    if (typeof value !== "object" || value === null) return;
    for (const [key, member] of Object.entries(value)) walk(member, [...path, key]);
  };
  walk(json, []);
  return fc
    .tuple(fc.constantFrom(...paths), fc.oneof(fc.jsonValue(), fc.string(), fc.bigInt().map(String)))
    .map(([path, value]) => {
      if (path.length === 0) return value;
      const copy = structuredClone(json) as Record<string, unknown>;
      let at = copy;
      for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
      at[path.at(-1) as string] = value;
      return copy;
    });
}

describe("HTTP codecs, hostile input", function () {
  this.timeout(60_000);

  it("answers any body with a value or a typed error", () => {
    const body = fc.oneof(fc.string(), fc.json(), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(body, fc.uint8Array({ maxLength: 200 }), (text, bytes) => {
        for (const parse of Object.values(bodyParsers)) {
          codeOf(() => parse(text));
          codeOf(() => parse(bytes));
        }
      }),
    );
  });

  it("answers any header with a value or a typed error", () => {
    const json = fc.json().map((text) => Buffer.from(text).toString("base64url"));
    const header = fc.oneof(
      fc.string(),
      json,
      json.map((text) => `Payment ${text}`),
      fc.string().map((text) => `Payment ${text}`),
      fc.stringMatching(/^[Pa ,="\\b-]{0,60}$/),
    );
    fc.assert(
      fc.property(header, (text) => {
        for (const parse of Object.values(headerParsers)) codeOf(() => parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it("answers every single wrong member with a value or a typed error", () => {
    fc.assert(
      fc.property(mutations(goodPost), mutations(goodTerms), (post, terms) => {
        codeOf(() => parseReceiptPost(JSON.stringify(post)));
        codeOf(() => parseTerms(JSON.stringify(terms), ORIGIN));
      }),
      { numRuns: 1_000 },
    );
  });

  it("refuses an oversized body before it parses it", () => {
    for (const parse of Object.values(bodyParsers)) {
      expect(codeOf(() => parse("x".repeat(65_537)))).to.equal("oversized-message");
      expect(codeOf(() => parse(new Uint8Array(65_537)))).to.equal("oversized-message");
    }
    for (const parse of Object.values(headerParsers)) {
      expect(codeOf(() => parse("x".repeat(8_193)))).to.equal("oversized-message");
    }
  });

  it("H1: refuses endpoints on another origin and another realm", () => {
    for (const path of [
      "https://evil.example/x",
      "//evil.example/x",
      "/\\evil.example",
      "x",
      "",
      "/a b",
      "/a?b",
      "/a#b",
      "/\t/evil",
    ]) {
      expect(
        codeOf(() => parseTerms(JSON.stringify({ ...goodTerms, receipts: path }), ORIGIN)),
        path,
      ).to.equal("malformed-message");
    }
    expect(codeOf(() => parseTerms(JSON.stringify(goodTerms), "https://other.example"))).to.equal("malformed-message");
    expect(codeOf(() => parseTerms(JSON.stringify({ ...goodTerms, weir: "terms/2" }), ORIGIN))).to.equal(
      "malformed-message",
    );
  });

  const withPost = (change: object): string => JSON.stringify({ ...goodPost, ...change });
  const cases: [string, string, WeirErrorCode | "no error"][] = [
    ["all members", withPost({}), "no error"],
    ["nothing to do", JSON.stringify({ token: "t" }), "malformed-message"],
    ["a receipt without entries", withPost({ entries: undefined }), "malformed-message"],
    ["entries without a receipt", withPost({ receipt: undefined }), "malformed-message"],
    ["too many entries", withPost({ entries: Array.from({ length: 257 }, () => 0) }), "oversized-message"],
    ["a number for bytes", withPost({ prev: { deliveredBytes: 0, segmentsRoot: b32 } }), "malformed-message"],
    ["a negative total", withPost({ prev: { deliveredBytes: "-1", segmentsRoot: b32 } }), "malformed-message"],
    ["leading zeros", withPost({ prev: { deliveredBytes: "01", segmentsRoot: b32 } }), "malformed-message"],
    [
      "2^64 bytes",
      withPost({ prev: { deliveredBytes: "18446744073709551616", segmentsRoot: b32 } }),
      "malformed-message",
    ],
    [
      "a 65-byte signature",
      withPost({ receipt: { deliveredBytes: "5", segmentsRoot: b32, signature: `${b64}1b` } }),
      "bad-signature",
    ],
    [
      "an empty signature",
      withPost({ receipt: { deliveredBytes: "5", segmentsRoot: b32, signature: "0x" } }),
      "bad-signature",
    ],
    [
      "a signature that is no hex",
      withPost({ receipt: { deliveredBytes: "5", segmentsRoot: b32, signature: "x" } }),
      "malformed-message",
    ],
    ["a fractional size", withPost({ entries: [[b32, b32, 0.5]] }), "malformed-message"],
    ["a negative size", withPost({ entries: [[b32, b32, -1]] }), "malformed-message"],
    ["an unsafe size", withPost({ entries: [[b32, b32, 2 ** 53]] }), "malformed-message"],
    ["a short entry", withPost({ entries: [[b32, b32]] }), "malformed-message"],
    ["a long entry", withPost({ entries: [[b32, b32, 1, 1]] }), "malformed-message"],
    ["end: false", withPost({ end: false }), "malformed-message"],
    ["an empty token", withPost({ token: "" }), "malformed-message"],
    ["a huge token", withPost({ token: "x".repeat(1_025) }), "malformed-message"],
    ["an array", "[]", "malformed-message"],
    ["null", "null", "malformed-message"],
    ["deep nesting", "[".repeat(60_000), "malformed-message"],
    ["a truncated body", withPost({}).slice(0, -1), "malformed-message"],
    ["a byte order mark", `\uFEFF${withPost({})}`, "malformed-message"],
  ];
  for (const [name, body, code] of cases) {
    it(`H6: a receipt post with ${name} gives ${code}`, () => {
      expect(codeOf(() => parseReceiptPost(body))).to.equal(code);
      expect(codeOf(() => parseReceiptPost(new TextEncoder().encode(body)))).to.equal(code);
    });
  }

  it("refuses invalid UTF-8", () => {
    expect(codeOf(() => parseReceiptPost(Uint8Array.of(0x7b, 0xff, 0x7d)))).to.equal("malformed-message");
  });

  it("takes only one base64url text for the same bytes", () => {
    expect(decodeBase64Url("AA", "x")).to.deep.equal(Uint8Array.of(0));
    for (const text of ["AB", "AA==", "A", "A+", "A/", " AA"]) {
      expect(
        codeOf(() => decodeBase64Url(text, "x")),
        text,
      ).to.equal("malformed-message");
    }
  });

  it("H2: refuses a challenge whose members would blur its id", () => {
    const header = (realm: string): string =>
      `Payment id="a", realm="${realm}", method="weir", intent="session", request="e30", expires="2030-01-01T00:00:00Z"`;
    expect(parseWwwAuthenticate(header("https://a"))?.realm).to.equal("https://a");
    expect(codeOf(() => parseWwwAuthenticate(header("https://a|weir")))).to.equal("malformed-message");
    expect(codeOf(() => parseWwwAuthenticate(`${header("https://a")}, id="b"`))).to.equal("malformed-message");
    expect(parseWwwAuthenticate('Basic realm="x"')).to.equal(undefined);
    expect(parseWwwAuthenticate("")).to.equal(undefined);
  });
});

describe("E1: problem documents", () => {
  it("carry every code there and back", () => {
    for (const code of Object.keys(errorCatalogue) as WeirErrorCode[]) {
      const problem = parseProblem(encodeProblem(new WeirError(code, "what happened"), { retryAfter: 3 }), 400);
      expect(problem.error.code).to.equal(code);
      expect(problem.error.shortMessage).to.equal("what happened");
      expect(problem.retryAfter).to.equal(3);
      expect(problemStatus(code)).to.be.within(400, 599);
      expect(problemType(code)).to.match(/^(urn:weir:problem:|https:\/\/paymentauth\.org\/problems\/)/);
    }
  });

  it("carry the receipt that the relay holds", () => {
    const acknowledged = { deliveredBytes: 5n, segmentsRoot: b32, signature: b64 } as const;
    const problem = parseProblem(encodeProblem(new WeirError("receipt-stale"), { acknowledged }), 409);
    expect(problem.acknowledged).to.deep.equal(acknowledged);
  });

  it("never show the inside of a fault", () => {
    const error = new WeirError("internal", undefined, { cause: new Error("secret path"), details: "secret token" });
    expect(encodeProblem(error)).not.to.contain("secret");
  });

  it("with an unknown code become relay-unreachable", () => {
    expect(parseProblem('{"code":"constructor"}', 500).error.code).to.equal("relay-unreachable");
    expect(parseProblem('{"code":"brand-new"}', 500).error.code).to.equal("relay-unreachable");
  });
});
