import { expect } from "chai";
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { assertSigner, receiptDigest } from "../../../sdk/core/index.ts";
import type { Totals } from "../../../sdk/core/index.ts";
import { sqliteStore } from "../../../sdk/relay/index.ts";
import { paperDomain, testStream } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

const MAIN = fileURLToPath(new URL("../../helpers/paperRelayMain.ts", import.meta.url));
const VIEWERS = 10;
const KILLS = 3;
const SEGMENTS = 6;
const SIZE = 150_000;

/** A viewer with what it was told, which is what must not be lost. */
interface Witness {
  readonly viewer: TestViewer;
  /** The highest total that was acknowledged to it. */
  acknowledged: bigint;
  /** Every total that it ever signed. */
  readonly signed: Map<bigint, Totals>;
}

describe("A relay killed while many viewers pay", function () {
  this.timeout(180_000);

  let folder: string;
  let child: ChildProcess;
  let url = "";

  const start = async (): Promise<void> => {
    child = fork(MAIN, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const port = url === "" ? 0 : Number(new URL(url).port);
    child.send({ store: join(folder, "relay.db"), folder: join(folder, "video"), port });
    [url] = (await once(child, "message")) as [string];
  };
  const kill = async (): Promise<void> => {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "weir-killed-"));
    mkdirSync(join(folder, "video"));
    const { files } = await testStream(SEGMENTS, SIZE);
    for (const [name, bytes] of files) writeFileSync(join(folder, "video", name), bytes);
    await start();
  });
  after(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it("holds every receipt that it acknowledged, and counts what was under way as served", async () => {
    const witnesses = await Promise.all(
      Array.from({ length: VIEWERS }, async (): Promise<Witness> => {
        const viewer = await testViewer({
          fetch: async (path, init) => fetch(url + path, init),
          origin: url,
          domain: paperDomain,
        });
        return { viewer, acknowledged: 0n, signed: new Map([[0n, viewer.totals]]) };
      }),
    );
    let before: Awaited<ReturnType<typeof inspect>> = [];
    for (let round = 0; round < KILLS; round++) {
      for (const witness of witnesses) await reopen(witness);
      const played = Promise.all(witnesses.map(play));
      await sleep(300 + 130 * round);
      await kill();
      await played;
      before = await inspect(witnesses);
      await start();
    }
    await kill();
    const afterwards = await inspect(witnesses);
    expect(afterwards).to.deep.equal(
      before.map(({ served, reserved }) => ({ served: served + reserved, reserved: 0n })),
    );
    await start();
    expect(witnesses.every(({ acknowledged }) => acknowledged > 0n)).to.equal(true);
  });

  /** Opens a session and continues from what the relay holds, which must be the viewer's own word. */
  const reopen = async (witness: Witness): Promise<void> => {
    const { viewer, signed } = witness;
    const { acknowledged } = await viewer.open();
    expect(acknowledged.deliveredBytes >= witness.acknowledged).to.equal(true);
    const { deliveredBytes, segmentsRoot } = acknowledged;
    expect(signed.get(deliveredBytes)).to.deep.equal({ deliveredBytes, segmentsRoot });
    Object.assign(viewer, { acknowledged: { deliveredBytes, segmentsRoot }, totals: { deliveredBytes, segmentsRoot } });
    viewer.entries = [];
  };

  /** Downloads and pays until the relay is gone. */
  const play = async (witness: Witness): Promise<void> => {
    const { viewer, signed } = witness;
    try {
      for (let i = 0; ; i++) {
        await viewer.download(`segment-${String(i % SEGMENTS)}.m4s`);
        signed.set(viewer.totals.deliveredBytes, viewer.totals);
        const { acknowledged } = await viewer.pay();
        witness.acknowledged = acknowledged.deliveredBytes;
      }
    } catch (error) {
      // A relay that is killed breaks connections; one that refuses is a failure.
      if (!(error instanceof TypeError)) throw error;
    }
  };

  /** Looks into the database of the relay that is gone. */
  const inspect = async (
    witnesses: readonly Witness[],
  ): Promise<{ readonly served: bigint; readonly reserved: bigint }[]> => {
    const store = sqliteStore(join(folder, "relay.db"));
    await store.start();
    const found = await Promise.all(
      witnesses.map(async ({ viewer, acknowledged, signed }) => {
        const { state } = (await store.readChannel(viewer.id))!;
        const held = state.acknowledged;
        expect(held.deliveredBytes >= acknowledged, "an acknowledged receipt is lost").to.equal(true);
        expect(signed.get(held.deliveredBytes)?.segmentsRoot).to.equal(held.segmentsRoot);
        const log = await store.readLog(viewer.id);
        let last: Totals = signed.get(0n)!;
        for (const { prev, receipt } of log) {
          expect(prev).to.deep.equal(last);
          const { payee, pricePerGiB, gracePeriod, nonce } = viewer.channel;
          const { deliveredBytes, segmentsRoot } = receipt;
          last = { deliveredBytes, segmentsRoot };
          const digest = receiptDigest(paperDomain, { payee, pricePerGiB, gracePeriod, nonce, ...last });
          assertSigner(digest, receipt.signature, viewer.signer.address);
        }
        expect(last.deliveredBytes).to.equal(held.deliveredBytes);
        const reserved = state.transfers.reduce((sum, { size }) => sum + size, 0n);
        return { served: state.served, reserved };
      }),
    );
    await store.stop();
    return found;
  };
});
