import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { readAccount, readChannel, readEarnings, readTokenBalance } from "../../sdk/chain/index.ts";
import { owed, privateKeySigner } from "../../sdk/core/index.ts";
import type { Hex } from "../../sdk/core/index.ts";
import { publishFolder } from "../../sdk/publisher/node/index.ts";
import { sqliteStore } from "../../sdk/relay/index.ts";
import { createViewer, openAccount } from "../../sdk/viewer/index.ts";
import { startLocalDeployment } from "../helpers/localDeployment.ts";
import type { LocalDeployment } from "../helpers/localDeployment.ts";
import { startRelayProcess } from "../helpers/relayProcess.ts";
import type { RelayProcess, RelayProcessConfig } from "../helpers/relayProcess.ts";

const MEDIA = fileURLToPath(new URL("../media/testcard/", import.meta.url));
const PRICE = parseEther("20");
const BUDGET = parseEther("1");
const KILLS = 6;
const ROUNDS = 5;
const SEGMENTS = 13;

describe("a relay that is killed in mid-stream, again and again", function () {
  this.timeout(180_000);

  const closers: (() => Promise<unknown>)[] = [];
  let local: LocalDeployment;
  let folder: string;
  let config: RelayProcessConfig;
  let relay: RelayProcess;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "weir-kill-"));
    closers.push(async () => rm(folder, { recursive: true, force: true }));
    local = await startLocalDeployment({ feeBps: 0 });
    closers.push(async () => local.stop());
    const publisher = privateKeySigner(generatePrivateKey());
    const media = path.join(folder, "testcard");
    await cp(MEDIA, media, { recursive: true });
    await publishFolder(media, { signer: publisher, name: "testcard" });
    const privateKey = generatePrivateKey();
    const payee = privateKeyToAccount(privateKey).address;
    await local.testClient.setBalance({ address: payee, value: parseEther("1") });
    config = {
      deployment: local.deployment,
      rpcUrl: local.anvil.url,
      privateKey,
      pricePerGiB: String(PRICE),
      tokenPerEther: String(parseEther("0.01")),
      baseCredit: "262144",
      publisher: publisher.address,
      path: "/testcard/",
      folder: media,
      store: path.join(folder, "relay.sqlite"),
      port: 0,
    };
    relay = await startRelayProcess(config);
    closers.push(async () => relay.kill());
    config = { ...config, port: Number(new URL(relay.url).port) };
  });

  after(async () => {
    for (const close of closers.reverse()) await close();
  });

  it("keeps every acknowledged receipt, counts no byte twice, and is paid for all that was verified", async () => {
    const signer = privateKeySigner(generatePrivateKey());
    const owner = local.wallet(1);
    await local.mint(owner.account.address, BUDGET);
    await openAccount(owner, { deployment: local.deployment, signer, amount: BUDGET });
    const viewer = createViewer({
      deployment: local.deployment,
      signer,
      publisher: config.publisher,
      name: "testcard",
      manifest: "/testcard/weir.json",
      relays: [relay.url],
      maxPricePerGiB: PRICE,
      budget: BUDGET,
      policy: { postBytes: 32_768n, fundBytes: 8_388_608n, maxFailures: 1_000, dropSeconds: 1 },
      timing: { giveUp: 60_000 },
    });
    let verified = 0n;
    const acknowledged = new Map<Hex, bigint>();
    const channels = new Set<Hex>();
    let current: Hex | undefined;
    viewer.on((event) => {
      if (event.type === "verified") verified += BigInt(event.bytes);
      if (event.type === "opened") {
        current = event.channelId;
        channels.add(event.channelId);
      }
      if (event.type === "paid" && current !== undefined) acknowledged.set(current, event.deliveredBytes);
    });

    // Kills at moments that have nothing to do with what the viewer does; the seed makes them the same in every run.
    const random = seeded(20_261_123);
    let kills = 0;
    const killing = (async () => {
      while (kills < KILLS) {
        await sleep(150 + random() * 450);
        await relay.kill();
        kills += 1;
        await expectOnDisk(acknowledged);
        relay = await startRelayProcess(config);
      }
    })();
    for (let round = 0; round < ROUNDS || kills < KILLS; round += 1) {
      for (let segment = 0; segment < SEGMENTS; segment += 1) {
        const response = await viewer.fetch(`360p/segment-${segment}.m4s`);
        expect(response.status).to.equal(200);
      }
    }
    await killing;
    await viewer.close();

    expect(kills).to.equal(KILLS);
    expect(channels.size).to.be.greaterThan(0);
    expect([...acknowledged.values()].reduce((sum, bytes) => sum + bytes, 0n)).to.equal(verified);
    await expectSettled(channels, verified);
    await expectConserved(signer.address);
  });

  /** Reads the dead relay's store: what it acknowledged must be there. */
  async function expectOnDisk(acknowledged: ReadonlyMap<Hex, bigint>): Promise<void> {
    // Answers that left before the kill may still be on their way to the viewer.
    await sleep(50);
    const store = sqliteStore(config.store);
    await store.start();
    try {
      for (const [id, bytes] of acknowledged) {
        const record = await store.readChannel(id);
        expect(record?.state.acknowledged.deliveredBytes ?? -1n, `receipt of ${id}`).to.be.at.least(bytes);
        const log = await store.readLog(id);
        expect(log.at(-1)?.receipt.deliveredBytes ?? -1n, `log of ${id}`).to.be.at.least(bytes);
      }
    } finally {
      await store.stop();
    }
  }

  /** Waits until the chain shows as many settled bytes as were verified; more would be a byte counted twice. */
  async function expectSettled(channels: ReadonlySet<Hex>, verified: bigint): Promise<void> {
    const giveUpAt = performance.now() + 30_000;
    let settled = 0n;
    while (performance.now() < giveUpAt && settled < verified) {
      await sleep(100);
      const states = await Promise.all(
        [...channels].map(async (channel) =>
          readChannel(local.publicClient, { deployment: local.deployment, channel }),
        ),
      );
      settled = states.reduce((sum, { settledBytes }) => sum + settledBytes, 0n);
    }
    expect(settled).to.equal(verified);
    const { balance } = await readEarnings(local.publicClient, { deployment: local.deployment, payee: payeeAddress() });
    if (channels.size === 1) expect(balance).to.equal(owed(verified, PRICE));
  }

  async function expectConserved(signer: Hex): Promise<void> {
    const { deployment, publicClient: client } = local;
    const escrow = await readTokenBalance(client, { deployment, owner: deployment.paymentChannels.address });
    const account = await readAccount(client, { deployment, signer });
    const earnings = await readEarnings(client, { deployment, payee: payeeAddress() });
    const reserved = BUDGET - account.balance - earnings.balance - earnings.fees;
    expect(escrow).to.equal(BUDGET);
    expect(reserved >= 0n).to.equal(true);
  }

  function payeeAddress(): Hex {
    return privateKeyToAccount(config.privateKey).address;
  }
});

/** Numbers from 0 to 1 that are the same for the same seed (the minimal standard generator of Park and Miller). */
function seeded(seed: number): () => number {
  let state = seed % 2_147_483_647;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
