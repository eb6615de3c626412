import { expect } from "chai";
import fc from "fast-check";
import {
  domainSeparator,
  extendTotals,
  hashMessage,
  owed,
  paymentChannelsDomain,
  privateKeySigner,
  receiptDigest,
  recoverSigner,
  resourceId,
  WeirError,
} from "../../../sdk/core/index.ts";
import type { ChannelTerms, Hex } from "../../../sdk/core/index.ts";
import type { ReceiptPost } from "../../../sdk/http/index.ts";
import { privateKey } from "../../helpers/arbitraries.ts";
import { paperDeployment } from "../../helpers/relayFixture.ts";
import type { ViewerTiming } from "../../../sdk/viewer/index.ts";
import { lyingScript } from "./lies.ts";
import type { LyingScript } from "./lies.ts";
import { credentialOf, startNetwork, startViewer } from "./relayNetwork.ts";
import type { NetworkRelay, RelayNetwork } from "./relayNetwork.ts";

const SIZE = 30_000;
const names = ["segment-0.m4s", "segment-1.m4s", "segment-2.m4s"];
const PRICE = 10n ** 16n;
const BUDGET = owed(200_000n, PRICE);
const policy = { postBytes: 1n, retrySeconds: 0, dropSeconds: 1, fundBytes: 100_000n };

const separator = domainSeparator(paymentChannelsDomain(paperDeployment));

/** Something signed for a channel: how much, and what tells for which. */
interface Statement {
  readonly amount: bigint;
  readonly signed: (terms: ChannelTerms) => readonly [digest: Hex, signature: Hex];
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);

