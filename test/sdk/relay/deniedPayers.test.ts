import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateKeySigner } from "../../../sdk/core/index.ts";
import { parseProblem } from "../../../sdk/http/index.ts";
import { sqliteRecords, sqliteStore } from "../../../sdk/relay/index.ts";
import type { RelayRecords } from "../../../sdk/relay/index.ts";
import { eventually } from "../../helpers/eventually.ts";
import { paperDomain, startRelayFixture } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";
import { sessionKey, startNetwork, startViewer } from "../viewer/relayNetwork.ts";

const codeOf = async (response: Response): Promise<string> =>
  parseProblem(await response.text(), response.status).error.code;

describe("A payer that the operator denied", () => {
  let folder: string;
  let file: string;
  let records: RelayRecords;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "weir-denied-"));
    file = join(folder, "relay.db");
    records = sqliteRecords(file);
  });
  afterEach(async () => {
    await records.stop();
    rmSync(folder, { recursive: true });
  });

  describe("of a relay", () => {
    let fixture: RelayFixture;
    let viewer: TestViewer;

    beforeEach(async () => {
      fixture = await startRelayFixture({ store: sqliteStore(file) });
      viewer = await testViewer({ ...fixture, domain: paperDomain });
      await records.start();
    });
    afterEach(async () => {
      await fixture.stop();
    });
    const deny = async (): Promise<void> =>
      records.deny({ signer: viewer.signer.address, note: "", at: fixture.time.now });

    it("opens no session, until it is allowed again; nobody else is touched", async () => {
      await deny();
      const refusal = await viewer.openRaw();
      expect(refusal.status).to.equal(403);
      expect(await codeOf(refusal)).to.equal("payer-denied");
      const stranger = await testViewer({ ...fixture, domain: paperDomain });
      expect((await stranger.openRaw()).status).to.equal(201);
      await records.allow(viewer.signer.address);
      expect((await viewer.openRaw()).status).to.equal(201);
    });

    it("is told so only if it holds the key", async () => {
      await deny();
      const stranger = await testViewer({ ...fixture, domain: paperDomain });
      const posing = { ...stranger.channel, signer: viewer.signer.address };
      expect(await codeOf(await stranger.openRaw({ channel: posing }))).to.equal("wrong-signer");
    });

    it("loses its session, and may still pay for what it got", async () => {
      await viewer.open();
      await viewer.download("segment-0.m4s");
      await deny();
      // A relay looks for such sessions when it starts, and then again and again.
      await fixture.relay.stop();
      await fixture.relay.start();
      await eventually("the session is ended", async () => {
        const { sessions } = await fixture.relay.status();
        return sessions === 0 ? true : undefined;
      });
      expect(await codeOf(await viewer.get("segment-1.m4s"))).to.equal("token-expired");
      expect((await viewer.pay()).acknowledged.deliveredBytes).to.equal(100_000n);
      expect(await codeOf(await viewer.openRaw())).to.equal("payer-denied");
      const [held] = await fixture.options.store.listChannels({ type: "collectable" });
      expect(held?.state.acknowledged.deliveredBytes).to.equal(100_000n);
    });
  });

  it("leaves the relay alone and plays from another", async () => {
    const network = await startNetwork([{ store: sqliteStore(file) }, {}]);
    await records.start();
    await records.deny({ signer: privateKeySigner(sessionKey).address, note: "", at: 0 });
    const viewer = startViewer(network);
    try {
      for (let i = 0; i < 8; i++) await viewer.get(`segment-${String(i)}.m4s`);
      const [denying] = network.relays;
      const dropped = viewer.events.filter(({ type }) => type === "dropped");
      for (const event of dropped) expect(event).to.deep.include({ relay: denying!.origin, code: "payer-denied" });
      expect(denying!.credentials.length).to.equal(dropped.length);
      expect((await viewer.close()).verifiedBytes).to.equal(800_000n);
    } finally {
      await viewer.close();
      await network.stop();
    }
  });
});
