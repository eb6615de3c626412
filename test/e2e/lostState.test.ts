import { rm } from "node:fs/promises";
import { expect } from "chai";
import { readChannel } from "../../sdk/chain/index.ts";
import type { Hex } from "../../sdk/core/index.ts";
import { backupSqlite, restoreSqlite } from "../../sdk/relay/index.ts";
import { memoryStore } from "../../sdk/viewer/index.ts";
import type { Viewer, ViewerEvent, ViewerStore } from "../../sdk/viewer/index.ts";
import { errorCode } from "../helpers/errorCode.ts";
import { eventually, openStage, watchAll } from "../helpers/stage.ts";
import type { Stage, StagedPayer, StagedRelay } from "../helpers/stage.ts";

describe("losing state", function () {
  this.timeout(120_000);

  let stage: Stage;
  let relay: StagedRelay;
  let payer: StagedPayer;
  /** Verified bytes by channel, over all viewers of the test. */
  let verified: Map<Hex, bigint>;

  beforeEach(async () => {
    stage = await openStage();
    relay = await stage.startRelay();
    payer = await stage.openPayer();
    verified = new Map();
  });

  afterEach(async () => {
    await stage.expectConserved();
    await stage.stop();
  });

  it("X12: a relay that lost its database is told the viewer's own receipt and is paid for all of it", async () => {
    const store = memoryStore();
    const first = watching(store);
    await watchAll(first, "240p");
    await settled(first);
    await relay.stop();
    for (const suffix of ["", "-wal", "-shm"]) await rm(`${relay.store}${suffix}`, { force: true });
    relay = await stage.startRelay({ again: relay });

    await watchAll(first, "360p");
    await settled(first);
    await first.close();
    await expectPaidExactly();
  });

  it("X12: a relay that is restored from an older backup is told what came after it, and settles nothing twice", async () => {
    const first = watching(memoryStore());
    await watchAll(first, "240p");
    await settled(first);
    const backup = `${relay.store}.backup`;
    await backupSqlite(relay.store, backup);
    // More than the backup knows of, settled and not settled.
    await watchAll(first, "360p");
    await settled(first);
    await watchAll(first, "240p");
    expect(await errorCode(restoreSqlite(backup, relay.store, `${relay.store}.aside`))).to.equal("storage-failed");
    await relay.stop();
    expect(await errorCode(restoreSqlite(backup, relay.store))).to.equal("storage-failed");
    await restoreSqlite(backup, relay.store, `${relay.store}.aside`);
    relay = await stage.startRelay({ again: relay });

    await watchAll(first, "360p");
    await settled(first);
    await first.close();
    expect(verified.size, "on the same channel").to.equal(1);
    await expectPaidExactly();
  });

  it("X12: a viewer that lost its state starts anew, and what it paid before stays paid", async () => {
    const first = watching(memoryStore());
    await watchAll(first, "240p");
    await settled(first);
    await first.close();

    const second = watching(memoryStore());
    await watchAll(second, "360p");
    await settled(second);
    await second.close();
    expect(verified.size).to.equal(2);
    await expectPaidExactly();
  });

  it("X12: a viewer that restored an older state adopts the claim that it signed itself", async () => {
    const store = memoryStore();
    const first = watching(store);
    await watchAll(first, "240p");
    await settled(first);
    const old = await snapshot(store);
    await watchAll(first, "360p");
    await settled(first);
    // The page is gone without a word: the session is never ended.

    const second = watching(old);
    await watchAll(second, "240p");
    await settled(second);
    expect(verified.size, "both used one channel").to.equal(1);
    await second.close();
    await first.close();
    await expectPaidExactly();
  });

  it("nobody is hurt when both lose everything", async () => {
    const first = watching(memoryStore());
    await watchAll(first, "240p");
    await settled(first);
    await relay.stop();
    for (const suffix of ["", "-wal", "-shm"]) await rm(`${relay.store}${suffix}`, { force: true });
    relay = await stage.startRelay({ again: relay });
    const second = watching(memoryStore());
    await watchAll(second, "360p");
    await settled(second);
    await Promise.all([first.close(), second.close()]);
    const { deployment, publicClient: client } = stage.local;
    for (const [channel, bytes] of verified) {
      expect((await readChannel(client, { deployment, channel })).settledBytes <= bytes).to.equal(true);
    }
  });

  /** A viewer whose verified bytes are counted by channel. */
  function watching(store: ViewerStore): Viewer {
    const viewer = stage.viewer(payer, [relay.url], { store, timing: { close: 2_000 } });
    let current: Hex = "0x";
    viewer.on((event: ViewerEvent) => {
      if (event.type === "opened") current = event.channelId;
      if (event.type === "verified") verified.set(current, (verified.get(current) ?? 0n) + BigInt(event.bytes));
    });
    return viewer;
  }

  /** Waits until the relay has acknowledged everything that this viewer verified. */
  async function settled(viewer: Viewer): Promise<void> {
    await eventually("everything verified is acknowledged", async () => {
      await Promise.resolve();
      return viewer.status().relays.every(({ spent, acknowledged }) => spent === acknowledged) ? true : undefined;
    });
  }

  async function snapshot(store: ViewerStore): Promise<ViewerStore> {
    const copy = memoryStore();
    for (const [key, value] of await store.entries("")) await copy.set(key, value);
    return copy;
  }

  /** The chain ends up with every byte that was verified, and not one more. */
  async function expectPaidExactly(): Promise<void> {
    const { deployment, publicClient: client } = stage.local;
    for (const [channel, bytes] of verified) {
      await eventually(`${bytes} bytes of ${channel} are settled`, async () => {
        const { settledBytes } = await readChannel(client, { deployment, channel });
        expect(settledBytes <= bytes, `${settledBytes} settled, ${bytes} verified`).to.equal(true);
        return settledBytes === bytes ? true : undefined;
      });
    }
  }
});
