import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultCollectPolicy, defaultRelayPolicy, measuredGas, newRelayChannel } from "../../../sdk/exchange/index.ts";
import { readUnsettled } from "../../../sdk/relay/chain/unsettled.ts";
import type { UnsettledContext } from "../../../sdk/relay/chain/unsettled.ts";
import { sqliteStore } from "../../../sdk/relay/index.ts";
import type { RelayStore } from "../../../sdk/relay/index.ts";
import { channelOf, hex, NOTHING, NOW, write } from "../../helpers/storeFixture.ts";

describe("what a relay has not settled", () => {
  let folder: string;
  let store: RelayStore;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "weir-unsettled-"));
    store = sqliteStore(join(folder, "relay.db"));
    await store.start();
  });
  afterEach(async () => {
    await store.stop();
    rmSync(folder, { recursive: true });
  });

  const pending = async (): Promise<number> => {
    const context = {
      ...{ store, policy: defaultRelayPolicy, clock: () => NOW },
      collect: {
        wallet: { gasPrice: async () => Promise.resolve(1n) },
        policy: defaultCollectPolicy,
        costs: { ...measuredGas, tokenPerEther: 1n, feeBps: 0n },
        fees: {},
      },
    } as unknown as UnsettledContext;
    return (await readUnsettled(context, 1_000)).pending;
  };

  it("counts a transaction from when its channels are marked, before it is written down itself", async () => {
    expect(await pending()).to.equal(0);
    const state = { ...newRelayChannel(channelOf(), hex(32)), settling: 9n };
    await store.writeChannel(write(state, 0, { index: { ...NOTHING, collecting: true } }));
    expect(await pending()).to.equal(1);
    const aims = [{ id: state.id, settling: 9n, funding: 0n, close: false }];
    const lease = (await store.lead("collecting"))!;
    await lease.putTransaction({ nonce: 1, hashes: [hex(32)], raw: "0x", channels: aims, sentAt: NOW });
    expect(await pending()).to.equal(1);
  });
});
