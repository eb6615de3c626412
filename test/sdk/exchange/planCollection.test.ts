import { expect } from "chai";
import fc from "fast-check";
import {
  defaultCollectPolicy,
  defaultRelayPolicy,
  newRelayChannel,
  planCollection,
  settlementCost,
} from "../../../sdk/exchange/index.ts";
import type { CollectCosts, CollectionEnv, CollectPolicy, RelayChannel } from "../../../sdk/exchange/index.ts";
import { chainView, channel, NOW, SEED } from "./fixtures.ts";

const SIGNATURE = `0x${"00".repeat(64)}` as const;

/** Gas at one token unit each, so that costs are plain numbers. */
const costs: CollectCosts = {
  gasPrice: 10n ** 9n,
  tokenPerEther: 10n ** 9n,
  feeBps: 0n,
  transactionGas: 1_000n,
  settleGas: 100n,
  fundGas: 200n,
  closeGas: 150n,
};

function env(policy: Partial<CollectPolicy> = {}, changed: Partial<CollectCosts> = {}, now = NOW): CollectionEnv {
  return {
    relay: { ...defaultRelayPolicy, creditCeiling: 1n << 60n },
    policy: { ...defaultCollectPolicy, ...policy },
    costs: { ...costs, ...changed },
    now,
  };
}

interface Made {
  readonly receipted: bigint;
  readonly deposit?: bigint;
  readonly fund?: bigint;
  readonly settled?: bigint;
  readonly nonce?: bigint;
  readonly served?: bigint;
  readonly credit?: bigint;
  readonly balance?: bigint;
  readonly closeRequestedAt?: number;
  readonly end?: true;
}

/** A channel in which one byte costs one token unit. The signatures are not what is tested here. */
function make({
  receipted,
  deposit = 0n,
  fund,
  settled = 0n,
  nonce = 7n,
  balance = 1n << 40n,
  ...more
}: Made): RelayChannel {
  const { served = receipted, credit = 1n << 40n, closeRequestedAt = 0, end } = more;
  return {
    ...newRelayChannel({ ...channel, nonce }, SEED),
    session: "session",
    startingCredit: credit,
    served,
    acknowledged: { deliveredBytes: receipted, segmentsRoot: SEED, signature: SIGNATURE },
    fund: fund === undefined ? undefined : { total: fund, validUntil: NOW + 600, signature: SIGNATURE },
    chain: chainView({ deposit, settledBytes: settled, closeRequestedAt, balance }),
    unsettledSince: NOW,
    finished: end === true,
  };
}

