import { expect } from "chai";
import { parseEther } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { readAccount, readChannel, signClose } from "../../../sdk/chain/index.ts";
import { paymentChannelsDomain, privateKeySigner, recoverSigner, hashMessage } from "../../../sdk/core/index.ts";
import type { SessionSigner } from "../../../sdk/core/index.ts";
import { encodeClosingPost, encodeSignedDeposit, parseClosingAnswer, parseOffers } from "../../../sdk/http/index.ts";
import { eventually } from "../../helpers/eventually.ts";
import { newDepositor, signedDeposit } from "../../helpers/signedDeposit.ts";
import { openStage, STREAM } from "../../helpers/stage.ts";
import type { Stage, StagedRelay } from "../../helpers/stage.ts";
import { testViewer } from "../../helpers/testViewer.ts";

describe("What a relay does for wallets", function () {
  this.timeout(60_000);
  let stage: Stage;
  let relay: StagedRelay;

  before(async () => {
    stage = await openStage();
    relay = await stage.startRelay({
      deposits: { minAmount: 1_000n, perHour: 3, perHourAndClient: 2 },
      collectPolicy: { leaveSeconds: 2 },
    });
  });

  after(async () => {
    await stage.stop();
  });

  const post = async (path: string, body: string): Promise<Response> =>
    fetch(relay.url + path, { method: "POST", body, headers: { "content-type": "application/json" } });

  const codeOf = async (response: Response): Promise<string> =>
    response.ok ? "accepted" : ((await response.json()) as { readonly code: string }).code;

  describe("deposits", () => {
    const amount = parseEther("0.2");

    it("are offered in the terms, and only where the relay was told to send them", async () => {
      const offers = parseOffers(await (await fetch(`${relay.url}/.well-known/weir`)).text());
      expect(offers).to.deep.equal({
        closings: "/weir/closings",
        deposits: { path: "/weir/deposits", minAmount: 1_000n },
      });
      const other = await stage.startRelay();
      expect(parseOffers(await (await fetch(`${other.url}/.well-known/weir`)).text()).deposits).to.equal(undefined);
      const answer = await fetch(`${other.url}/weir/deposits`, { method: "POST", body: "{}" });
      expect(await codeOf(answer)).to.equal("method-not-allowed");
      await other.stop();
    });

    it("are refused when they are too small, would fail, or are worth too little, and cost nothing then", async () => {
      const signer = privateKeySigner(generatePrivateKey());
      const poor = await newDepositor(stage.local, 10n);
      const rich = await newDepositor(stage.local, amount);
      const nonce = async (): Promise<number> =>
        stage.local.publicClient.getTransactionCount({ address: relay.account.address });
      const before = await nonce();
      const bodies = [
        await signedDeposit(stage.local, rich, signer, 999n),
        await signedDeposit(stage.local, poor, signer, amount),
        { ...(await signedDeposit(stage.local, rich, signer, amount)), signer: poor.address },
        // A signature for less than it says.
        { ...(await signedDeposit(stage.local, rich, signer, amount)), amount: amount - 1n },
        await signedDeposit(stage.local, rich, signer, 2_000n),
      ];
      for (const body of bodies) {
        expect(await codeOf(await post("/weir/deposits", encodeSignedDeposit(body)))).to.equal("deposit-refused");
      }
      expect(await codeOf(await post("/weir/deposits", "{}"))).to.equal("malformed-message");
      expect(await nonce()).to.equal(before);
    });

    it("are sent once, and for one wallet no more often than within the limits", async () => {
      const owner = await newDepositor(stage.local, 4n * amount);
      const signer = privateKeySigner(generatePrivateKey());
      const first = encodeSignedDeposit(await signedDeposit(stage.local, owner, signer, amount));
      const balance = async (): Promise<bigint> =>
        (await readAccount(stage.local.publicClient, { deployment: stage.local.deployment, signer: signer.address }))
          .balance;
      expect((await post("/weir/deposits", first)).status).to.equal(202);
      await eventually("the deposit is mined", async () => ((await balance()) === amount ? true : undefined));
      expect(await codeOf(await post("/weir/deposits", first))).to.equal("deposit-refused");
      const next = async (): Promise<Response> =>
        post("/weir/deposits", encodeSignedDeposit(await signedDeposit(stage.local, owner, signer, amount)));
      expect((await next()).status).to.equal(202);
      await eventually("the second is mined", async () => ((await balance()) === 2n * amount ? true : undefined));
      expect(await codeOf(await next())).to.equal("too-many-requests");
      expect(await balance()).to.equal(2n * amount);
    });
  });

  describe("closings", () => {
    it("are let by the payer's own word alone, for all that can be collected, and end the service", async () => {
      const payer = await stage.openPayer();
      const { deployment } = stage.local;
      const domain = paymentChannelsDomain(deployment);
      const viewer = await testViewer({
        fetch: async (path, init) => fetch(relay.url + path, init),
        ...{ origin: relay.url, domain, directory: `/${STREAM}/`, key: payer.key },
      });
      await viewer.open();
      await viewer.download("360p/segment-0.m4s");
      await viewer.pay({ fund: await viewer.fund(parseEther("0.1"), Math.floor(Date.now() / 1_000) + 3_600) });
      const { channel } = viewer;
      const minSettledBytes = viewer.acknowledged.deliveredBytes;
      const asking = async (bytes: bigint, signer: SessionSigner): Promise<Response> => {
        const signature = await signClose(signer, { deployment, channel, minSettledBytes: bytes });
        return post("/weir/closings", encodeClosingPost({ channel, minSettledBytes: bytes, signature }));
      };
      const stranger = privateKeySigner(generatePrivateKey());
      expect(await codeOf(await asking(minSettledBytes, stranger))).to.equal("wrong-signer");
      expect(await codeOf(await asking(minSettledBytes - 1n, payer.signer))).to.equal("receipt-stale");
      const unknown = { ...channel, nonce: channel.nonce ^ 1n };
      const signature = await signClose(payer.signer, { deployment, channel: unknown, minSettledBytes: 0n });
      const asked = encodeClosingPost({ channel: unknown, minSettledBytes: 0n, signature });
      expect(await codeOf(await post("/weir/closings", asked))).to.equal("channel-unknown");

      const answer = await asking(minSettledBytes, payer.signer);
      const leave = parseClosingAnswer(await answer.text());
      const digest = hashMessage(domain, "Close", { channelId: viewer.id, minSettledBytes });
      expect(recoverSigner(digest, leave.signature)).to.equal(relay.account.address.toLowerCase());
      expect((await viewer.get("360p/segment-1.m4s")).status).to.equal(410);
      expect((await viewer.openRaw()).status).to.equal(410);
      const again = parseClosingAnswer(await (await asking(minSettledBytes, payer.signer)).text());
      expect(again).to.deep.equal(leave);
      // What it holds it still settles by itself, if the payer does nothing.
      await eventually("the relay settles", async () => {
        const { settledBytes } = await readChannel(stage.local.publicClient, { deployment, channel });
        return settledBytes >= minSettledBytes ? true : undefined;
      });
    });
  });
});
