import { expect } from "chai";
import {
  finalizeCloseSync,
  getWeirEvents,
  readAccount,
  readChannel,
  readEarnings,
  readTokenBalance,
  requestCloseSync,
  withdrawEarningsSync,
  withdrawSync,
} from "../../sdk/chain/index.ts";
import { owed, WeirError } from "../../sdk/core/index.ts";
import type { Channel, Hex } from "../../sdk/core/index.ts";
import { collectorWallet } from "../../sdk/relay/index.ts";
import type { RelayCollectOptions } from "../../sdk/relay/index.ts";
import type { Viewer, ViewerEvent } from "../../sdk/viewer/index.ts";
import { BUDGET, eventually, openStage, PRICE, watchAll } from "../helpers/stage.ts";
import type { Stage, StagedPayer, StagedRelay } from "../helpers/stage.ts";

describe("leaving, with the other side gone", function () {
  this.timeout(120_000);

  let stage: Stage;
  let relay: StagedRelay;
  let payer: StagedPayer;

  beforeEach(async () => {
    stage = await openStage();
    relay = await stage.startRelay();
    payer = await stage.openPayer();
  });

  afterEach(async () => {
    await stage.expectConserved();
    await stage.stop();
  });

  it("I6: a viewer whose relay vanished gets back everything that was not settled, after the grace period", async () => {
    const { viewer, events } = listenTo(stage.viewer(payer, [relay.url], { timing: { close: 500 } }));
    await watchAll(viewer);
    const channel = await fundedChannel();
    await relay.stop();
    await viewer.close();

    const { local } = stage;
    const { deployment } = local;
    const owner = local.wallet(payer.owner);
    await requestCloseSync(owner, { deployment, channel });
    await local.sleep(channel.gracePeriod);
    await finalizeCloseSync(owner, { deployment, channel });
    const { balance } = await readAccount(local.publicClient, { deployment, signer: payer.signer.address });
    await withdrawSync(owner, {
      deployment,
      signer: payer.signer.address,
      amount: balance,
      to: payer.owner.address,
    });
    const { settledBytes } = await readChannel(local.publicClient, { deployment, channel });
    const wallet = await readTokenBalance(local.publicClient, { deployment, owner: payer.owner.address });
    expect(wallet).to.equal(BUDGET - owed(settledBytes, PRICE));
    expect(settledBytes <= verifiedBytes(events)).to.equal(true);
  });

  it("I6: a relay whose viewer vanished settles what it holds and withdraws it", async () => {
    const { viewer, events } = listenTo(stage.viewer(payer, [relay.url]));
    await watchAll(viewer);
    const channel = await fundedChannel();
    const { deployment, publicClient: client } = stage.local;
    const acknowledged = await eventually("everything is acknowledged", async () =>
      Promise.resolve(paidBytes(events) === verifiedBytes(events) ? paidBytes(events) : undefined),
    );
    // The viewer is never heard of again: no end of its session, no closing.
    await eventually("everything is settled", async () => {
      const { settledBytes } = await readChannel(client, { deployment, channel });
      return settledBytes === acknowledged ? true : undefined;
    });
    const payee = relay.account.address;
    const { balance, fees } = await readEarnings(client, { deployment, payee });
    // Each settlement rounds its fee down, in the relay's favour.
    expect(balance + fees).to.equal(owed(acknowledged, PRICE));
    await withdrawEarningsSync(stage.local.wallet(relay.account), { deployment, payee });
    expect(await readTokenBalance(client, { deployment, owner: payee })).to.equal(balance);
    await viewer.close();
  });

  it("X7: a close request makes the relay settle at once and serve nothing more on the channel", async () => {
    const { viewer, events } = listenTo(stage.viewer(payer, [relay.url], { timing: { giveUp: 3_000 } }));
    await watchAll(viewer);
    const channel = await fundedChannel();
    const { deployment, publicClient: client } = stage.local;
    await requestCloseSync(stage.local.wallet(payer.owner), { deployment, channel });
    await eventually("the relay settles what it was promised", async () => {
      const { settledBytes } = await readChannel(client, { deployment, channel });
      return settledBytes === verifiedBytes(events) ? true : undefined;
    });
    const before = verifiedBytes(events);
    // The viewer goes on with a new channel, or not at all; on the old one nothing moves.
    await viewer.fetch("240p/segment-0.m4s").then(
      (response) => expect(response.status).to.equal(200),
      (error: unknown) => expect(WeirError.is(error, "no-relay-left")).to.equal(true),
    );
    const { settledBytes, closed } = await readChannel(client, { deployment, channel });
    expect(settledBytes).to.equal(before);
    expect(closed).to.equal(false);
    await viewer.close();
  });

  it("X6: a payer that empties its account before the funding is posted costs the relay at most its credit", async () => {
    await relay.stop();
    const credit = 262_144n;
    // This relay does not send transactions by itself, so the account is emptied first.
    const poor = await stage.startRelay({
      policy: { baseCredit: credit },
      collect: unwillingCollector(stage, relay),
      again: relay,
    });
    const { viewer, events } = listenTo(stage.viewer(payer, [poor.url], { timing: { giveUp: 2_000 } }));
    const { deployment } = stage.local;
    await viewer.fetch("360p/segment-0.m4s");
    await withdrawSync(stage.local.wallet(payer.owner), {
      deployment,
      signer: payer.signer.address,
      amount: BUDGET,
      to: payer.owner.address,
    });
    const refusal = await watchAll(viewer).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(WeirError.is(refusal), String(refusal)).to.equal(true);
    const largest = 78_732n;
    expect(verifiedBytes(events) <= credit + largest).to.equal(true);
    await viewer.close();
  });

  /** The channel that the relay has funded, as soon as it has. */
  async function fundedChannel(): Promise<Channel> {
    const { deployment, publicClient } = stage.local;
    return eventually("the relay posts the viewer's funding", async () => {
      const toBlock = await publicClient.getBlockNumber({ cacheTime: 0 });
      const range = { deployment, fromBlock: 0n, toBlock };
      const [funded] = await getWeirEvents(publicClient, { ...range, eventNames: ["Funded"] });
      if (funded === undefined) return undefined;
      const { signer, payee, pricePerGiB, gracePeriod, nonce } = funded.args;
      return { signer, payee, pricePerGiB, gracePeriod, nonce };
    });
  }
});

/** A collector for which no transaction is ever worth its gas. */
function unwillingCollector({ local }: Stage, { account }: StagedRelay): RelayCollectOptions {
  return {
    wallet: collectorWallet({ client: local.wallet(account), deployment: local.deployment }),
    tokenPerEther: 10n ** 30n,
  };
}

function listenTo(viewer: Viewer): { readonly viewer: Viewer; readonly events: ViewerEvent[] } {
  const events: ViewerEvent[] = [];
  viewer.on((event) => events.push(event));
  return { viewer, events };
}

function verifiedBytes(events: readonly ViewerEvent[]): bigint {
  return events.reduce((sum, event) => sum + (event.type === "verified" ? BigInt(event.bytes) : 0n), 0n);
}

/** Bytes of the highest acknowledged receipt of each channel, added up. */
function paidBytes(events: readonly ViewerEvent[]): bigint {
  const channels = new Map<Hex, bigint>();
  let current: Hex = "0x";
  for (const event of events) {
    if (event.type === "opened") current = event.channelId;
    if (event.type === "paid") channels.set(current, event.deliveredBytes);
  }
  return [...channels.values()].reduce((sum, bytes) => sum + bytes, 0n);
}
