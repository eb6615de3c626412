import { expect } from "chai";
import path from "node:path";
import { parseEther } from "viem/utils";
import { generatePrivateKey } from "viem/accounts";
import { getWeirEvents, readAccount } from "../../sdk/chain/index.ts";
import { privateKeySigner } from "../../sdk/core/index.ts";
import type { SessionSigner } from "../../sdk/core/index.ts";
import { encodeSignedDeposit, parseOffers } from "../../sdk/http/index.ts";
import { eventually } from "../helpers/eventually.ts";
import { freePort } from "../helpers/freePort.ts";
import { killableRelay, newIdentity } from "../helpers/killableRelay.ts";
import type { KillableRelay, RelayIdentity } from "../helpers/killableRelay.ts";
import { startPostgres } from "../helpers/postgresServer.ts";
import type { PostgresServer } from "../helpers/postgresServer.ts";
import { newDepositor, signedDeposit } from "../helpers/signedDeposit.ts";
import { openStage, PRICE, STREAM, TOKEN_PER_ETHER } from "../helpers/stage.ts";
import type { Stage } from "../helpers/stage.ts";

const AMOUNT = parseEther("0.2");
const SENDS = { WEIR_RELAY_MIN_DEPOSIT: "0.1" };

describe("weir relay start --min-deposit, killed before the deposit is mined", function () {
  this.timeout(120_000);
  let stage: Stage;
  let postgres: PostgresServer;
  const relays: KillableRelay[] = [];

  before(async () => {
    [stage, postgres] = await Promise.all([openStage(), startPostgres()]);
  });
  afterEach(async () => {
    await stage.local.testClient.setAutomine(true);
    for (const relay of relays.splice(0)) await relay.kill();
  });
  after(async () => {
    await stage.stop();
    await postgres.remove();
  });

  /** A process of a relay; several with one identity share a store. */
  const launch = async (identity: RelayIdentity, storeUrl?: string): Promise<KillableRelay> => {
    await stage.local.testClient.setBalance({ address: identity.address, value: parseEther("1") });
    const port = await freePort();
    const relay = killableRelay({
      folder: path.join(stage.folder, `relay-${port}`),
      ...{ identity, deployment: stage.local.deployment, rpcUrl: stage.local.anvil.url, port, pricePerGiB: PRICE },
      publicUrl: `http://127.0.0.1:${port}`,
      tokenPerEther: TOKEN_PER_ETHER,
      stream: { path: `/${STREAM}/`, source: stage.media, publisher: stage.publisher.address },
      ...(storeUrl === undefined ? {} : { storeUrl }),
    });
    relays.push(relay);
    relay.launch(SENDS);
    await relay.serves();
    return relay;
  };
  const post = async ({ port }: KillableRelay, body: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}/weir/deposits`, { method: "POST", body })).status;
  const newDeposit = async (): Promise<{ readonly signer: SessionSigner; readonly body: string }> => {
    const signer = privateKeySigner(generatePrivateKey());
    const owner = await newDepositor(stage.local, 2n * AMOUNT);
    stage.countIn(owner.address, 2n * AMOUNT);
    return { signer, body: encodeSignedDeposit(await signedDeposit(stage.local, owner, signer, AMOUNT)) };
  };
  /** Throws away what waits, as a node that restarts does, and mines again. */
  const forgetPending = async (): Promise<void> => {
    const { testClient } = stage.local;
    const { transactions } = await stage.local.publicClient.getBlock({ blockTag: "pending" });
    for (const hash of transactions) await testClient.dropTransaction({ hash });
    await testClient.setAutomine(true);
  };
  const isMadeOnce = async ({ address }: SessionSigner): Promise<void> => {
    const { deployment, publicClient } = stage.local;
    await eventually("the deposit is made", async () =>
      (await readAccount(publicClient, { deployment, signer: address })).balance === AMOUNT ? true : undefined,
    );
    const events = await getWeirEvents(publicClient, {
      deployment,
      eventNames: ["Deposited"],
      where: { signer: address },
    });
    expect(events).to.have.length(1);
  };

  it("makes it once when it is started again", async () => {
    const relay = await launch(newIdentity());
    const terms = await (await fetch(`http://127.0.0.1:${relay.port}/.well-known/weir`)).text();
    expect(parseOffers(terms).deposits?.minAmount).to.equal(parseEther("0.1"));
    const { body, signer } = await newDeposit();
    await stage.local.testClient.setAutomine(false);
    expect(await post(relay, body)).to.equal(202);
    await relay.kill();
    await forgetPending();
    relay.launch(SENDS);
    await relay.serves();
    await isMadeOnce(signer);
    expect(await post(relay, body)).to.not.equal(202);
    await isMadeOnce(signer);
  });

  it("leaves it to the other process on PostgreSQL, which makes it once", async () => {
    const identity = newIdentity();
    // The one that is alone at first collects, and sends.
    const first = await launch(identity, postgres.url);
    const second = await launch(identity, postgres.url);
    const { body, signer } = await newDeposit();
    await stage.local.testClient.setAutomine(false);
    expect(await post(first, body)).to.equal(202);
    // Asked of the other as well, it waits there for a turn that comes too late.
    const late = post(second, body);
    await first.kill();
    await forgetPending();
    await isMadeOnce(signer);
    expect(await late).to.not.equal(202);
    await isMadeOnce(signer);
    await stage.expectConserved([identity.address]);
  });
});
