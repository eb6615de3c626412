import { expect } from "chai";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { readChannel } from "../../sdk/chain/index.ts";
import type { Hex } from "../../sdk/core/index.ts";
import { postgresStore } from "../../sdk/relay/index.ts";
import type { Viewer } from "../../sdk/viewer/index.ts";
import { startBalancer } from "../helpers/balancer.ts";
import type { Balancer } from "../helpers/balancer.ts";
import { startPostgres } from "../helpers/postgresServer.ts";
import type { PostgresServer } from "../helpers/postgresServer.ts";
import { startRelayProcess } from "../helpers/relayProcess.ts";
import type { RelayProcess } from "../helpers/relayProcess.ts";
import { eventually, openStage, PRICE, STREAM, TOKEN_PER_ETHER, watchAll } from "../helpers/stage.ts";
import type { Stage } from "../helpers/stage.ts";

const VIEWERS = 3;

/** A viewer with what it verified and what was acknowledged to it, by channel. */
interface Witness {
  readonly viewer: Viewer;
  verified: bigint;
  readonly acknowledged: Map<Hex, bigint>;
}

describe("three relay processes of one payee on one PostgreSQL", function () {
  this.timeout(120_000);

  let stage: Stage;
  let server: PostgresServer;
  let balancer: Balancer;
  let relays: RelayProcess[] = [];
  let payee: Hex;

  before(async () => {
    [stage, server, balancer] = await Promise.all([openStage(), startPostgres(), startBalancer()]);
    const privateKey = generatePrivateKey();
    payee = privateKeyToAccount(privateKey).address;
    await stage.local.testClient.setBalance({ address: payee, value: parseEther("1") });
    const config = {
      deployment: stage.local.deployment,
      rpcUrl: stage.local.anvil.url,
      privateKey,
      pricePerGiB: String(PRICE),
      tokenPerEther: String(TOKEN_PER_ETHER),
      baseCredit: "262144",
      publisher: stage.publisher.address,
      path: `/${STREAM}/`,
      folder: stage.media,
      store: server.url,
      publicUrl: balancer.url,
      port: 0,
    };
    relays = await Promise.all([1, 2, 3].map(async () => startRelayProcess(config)));
    balancer.backends = relays.map(({ url }) => url);
  });

  after(async () => {
    await Promise.all(relays.map(async (relay) => relay.kill()));
    await balancer.stop();
    await stage.stop();
    await server.remove();
  });

  it("take any receipt, and settle each once although the one that settles is killed", async () => {
    const witnesses: Witness[] = [];
    while (witnesses.length < VIEWERS) witnesses.push(await openWitness());
    const first = await collecting(relays);
    await Promise.all(
      witnesses.map(async ({ viewer }) => {
        await watchAll(viewer);
        await watchAll(viewer, "240p");
      }),
    );
    await eventually("the first process settles", async () => ((await nonce()) > 0 ? true : undefined));

    const playing = Promise.all(witnesses.map(async ({ viewer }) => watchAll(viewer)));
    await first.kill();
    const left = relays.filter((relay) => relay !== first);
    const second = await collecting(left);
    const before = await nonce();
    await playing;
    await Promise.all(witnesses.map(async ({ viewer }) => watchAll(viewer, "240p")));
    await Promise.all(witnesses.map(async ({ viewer }) => viewer.close()));
    expect(second).to.not.equal(first);

    for (const { verified, acknowledged } of witnesses) {
      expect([...acknowledged.values()].reduce((sum, bytes) => sum + bytes, 0n)).to.equal(verified);
    }
    const acknowledged = witnesses.flatMap((witness) => [...witness.acknowledged]);
    await eventually("everything that was acknowledged is settled", async () => {
      const settled = await Promise.all(acknowledged.map(async ([id]) => settledBytes(id)));
      for (const [i, [id, bytes]] of acknowledged.entries()) expect(settled[i]! <= bytes, id).to.equal(true);
      return settled.every((bytes, i) => bytes === acknowledged[i]![1]) ? true : undefined;
    });
    expect(await nonce()).to.be.greaterThan(before);
    for (const { url } of relays) expect(balancer.receipts.get(url) ?? 0, url).to.be.greaterThan(0);

    await Promise.all(relays.map(async (relay) => relay.kill()));
    await expectLogged(acknowledged);
    await expectNoFailedTransaction();
    await stage.expectConserved([payee]);
  });

  async function openWitness(): Promise<Witness> {
    const viewer = stage.viewer(await stage.openPayer(), [balancer.url], {
      policy: { fundBytes: 8_388_608n, maxFailures: 1_000, dropSeconds: 1 },
      timing: { giveUp: 60_000 },
    });
    const witness: Witness = { viewer, verified: 0n, acknowledged: new Map() };
    let current: Hex | undefined;
    viewer.on((event) => {
      if (event.type === "verified") witness.verified += BigInt(event.bytes);
      if (event.type === "opened") current = event.channelId;
      if (event.type === "paid" && current !== undefined) witness.acknowledged.set(current, event.deliveredBytes);
    });
    return witness;
  }

  /** Waits until one of these collects; two at a time would be a fault. */
  async function collecting(among: readonly RelayProcess[]): Promise<RelayProcess> {
    return eventually("one process collects", async () => {
      const collects = await Promise.all(among.map(async (relay) => relay.collects()));
      expect(collects.filter(Boolean).length).to.be.lessThan(2);
      return among[collects.indexOf(true)];
    });
  }

  async function nonce(): Promise<number> {
    return stage.local.publicClient.getTransactionCount({ address: payee });
  }

  async function settledBytes(channel: Hex): Promise<bigint> {
    const { deployment, publicClient } = stage.local;
    return (await readChannel(publicClient, { deployment, channel })).settledBytes;
  }

  /** Reads the store: each log ends with what was acknowledged, and each receipt goes on from the one before. */
  async function expectLogged(acknowledged: readonly (readonly [Hex, bigint])[]): Promise<void> {
    const store = postgresStore({ connectionString: server.url });
    await store.start();
    try {
      for (const [id, bytes] of acknowledged) {
        const log = await store.readLog(id);
        expect(log.at(-1)?.receipt.deliveredBytes, id).to.equal(bytes);
        for (const [i, { prev }] of log.entries()) {
          expect(prev.deliveredBytes, id).to.equal(log[i - 1]?.receipt.deliveredBytes ?? 0n);
        }
      }
    } finally {
      await store.stop();
    }
  }

  /** Looks at every transaction that the payee ever sent: two that fought over a nonce or a receipt would show. */
  async function expectNoFailedTransaction(): Promise<void> {
    const { publicClient } = stage.local;
    const head = await publicClient.getBlockNumber();
    let sent = 0;
    for (let blockNumber = 0n; blockNumber <= head; blockNumber++) {
      const { transactions } = await publicClient.getBlock({ blockNumber, includeTransactions: true });
      for (const { from, hash } of transactions.filter(({ from }) => from.toLowerCase() === payee.toLowerCase())) {
        expect((await publicClient.getTransactionReceipt({ hash })).status, from).to.equal("success");
        sent++;
      }
    }
    expect(sent).to.equal(await nonce());
  }
});
