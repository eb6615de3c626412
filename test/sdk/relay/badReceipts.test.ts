import { expect } from "chai";
import fc from "fast-check";
import {
  bytesToHex,
  domainSeparator,
  extendTotals,
  hexToBytes,
  privateKeySigner,
  receiptDigest,
  splitSignature,
} from "../../../sdk/core/index.ts";
import type { Hex, ReceiptStep, SegmentEntry, Totals } from "../../../sdk/core/index.ts";
import { encodeReceiptPost, parseProblem, parseReceiptAnswer } from "../../../sdk/http/index.ts";
import type { Problem } from "../../../sdk/http/index.ts";
import { paperDomain, payee, startRelayFixture, testKey } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

/**
 * The same signature with an s above half the order of the curve. Beside the parity bit, 64 bytes have room for the lowest
 * of those alone; a longer form is no signature here at all.
 */
function highS(signature: Hex): Hex {
  return `0x${splitSignature(signature).r.slice(2)}7f${"ff".repeat(31)}`;
}

async function codeOf(response: Response): Promise<string> {
  if (response.status >= 300) return (await problemOf(response)).error.code;
  await response.arrayBuffer();
  return "none";
}

async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get("content-type")).to.equal("application/problem+json");
  return parseProblem(await response.text(), response.status);
}