describe("the plan of what to collect", () => {
  it("settles what brings five times its cost", () => {
    expect(planCollection([make({ receipted: 5_499n, deposit: 9_000n })], env())).to.equal(undefined);
    const state = make({ receipted: 5_500n, deposit: 9_000n });
    expect(planCollection([state], env())).to.deep.equal({
      ...{ reason: "worth", fund: [], settle: [state], close: [], value: 5_500n, cost: 1_100n },
    });
  });

  it("costs what the same settlement is said to cost before it is due", () => {
    const bare = make({ receipted: 5_500n, deposit: 9_000n });
    expect(settlementCost(costs, 1)).to.equal(planCollection([bare], env())?.cost);
    expect(settlementCost(costs, 3, 2)).to.equal(1_700n);
  });

  it("settles together what would not pay alone, the most valuable first, and leaves out what is not worth its row", () => {
    const small = make({ receipted: 499n, deposit: 9_000n, nonce: 1n });
    const middle = make({ receipted: 3_000n, deposit: 9_000n, nonce: 2n });
    const large = make({ receipted: 3_100n, deposit: 9_000n, nonce: 3n });
    const plan = planCollection([small, middle, large], env());
    expect(plan?.settle).to.deep.equal([large, middle]);
    expect(plan).to.include({ value: 6_100n, cost: 1_200n });
    expect(planCollection([small, middle, large], env({ maxRows: 1 }))).to.equal(undefined);
  });

  it("leaves a channel to its payer for a while, who has the leave to close it, if nothing can be lost", () => {
    const released = {
      ...make({ receipted: 5_500n, deposit: 9_000n, end: true }),
      released: true,
      endedAt: NOW,
    } as const;
    const reason = (state: RelayChannel, seconds: number): string | undefined =>
      planCollection([state], env({}, {}, NOW + seconds))?.reason;
    expect([0, 299, 300].map((seconds) => reason(released, seconds))).to.deep.equal([undefined, undefined, "worth"]);
    // Its clock was wrong.
    expect(reason(released, -1_000)).to.equal("worth");
    const leaving = { ...released, chain: { ...released.chain, closeRequestedAt: NOW } };
    expect(reason(leaving, 0)).to.equal("worth");
    const promised = { total: 9_500n, validUntil: NOW + 599, signature: SIGNATURE } as const;
    expect(reason({ ...released, fund: promised }, 0)).to.equal("worth");
    expect(reason({ ...released, fund: { ...promised, validUntil: NOW + 600 } }, 0)).to.equal(undefined);
  });

  it("counts the escrow's fee, what is settled already, and what the deposit covers", () => {
    const state = make({ receipted: 9_000n, deposit: 6_000n, settled: 400n });
    expect(planCollection([state], env())?.value).to.equal(5_600n);
    expect(planCollection([state], env({}, { feeBps: 200n }))).to.equal(undefined);
  });

  it("posts a Fund before it settles, where that adds more than it costs", () => {
    const state = make({ receipted: 7_000n, deposit: 6_000n, fund: 6_900n });
    expect(planCollection([state], env())).to.deep.include({
      fund: [state],
      settle: [state],
      value: 6_900n,
      cost: 1_300n,
    });
    const little = make({ receipted: 6_200n, deposit: 6_000n, fund: 6_900n });
    expect(planCollection([little], env())).to.deep.include({ fund: [], value: 6_000n });
  });

  it("posts a Fund alone for a debt that is worth it", () => {
    const state = make({ receipted: 6_000n, fund: 9_000n });
    const plan = planCollection([state], env({}, { settleGas: 100_000n }));
    expect(plan).to.deep.include({ reason: "worth", fund: [state], settle: [], value: 0n, cost: 1_200n });
  });

  it("posts a Fund for a channel that used half its credit, if the step is worth five times all that it takes", () => {
    const pressed = (fund: bigint, served: bigint): RelayChannel =>
      make({ receipted: 10n, served, credit: 1_000n, fund });
    expect(planCollection([pressed(6_500n, 500n)], env())).to.deep.include({ reason: "credit", settle: [], value: 0n });
    expect(planCollection([pressed(6_499n, 500n)], env())).to.equal(undefined);
    expect(planCollection([pressed(6_500n, 499n)], env())).to.equal(undefined);
  });

  it("counts on a Fund only as far as the account goes, while it is valid, and no close is pending", () => {
    const made = { receipted: 6_000n, fund: 9_000n };
    expect(planCollection([make({ ...made, balance: 5_499n })], env())).to.equal(undefined);
    expect(planCollection([make({ ...made, balance: 5_700n })], env())?.value).to.equal(5_700n);
    expect(planCollection([make(made)], env({}, {}, NOW + 600))?.value).to.equal(6_000n);
    expect(planCollection([make(made)], env({}, {}, NOW + 601))).to.equal(undefined);
    expect(planCollection([make({ ...made, closeRequestedAt: NOW })], env())).to.equal(undefined);
  });

  it("settles at once, without the multiple, when a payer asked to close; but never at a loss", () => {
    const closing = { receipted: 1_100n, deposit: 9_000n, closeRequestedAt: NOW };
    const state = make(closing);
    expect(planCollection([state], env())).to.deep.include({ reason: "close-pending", settle: [state] });
    expect(planCollection([make({ ...closing, receipted: 1_099n })], env())).to.equal(undefined);
    const helper = make({ receipted: 101n, deposit: 9_000n, nonce: 1n });
    const poor = make({ ...closing, receipted: 1_099n });
    expect(planCollection([helper, poor], env())?.settle, "one more row makes it pay").to.deep.equal([poor, helper]);
    expect(planCollection([helper, poor], env({ maxRows: 1 }))).to.equal(undefined);
  });

  it("settles what has waited for a day, or is much, as soon as that pays", () => {
    const state = make({ receipted: 2_000n, deposit: 9_000n });
    expect(planCollection([state], env({}, {}, NOW + 86_399))).to.equal(undefined);
    expect(planCollection([state], env({}, {}, NOW + 86_400))?.reason).to.equal("age");
    // A day ahead: the clock that wrote it was wrong, and nobody knows how old it is.
    expect(planCollection([state], env({}, {}, NOW - 86_400))?.reason).to.equal("age");
    expect(planCollection([state], env({ maxUnsettled: 2_000n }))?.reason).to.equal("exposure");
    expect(planCollection([state], env({ maxUnsettled: 2_001n }))).to.equal(undefined);
  });

  it("closes channels whose viewers are done, if they have earned it, with or without a settlement", () => {
    const done = make({ receipted: 5_500n, deposit: 9_000n, end: true });
    expect(planCollection([done], env())?.close).to.deep.equal([{ state: done, minSettledBytes: 5_500n }]);
    const settled = make({ receipted: 6_250n, deposit: 9_000n, settled: 6_250n, end: true });
    expect(planCollection([settled], env())).to.deep.equal({
      ...{ reason: "finished", fund: [], settle: [], value: 0n, cost: 1_150n },
      close: [{ state: settled, minSettledBytes: 6_250n }],
    });
    const poor = make({ receipted: 6_249n, deposit: 9_000n, settled: 6_249n, end: true });
    expect(planCollection([poor], env())).to.equal(undefined);
  });

  it("does not wait with a closing for bytes that are worth nothing", () => {
    const done = make({ receipted: 6_251n, deposit: 9_000n, settled: 6_250n, end: true });
    const cheap = { ...done, channel: { ...done.channel, pricePerGiB: 1n << 29n } };
    expect(planCollection([cheap], env({}, { gasPrice: 0n }))).to.deep.include({
      ...{ reason: "finished", settle: [], value: 0n },
      close: [{ state: cheap, minSettledBytes: 6_250n }],
    });
  });

  it("leaves channels alone that are closed or have a transaction under way", () => {
    const state = make({ receipted: 6_000n, deposit: 9_000n });
    const busy = [
      { ...state, settling: 1n },
      { ...state, funding: 1n },
      { ...state, chain: { ...state.chain, closed: true } },
    ];
    expect(planCollection(busy, env())).to.equal(undefined);
    expect(planCollection([], env())).to.equal(undefined);
  });

  it("never sends a settlement that costs more than it brings", () => {
    const made = fc.record({
      receipted: fc.bigInt({ min: 1n, max: 9_000n }),
      deposit: fc.bigInt({ min: 0n, max: 9_000n }),
      fund: fc.option(fc.bigInt({ min: 1n, max: 9_000n }), { nil: undefined }),
      settled: fc.bigInt({ min: 0n, max: 5_000n }),
      closeRequestedAt: fc.constantFrom(0, NOW),
      balance: fc.bigInt({ min: 0n, max: 9_000n }),
    });
    fc.assert(
      fc.property(
        fc.array(made, { maxLength: 8 }),
        fc.nat({ max: 100_000 }),
        fc.bigInt({ min: 0n, max: 1_000n }),
        (list, age, feeBps) => {
          const states = list.map(({ fund, settled, deposit, ...rest }, i) =>
            make({
              ...rest,
              deposit,
              ...(fund !== undefined && { fund }),
              settled: settled < deposit ? settled : deposit,
              nonce: BigInt(i),
            }),
          );
          const plan = planCollection(states, env({}, { feeBps }, NOW + age));
          if (!plan || plan.settle.length === 0) return;
          const { value, cost } = plan;
          expect(value - (value * feeBps) / 10_000n >= cost, `${value} for ${cost}`).to.equal(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
