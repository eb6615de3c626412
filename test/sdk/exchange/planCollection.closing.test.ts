import { expect } from "chai";
import {
  defaultCollectPolicy,
  defaultRelayPolicy,
  measuredGas,
  newRelayChannel,
  planCollection,
} from "../../../sdk/exchange/index.ts";
import type { ChainView, CollectionEnv, RelayChannel } from "../../../sdk/exchange/index.ts";

const GIB = 1n << 30n;
const TOKEN = 10n ** 18n;

/** 1,000 wei a gas and one token an ether: a row costs 1.35e7 base units. */
const env: CollectionEnv = {
  relay: defaultRelayPolicy,
  policy: defaultCollectPolicy,
  costs: { ...measuredGas, gasPrice: 1_000n, tokenPerEther: TOKEN, feeBps: 100n },
  now: 1_000,
};

/** A channel at one base unit a byte. */
function channel(nonce: bigint, chain: Partial<ChainView>, more: Partial<RelayChannel> = {}): RelayChannel {
  const state = newRelayChannel(
    { signer: `0x${"11".repeat(20)}`, payee: `0x${"22".repeat(20)}`, pricePerGiB: GIB, gracePeriod: 3_600, nonce },
    `0x${"33".repeat(32)}`,
  );
  return { ...state, chain: { ...state.chain, block: 1, ...chain }, ...more };
}

function receipted(deliveredBytes: bigint): Pick<RelayChannel, "acknowledged"> {
  return { acknowledged: { deliveredBytes, segmentsRoot: `0x${"44".repeat(32)}` } };
}

describe("planCollection: closing channels whose viewers are done", () => {
  const rich = 10n ** 10n;

  it("closes with the settlement when the viewer is done before it", () => {
    const state = channel(1n, { deposit: rich }, { ...receipted(rich / 2n), finished: true });
    const plan = planCollection([state], env);
    expect(plan?.reason).to.equal("worth");
    expect(plan?.settle).to.deep.equal([state]);
    expect(plan?.close).to.deep.equal([{ state, minSettledBytes: rich / 2n }]);
  });

  it("closes afterwards when everything was settled before the viewer was done", () => {
    const chain = { deposit: rich, settledBytes: rich / 2n };
    const state = channel(2n, chain, { ...receipted(rich / 2n), finished: true });
    const plan = planCollection([state], env);
    expect(plan?.reason).to.equal("finished");
    expect(plan?.settle).to.deep.equal([]);
    expect(plan?.close).to.deep.equal([{ state, minSettledBytes: rich / 2n }]);
  });

  it("takes dust along that would never have paid for a row of its own", () => {
    const chain = { deposit: rich, settledBytes: rich / 2n };
    const state = channel(3n, chain, { ...receipted(rich / 2n + 10n), finished: true });
    const plan = planCollection([state], env);
    expect(plan?.settle).to.deep.equal([state]);
    expect(plan?.close).to.deep.equal([{ state, minSettledBytes: rich / 2n + 10n }]);
  });

  it("leaves channels alone that have not earned their closing, are in use, are closed, or have a transaction under way", () => {
    const settled = { deposit: rich, settledBytes: rich / 2n };
    const done = { ...receipted(rich / 2n), finished: true };
    for (const state of [
      channel(4n, { deposit: rich, settledBytes: 1_000n }, { ...receipted(1_000n), finished: true }),
      channel(5n, settled, { ...done, finished: false }),
      channel(6n, { ...settled, closed: true }, done),
      channel(7n, settled, { ...done, settling: 1n }),
      channel(8n, { deposit: 0n }, { ...receipted(0n), finished: true }),
    ]) {
      expect(planCollection([state], env), `nonce ${state.channel.nonce}`).to.equal(undefined);
    }
  });

  it("shares a transaction among channels that could not pay for one each", () => {
    const { settleGas, closeGas, gasPrice } = env.costs;
    const enough = (settleGas + closeGas) * gasPrice * 6n;
    const chain = { deposit: rich, settledBytes: enough };
    const alone = channel(9n, chain, { ...receipted(enough), finished: true });
    expect(planCollection([alone], env)).to.equal(undefined);
    const many = Array.from({ length: 30 }, (_, i) =>
      channel(BigInt(10 + i), chain, { ...receipted(enough), finished: true }),
    );
    expect(planCollection(many, env)?.close.length).to.equal(30);
  });
});