describe("A relay given a bad receipt", () => {
  let fixture: RelayFixture;
  let viewer: TestViewer;

  beforeEach(async () => {
    fixture = await startRelayFixture({ limits: { watchMs: 20 } });
    viewer = await testViewer({ ...fixture, domain: paperDomain });
    await viewer.open();
    await viewer.download("segment-0.m4s");
    await viewer.download("segment-1.m4s");
  });
  afterEach(async () => {
    await fixture.stop();
  });

  const held = async (): Promise<bigint | undefined> =>
    (await fixture.options.store.readChannel(viewer.id))?.state.acknowledged.deliveredBytes;
  const refused = async (step: ReceiptStep): Promise<unknown[]> => {
    const before = await held();
    const { error, status } = await problemOf(await viewer.post({ step }));
    expect(await held()).to.equal(before);
    expect(await fixture.options.store.readLog(viewer.id)).to.have.length(before === 0n ? 0 : 1);
    return [status, error.code];
  };
  const withSignature = async (change: (signature: Hex) => Hex): Promise<ReceiptStep> => {
    const step = await viewer.step();
    return { ...step, receipt: { ...step.receipt, signature: change(step.receipt.signature) } };
  };
  /** A receipt over the same totals, signed for another place. */
  const signedFor = async (change: object, terms: object = {}): Promise<ReceiptStep> => {
    const { payee: to, pricePerGiB, gracePeriod, nonce } = viewer.channel;
    const message = { payee: to, pricePerGiB, gracePeriod, nonce, ...viewer.totals, ...terms };
    const digest = receiptDigest(domainSeparator({ ...paperDomain, ...change }), message);
    const signature = await viewer.signer.signDigest(digest);
    return withSignature(() => signature);
  };

  it("refuses a high-s signature", async () => {
    expect(await refused(await withSignature(highS))).to.deep.equal([400, "high-s"]);
  });

  it("refuses a malformed signature", async () => {
    const zero = "0".repeat(64);
    expect(await refused(await withSignature(() => `0x${zero}${zero}`))).to.deep.equal([400, "bad-signature"]);
    expect(await refused(await withSignature((good) => `${good}1b`))).to.deep.equal([400, "bad-signature"]);
    expect(await refused(await withSignature((good) => good.slice(0, -2) as Hex))).to.deep.equal([
      400,
      "bad-signature",
    ]);
  });

  it("refuses a receipt of another signer, or with the parity flipped", async () => {
    const other = privateKeySigner(testKey(99));
    const { payee: to, pricePerGiB, gracePeriod, nonce } = viewer.channel;
    const digest = receiptDigest(paperDomain, { payee: to, pricePerGiB, gracePeriod, nonce, ...viewer.totals });
    const theirs = await other.signDigest(digest);
    expect(await refused(await withSignature(() => theirs))).to.deep.equal([403, "wrong-signer"]);
    const flipped = (signature: Hex): Hex => {
      const bytes = hexToBytes(signature);
      bytes[32]! ^= 0x80;
      return bytesToHex(bytes);
    };
    expect((await refused(await withSignature(flipped)))[0]).to.be.oneOf([400, 403]);
  });

  it("refuses a receipt for another chain, contract, network of the same id, payee, price or channel", async () => {
    for (const change of [
      { chainId: 1 },
      { verifyingContract: payee },
      { salt: `0x${"00".repeat(32)}` },
      { version: "2" },
    ]) {
      expect(await refused(await signedFor(change)), JSON.stringify(change)).to.deep.equal([403, "wrong-signer"]);
    }
    for (const terms of [{ payee: testAddress }, { pricePerGiB: 1n }, { gracePeriod: 3_600 }, { nonce: 7n }]) {
      expect((await refused(await signedFor({}, terms)))[1]).to.equal("wrong-signer");
    }
  });

  it("refuses entries that do not lead to the receipt", async () => {
    const step = await viewer.step();
    const [first, second] = step.entries as [SegmentEntry, SegmentEntry];
    for (const entries of [
      [],
      [first],
      [second, first],
      [first, second, first],
      [first, { ...second, size: second.size + 1n }],
      [first, { ...second, resource: first.resource }],
    ]) {
      expect(await refused({ ...step, entries })).to.deep.equal([409, "receipt-inconsistent"]);
    }
    for (const prev of [
      { ...step.prev, deliveredBytes: 1n },
      { ...step.prev, segmentsRoot: first.resource },
    ]) {
      expect(await refused({ ...step, prev })).to.deep.equal([409, "receipt-inconsistent"]);
    }
  });

  it("C7, H6: takes a replay as it took the first, and a lower one not at all", async () => {
    const step = await viewer.step();
    const first = parseReceiptAnswer(await (await viewer.post({ step })).text());
    const again = parseReceiptAnswer(await (await viewer.post({ step })).text());
    expect([again.acknowledged, again.covered, again.credit]).to.deep.equal([
      first.acknowledged,
      first.covered,
      first.credit,
    ]);
    expect(await fixture.options.store.readLog(viewer.id)).to.have.length(1);
    const lower: Totals = { deliveredBytes: 5n, segmentsRoot: viewer.seed };
    const stale = { prev: step.prev, entries: [], receipt: await viewer.receipt(lower) };
    const problem = await problemOf(await viewer.post({ step: stale }));
    expect([problem.status, problem.error.code]).to.deep.equal([409, "receipt-stale"]);
    expect(problem.acknowledged).to.deep.equal(step.receipt);
  });

  it("X4: refuses a total above all that could ever be paid", async () => {
    const size = 2n ** 53n - 1n;
    const entry = { resource: viewer.seed, contentHash: viewer.seed, size };
    const totals = extendTotals(viewer.acknowledged, entry);
    const step = { prev: viewer.acknowledged, entries: [entry], receipt: await viewer.receipt(totals) };
    expect(await refused(step)).to.deep.equal([402, "over-deposit"]);
  });

  it("X7: takes receipts while a close is pending, serves nothing, and takes none once it is closed", async () => {
    fixture.chain.set(viewer.channel, { deposit: 10n ** 18n, closeRequestedAt: fixture.time.now });
    await until(async () => (await codeOf(await viewer.get("segment-2.m4s"))) === "close-pending");
    expect((await viewer.pay()).acknowledged.deliveredBytes).to.equal(200_000n);
    expect(await codeOf(await viewer.openRaw())).to.equal("close-pending");
    fixture.chain.set(viewer.channel, { closed: true });
    const entry = { resource: viewer.seed, contentHash: viewer.seed, size: 5n };
    const receipt = await viewer.receipt(extendTotals(viewer.acknowledged, entry));
    const step = { prev: viewer.acknowledged, entries: [entry], receipt };
    await until(async () => (await codeOf(await viewer.post({ step }))) === "channel-closed");
    expect(await codeOf(await viewer.get("segment-2.m4s"))).to.equal("channel-closed");
    expect(await codeOf(await viewer.openRaw())).to.equal("channel-closed");
  });

  it("X6: takes a Fund only with money behind it, time left and the right signature", async () => {
    const { now } = fixture.time;
    const code = async (total: bigint, validUntil: number): Promise<string> => {
      return codeOf(await viewer.post({ fund: await viewer.fund(total, validUntil) }));
    };
    expect(await code(5n, now + 3_600)).to.equal("none");
    expect(await code(6n, now)).to.equal("fund-expired");
    expect(await code(10n ** 25n, now + 3_600)).to.equal("account-empty");
    fixture.chain.set(viewer.channel, { balance: 0n });
    expect(await code(7n, now + 3_600)).to.equal("account-empty");
    fixture.chain.set(viewer.channel, { balance: 100n });
    const fund = await viewer.fund(8n, now + 3_600);
    const forged = await problemOf(await viewer.post({ fund: { ...fund, total: 9n } }));
    expect(forged.error.code).to.equal("wrong-signer");
    const high = await problemOf(await viewer.post({ fund: { ...fund, signature: highS(fund.signature) } }));
    expect(high.error.code).to.equal("high-s");
  });

  it("refuses malformed, truncated and oversized posts before it looks at anything else", async () => {
    const good = encodeReceiptPost({ token: viewer.token, step: await viewer.step() });
    const raw = async (body: BodyInit, headers: HeadersInit = {}): Promise<unknown[]> => {
      const init = { method: "POST", body, headers, duplex: "half" } as RequestInit;
      const { error, status } = await problemOf(await fixture.fetch("/weir/receipts", init));
      return [status, error.code];
    };
    for (const body of ["", "{", "null", "[]", good.slice(0, -1), `${good}x`, good.replace('"prev"', '"pref"')]) {
      expect(await raw(body), body.slice(0, 20)).to.deep.equal([400, "malformed-message"]);
    }
    expect(await raw(new Uint8Array([0xff, 0xfe]))).to.deep.equal([400, "malformed-message"]);
    const huge = [413, "oversized-message"];
    expect(await raw(`${good.slice(0, -1)},"x":"${"x".repeat(65_536)}"}`)).to.deep.equal(huge);
    expect(await raw("{}", { "content-length": "65537" })).to.deep.equal(huge);
    const endless = new ReadableStream({
      pull: (controller) => {
        controller.enqueue(new Uint8Array(10_000));
      },
    });
    expect(await raw(endless)).to.deep.equal(huge);
    const many = (await viewer.step()).entries.concat(Array.from({ length: 255 }, () => viewer.entries[0]!));
    const tooMany = { ...(await viewer.step()), entries: many };
    expect(await raw(encodeReceiptPost({ token: viewer.token, step: tooMany }))).to.deep.equal(huge);
    expect((await viewer.pay()).acknowledged.deliveredBytes).to.equal(200_000n);
  });

  it("survives anything, and knows the good receipt when it comes", async () => {
    const step = await viewer.step();
    const good = JSON.parse(encodeReceiptPost({ token: viewer.token, step })) as Record<string, unknown>;
    // `true` is the one right value: of `end`.
    const wrong = fc.jsonValue().filter((value) => value !== true);
    const keys = fc.constantFrom("token", "prev", "entries", "receipt", "fund", "end");
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(keys, { minLength: 1 }), wrong, async (changed, value) => {
        const body = JSON.stringify({ ...good, ...Object.fromEntries(changed.map((key) => [key, value])) });
        const response = await fixture.fetch("/weir/receipts", { method: "POST", body });
        expect(response.status).to.be.within(400, 499);
        await problemOf(response);
      }),
      { numRuns: 150 },
    );
    expect((await viewer.pay()).acknowledged.deliveredBytes).to.equal(200_000n);
    expect(fixture.logger.lines.filter((line) => line.startsWith("error"))).to.deep.equal([]);
  });
});

const testAddress: Hex = `0x${"ad".repeat(20)}`;

/** Waits for what the next look at the chain brings. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}