describe("a viewer of a lying relay", function () {
  this.timeout(300_000);
  let network: RelayNetwork;
  /** Bytes that the liar really sent, whole and unchanged, since the viewer began. */
  let delivered = 0n;

  const relay = (index: number): NetworkRelay => network.relays[index]!;

  before(async () => {
    network = await startNetwork([{ policy: { signerCredit: 1n << 40n, unfundedCredit: 1n << 40n } }, {}], {
      size: SIZE,
    });
  });

  after(async () => {
    await network.stop();
  });

  /** Makes the first relay follow a script. */
  function follow(script: LyingScript): void {
    const told = { terms: 0, challenge: 0, session: 0, receipt: 0, manifest: 0, segment: 0 };
    const kindOf = ({ url }: Request, body: string): keyof LyingScript => {
      if (url.includes("/.well-known/weir")) return "terms";
      if (url.endsWith("/weir/sessions")) return credentialOf(body) === undefined ? "challenge" : "session";
      if (url.endsWith("/weir/receipts")) return "receipt";
      return url.endsWith("weir.json") ? "manifest" : "segment";
    };
    relay(0).tamper = async (request, real) => {
      const kind = kindOf(request, request.method === "POST" ? await request.clone().text() : "");
      const honest = await real(request);
      // Without a challenge in the terms, the viewer asks for one, and is lied to.
      if (kind === "terms" && script.challenge.some((lie) => lie !== undefined))
        honest.headers.delete("www-authenticate");
      const lies = script[kind];
      const lie = lies[told[kind]++ % lies.length];
      if (lie !== undefined) return lie.tell(honest, request);
      if (kind === "segment" && honest.status === 200) delivered += BigInt(SIZE);
      return honest;
    };
  }

  /** Plays everything twice from these relays, and checks what was signed on the way. */
  async function play(
    relays: readonly NetworkRelay[],
    key: Hex,
    timing: Partial<ViewerTiming>,
  ): Promise<(Uint8Array | WeirError)[]> {
    delivered = 0n;
    for (const each of network.relays) {
      each.posts.length = 0;
      each.credentials.length = 0;
    }
    const viewer = startViewer(network, {
      signer: privateKeySigner(key),
      relays: relays.map(({ origin }) => origin),
      budget: BUDGET,
      policy,
      timing: { patience: 400, stall: 250, close: 1_000, ...timing },
    });
    const get = async (name: string): Promise<Uint8Array | WeirError> =>
      viewer.get(name).catch((error: unknown) => {
        if (WeirError.is(error)) return error;
        throw error;
      });
    const results = await Promise.all(names.map(get));
    for (const name of names) results.push(await get(name));
    const { funded, verifiedBytes } = await viewer.close();

    for (const [i, result] of results.entries()) {
      if (!WeirError.is(result)) expect(result).to.deep.equal(network.bytes(names[i % names.length]!));
    }
    expect(funded <= BUDGET, "funded within the budget").to.equal(true);
    expect(receiptedBy(relay(0)) <= delivered, "receipted no more than was delivered").to.equal(true);
    expect(receiptedBy(relay(0)) + receiptedBy(relay(1)) <= verifiedBytes).to.equal(true);
    expect(fundedBy(relay(0)) + fundedBy(relay(1)) <= BUDGET, "sent funding within the budget").to.equal(true);
    if (delivered === 0n) expect(fundedBy(relay(0)), "no funding for nothing").to.equal(0n);
    expect(fundedBy(relay(0)) <= owed(delivered + max(delivered, policy.fundBytes), PRICE)).to.equal(true);
    return results;
  }

  /** Adds up, over the channels that were opened at a relay, the highest of something that was signed for them. */
  function signedFor(
    { credentials, posts }: NetworkRelay,
    statementOf: (post: ReceiptPost) => Statement | undefined,
  ): bigint {
    const highest = new Map<bigint, bigint>();
    const channels = credentials.map(({ payload }) => payload.channel);
    for (const post of posts) {
      const statement = statementOf(post);
      if (statement === undefined) continue;
      // The signature tells the channel, as it does on chain.
      const channel = channels.find(({ signer, ...terms }) => recoverSigner(...statement.signed(terms)) === signer);
      if (channel === undefined) throw new Error("signed for a channel that was never opened");
      highest.set(channel.nonce, max(highest.get(channel.nonce) ?? 0n, statement.amount));
    }
    return [...highest.values()].reduce((sum, amount) => sum + amount, 0n);
  }

  /** Bytes that a relay could settle. */
  const receiptedBy = (each: NetworkRelay): bigint =>
    signedFor(each, ({ step }) => {
      if (step === undefined) return undefined;
      expect(step.entries.reduce(extendTotals, step.prev).segmentsRoot).to.equal(step.receipt.segmentsRoot);
      for (const { resource, size } of step.entries) {
        expect(names.map(resourceId)).to.include(resource);
        expect(size).to.equal(BigInt(SIZE));
      }
      const { receipt } = step;
      const signed = (terms: ChannelTerms) =>
        [receiptDigest(separator, { ...terms, ...receipt }), receipt.signature] as const;
      return { amount: receipt.deliveredBytes, signed };
    });

  /** Token base units that a relay could draw. */
  const fundedBy = (each: NetworkRelay): bigint =>
    signedFor(each, ({ fund }) => {
      if (fund === undefined) return undefined;
      const signed = (terms: ChannelTerms) =>
        [hashMessage(separator, "Fund", { ...terms, ...fund }), fund.signature] as const;
      return { amount: fund.total, signed };
    });

  it("signs for no byte that it did not verify, and ends with a typed error at worst", async () => {
    await fc.assert(
      fc.asyncProperty(lyingScript(new Uint8Array(SIZE)), privateKey, async (script, key) => {
        follow(script);
        await play([relay(0)], key, { request: 250, giveUp: 1_000 });
      }),
      { numRuns: 20 },
    );
  });

  it("plays everything as long as one other relay is honest", async () => {
    await fc.assert(
      fc.asyncProperty(lyingScript(new Uint8Array(SIZE)), privateKey, async (script, key) => {
        follow(script);
        const results = await play([relay(0), relay(1)], key, { request: 1_000, giveUp: 20_000 });
        expect(results.filter((result) => WeirError.is(result)).map(String)).to.deep.equal([]);
      }),
      { numRuns: 20 },
    );
  });
});
