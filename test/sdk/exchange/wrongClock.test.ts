import { expect } from "chai";
import { chainView, MIB, NOW, RelayBench, signFund } from "./fixtures.ts";

const HOUR = 3_600;

/** A relay whose clock is wrong by so many seconds, on a chain that knows better. */
function skewed(seconds: number): RelayBench {
  const bench = new RelayBench();
  bench.now = NOW + seconds;
  return bench.open().chain({ time: NOW });
}

describe("A relay with a wrong clock", () => {
  const post = (bench: RelayBench, validUntil: number, bytes = 6n * MIB): string | undefined =>
    bench.apply({ type: "post", session: "session", fund: signFund(bytes, validUntil) }).refused;

  it("takes a funding that the chain will take, however far ahead its clock is", () => {
    const bench = skewed(24 * HOUR);
    expect(post(bench, NOW + HOUR)).to.equal(undefined);
    expect(bench.state.fund?.validUntil).to.equal(NOW + HOUR);
  });

  it("refuses a funding that the chain will not take, however far behind its clock is", () => {
    const bench = skewed(-24 * HOUR);
    expect(post(bench, NOW + 119)).to.equal("fund-expired");
    expect(post(bench, NOW + 120)).to.equal(undefined);
  });

  it("keeps a funding that the chain would still take", () => {
    const bench = skewed(24 * HOUR);
    post(bench, NOW + HOUR);
    post(bench, NOW + 2 * HOUR, 5n * MIB);
    expect(bench.state.fund?.total).to.equal(6n * MIB);
  });

  it("knows the time of the newest block even from views that do not say theirs", () => {
    const bench = skewed(0);
    bench.apply({ type: "chain", view: chainView({ block: bench.state.chain.block + 1 }) });
    expect(bench.state.chain).to.include({ block: 2 + 1, time: NOW });
  });

  it("holds every receipt when its clock is put right again", () => {
    const bench = skewed(24 * HOUR)
      .chain({ deposit: 8n * MIB })
      .serve(4n * MIB)
      .pay(2n * MIB);
    const { acknowledged } = bench.state;
    bench.now = NOW;
    bench.chain({}).pay(2n * MIB);
    expect(bench.state.acknowledged.deliveredBytes).to.equal(acknowledged.deliveredBytes + 2n * MIB);
  });

  it("lets viewers recover from aborted transfers once its clock is put right", () => {
    const bench = skewed(365 * 24 * HOUR)
      .chain({ deposit: 64n * MIB })
      .serve(8n * MIB)
      .pay(4n * MIB);
    bench.now = NOW;
    expect(bench.chain({}).state.forgiven).to.equal(0n);
    bench.now += 300;
    expect(bench.chain({}).state.forgiven).to.equal(4n * MIB);
  });
});
