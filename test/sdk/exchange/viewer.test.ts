import { expect } from "chai";
import fc from "fast-check";
import { owed } from "../../../sdk/core/index.ts";
import {
  adoptClaim,
  decodeViewerChannel,
  encodeViewerChannel,
  expectsAdmission,
  fundAllowance,
  mayAbort,
  unpaidBytes,
  verifiedTotals,
} from "../../../sdk/exchange/index.ts";
import { channel, entry, MIB, NOW, OTHER_KEY, receiptFor, SEED, signReceipt, totalsOf } from "./fixtures.ts";
import { ViewerBench } from "./viewerBench.ts";

describe("a channel on its viewer's side", () => {
  describe("X9: what is verified", () => {
    it("counts nothing before it is verified, and each verified transfer once", () => {
      const bench = new ViewerBench().open().apply({ type: "requested", size: MIB });
      expect(verifiedTotals(bench.state).deliveredBytes).to.equal(0n);
      bench.apply({ type: "aborted", size: MIB, received: MIB - 1n });
      expect(verifiedTotals(bench.state).deliveredBytes).to.equal(0n);
      bench.verify(entry(MIB)).verify(entry(MIB));
      expect(verifiedTotals(bench.state).deliveredBytes).to.equal(2n * MIB);
    });

    it("drops a relay that sent wrong bytes, pays for the right ones, and leaves it alone for a while", () => {
      const bench = new ViewerBench().open().apply({ type: "requested", size: MIB }).verify(entry(5n));
      bench.apply({
        type: "posted",
        post: 0,
        statement: { acknowledged: bench.state.acknowledged, covered: 0n, credit: 0n },
      });
      bench.acknowledge().verify(entry(6n)).apply({ type: "corrupt" });
      expect(bench.effect("drop")).to.deep.equal({ type: "drop", code: "content-mismatch", until: NOW + 300 });
      expect(bench.effect("post")).to.include({ end: true });
      expect(bench.effect("post")?.step?.receipt.deliveredBytes).to.equal(11n);
      expect(bench.acknowledge().effect("left")).to.not.equal(undefined);
      expect(bench.state.phase).to.equal("dropped");
      expect(bench.apply({ type: "open" }).effect("drop")?.code).to.equal("content-mismatch");
      bench.now += 300;
      expect(bench.apply({ type: "open" }).effect("open")).to.not.equal(undefined);
    });

    it("takes an empty resource for nothing", () => {
      const bench = new ViewerBench().open().verify(entry(0n));
      expect(bench.effects).to.deep.equal([]);
      expect(bench.state.pending).to.deep.equal([]);
    });

    it("still counts what arrives from a relay that was dropped or closed", () => {
      const bench = new ViewerBench().open().apply({ type: "requested", size: 5n });
      bench
        .apply({ type: "requestRefused", size: 1n, code: "channel-closed" })
        .apply({ type: "verified", entry: entry(5n) });
      expect(bench.state.phase).to.equal("over");
      expect(verifiedTotals(bench.state).deliveredBytes).to.equal(5n);
      expect(bench.effects).to.deep.equal([]);
    });
  });

  describe("X10: posts", () => {
    it("posts one at a time; what is verified meanwhile goes into the next", () => {
      const bench = new ViewerBench().open().verify(entry(3n * MIB, 1));
      expect(bench.effect("post")?.post).to.equal(1);
      bench.verify(entry(3n * MIB, 2)).verify(entry(3n * MIB, 3));
      expect(bench.effects).to.deep.equal([]);
      bench.acknowledge();
      const { step } = bench.effect("post")!;
      expect(step?.prev).to.deep.equal(bench.state.acknowledged);
      expect(step?.prev.deliveredBytes).to.equal(3n * MIB);
      expect(step?.entries.map(({ size }) => size)).to.deep.equal([3n * MIB, 3n * MIB]);
      expect(step?.receipt).to.deep.equal(totalsOf(receiptFor(step!.prev, ...step!.entries).receipt));
    });

    it("waits for 2 MiB, a quarter of the credit, or two seconds", () => {
      const funded = (credit: bigint): ViewerBench =>
        new ViewerBench()
          .open()
          .verify(entry(1n))
          .acknowledge({ credit, covered: 1n << 60n });
      expect(funded(8n * MIB).verify(entry(2n * MIB - 1n)).effects).to.deep.equal([]);
      expect(
        funded(8n * MIB)
          .verify(entry(2n * MIB))
          .effect("post"),
      ).to.not.equal(undefined);
      expect(
        funded(4n * MIB)
          .verify(entry(MIB))
          .effect("post"),
      ).to.not.equal(undefined);
      const waiting = funded(8n * MIB).verify(entry(5n));
      expect(waiting.wakeAt).to.equal(NOW + 2);
      expect(waiting.wait(1).effects).to.deep.equal([]);
      expect(waiting.wait(1).effect("post")).to.not.equal(undefined);
      expect(waiting.wakeAt).to.equal(undefined);
    });

    it("T2: carries at most 256 entries", () => {
      const bench = new ViewerBench({ maxEntries: 3 }).open().verify(entry(1n)).acknowledge();
      bench.apply({ type: "requested", size: 9n });
      for (let i = 0; i < 2; i++) bench.verify(entry(1n));
      expect(bench.verify(entry(1n)).effect("post")?.step?.entries).to.have.length(3);
      for (let i = 0; i < 5; i++) bench.verify(entry(1n));
      expect(bench.acknowledge().effect("post")?.step?.entries).to.have.length(3);
      expect(bench.acknowledge().effects, "the remaining two may wait").to.deep.equal([]);
    });

    it("posts at once when the relay asks for receipts", () => {
      const bench = new ViewerBench()
        .open()
        .verify(entry(1n))
        .acknowledge({ covered: 1n << 60n })
        .verify(entry(5n));
      bench.apply({ type: "requested", size: MIB });
      bench.apply({ type: "requestRefused", size: MIB, code: "credit-exhausted" });
      expect(bench.effect("post")?.step?.receipt.deliveredBytes).to.equal(6n);
    });

    it("tries again with everything after a failure, ever more slowly, and drops the relay after the fifth", () => {
      const bench = new ViewerBench().open().verify(entry(MIB));
      for (const delay of [1, 2, 4, 8]) {
        bench.refuse("relay-unreachable").verify(entry(1n));
        expect(bench.effects).to.deep.equal([]);
        expect(bench.wakeAt).to.equal(bench.now + delay);
        expect(bench.wait(delay).effect("post")).to.not.equal(undefined);
      }
      expect(bench.effect("post")?.step?.entries).to.have.length(5);
      bench.refuse("storage-failed");
      expect(bench.effect("drop")).to.deep.include({ code: "storage-failed", until: bench.now + 300 });
      expect(verifiedTotals(bench.state).deliveredBytes, "it stays owed").to.equal(MIB + 4n);
    });

    it("ignores the answer to a post that it has given up", () => {
      const bench = new ViewerBench().open().verify(entry(MIB)).refuse("relay-unreachable");
      const before = bench.state;
      bench.apply({
        type: "posted",
        post: 1,
        statement: { acknowledged: signReceipt(verifiedTotals(before)), covered: 0n, credit: 0n },
      });
      expect(bench.state).to.equal(before);
      expect(bench.refuse("channel-closed").state).to.equal(before);
    });

    it("takes an answer that does not admit the receipt for a failure", () => {
      const bench = new ViewerBench().open().verify(entry(MIB));
      bench.acknowledge({ acknowledged: bench.state.acknowledged });
      expect(bench.state).to.include({ failures: 1, retryAt: NOW + 1 });
    });

    it("pays what is verified before it leaves, and ends the session with the last post", () => {
      const bench = new ViewerBench().open().verify(entry(MIB)).apply({ type: "requested", size: 5n });
      bench.apply({ type: "end" }).acknowledge();
      expect(bench.effects, "a transfer is under way").to.deep.equal([]);
      expect(expectsAdmission(bench.state, 1n)).to.equal(false);
      bench.apply({ type: "verified", entry: entry(5n) });
      expect(bench.effect("post")).to.deep.include({ end: true });
      expect(bench.acknowledge().effects).to.deep.equal([{ type: "left" }]);
      expect(bench.state.phase).to.equal("idle");
    });

    it("leaves without a word where there is nothing to say", () => {
      expect(new ViewerBench().apply({ type: "end" }).effects).to.deep.equal([{ type: "left" }]);
      const open = new ViewerBench().open().apply({ type: "end" });
      expect(open.effect("post")).to.deep.equal({ type: "post", post: 1, end: true });
    });

    it("stays when it changes its mind", () => {
      const bench = new ViewerBench().open().apply({ type: "requested", size: 5n }).apply({ type: "end" });
      bench
        .apply({ type: "open" })
        .apply({ type: "verified", entry: entry(5n) })
        .acknowledge();
      expect(bench.state).to.include({ phase: "open", leaving: false });
      const late = new ViewerBench().open().apply({ type: "end" }).apply({ type: "open" }).acknowledge();
      expect(late.effect("open"), "the session ended already").to.not.equal(undefined);
    });
  });

  describe("X11: fundings", () => {
    it("gives none to a relay that has delivered nothing", () => {
      const bench = new ViewerBench().open();
      bench
        .apply({ type: "requested", size: MIB })
        .apply({ type: "requestRefused", size: MIB, code: "deposit-exhausted" });
      expect(bench.effects).to.deep.equal([]);
      expect(bench.wait(59).state.fund).to.equal(undefined);
    });

    it("signs 128 MiB ahead with the first receipt, and writes that down first", () => {
      const bench = new ViewerBench().open().verify(entry(MIB));
      expect(bench.effects.map(({ type }) => type)).to.deep.equal(["persist", "post"]);
      expect(bench.effect("post")?.fund).to.deep.equal({ total: 129n * MIB, validUntil: NOW + 3_600 });
      expect(bench.acknowledge().state.fundHeld).to.equal(true);
    });

    it("raises it when less than half a step is left, by as much as was verified before", () => {
      const bench = new ViewerBench()
        .open()
        .verify(entry(MIB))
        .acknowledge({ covered: 1n << 60n });
      expect(bench.verify(entry(64n * MIB)).effect("post")?.fund).to.equal(undefined);
      bench.acknowledge({ covered: 1n << 60n }).verify(entry(1n));
      expect(bench.state.fund?.total).to.equal(2n * (65n * MIB + 1n) > 193n * MIB + 1n ? 130n * MIB : 193n * MIB + 1n);
      bench.acknowledge({ covered: 1n << 60n }).verify(entry(200n * MIB));
      expect(bench.state.fund?.total).to.equal(2n * (265n * MIB + 1n));
    });

    it("stays within its allowance, and says so when that is used up", () => {
      const bench = new ViewerBench().open();
      bench.env = { ...bench.env, allowance: 10n * MIB };
      expect(bench.verify(entry(MIB)).effect("post")?.fund?.total).to.equal(10n * MIB);
      bench
        .acknowledge()
        .verify(entry(9n * MIB))
        .acknowledge();
      bench.apply({ type: "requested", size: 5n });
      bench.apply({ type: "requestRefused", size: 5n, code: "deposit-exhausted" });
      expect(bench.effect("drop")?.code).to.equal("budget-exhausted");
      expect(bench.effect("post")).to.deep.include({ end: true });
    });

    it("renews one that would run out before it was posted", () => {
      const bench = new ViewerBench().open().verify(entry(MIB)).acknowledge();
      expect(bench.wakeAt).to.equal(NOW + 2_701);
      expect(bench.wait(2_700).effects).to.deep.equal([]);
      expect(bench.wait(1).effect("post")).to.deep.equal({
        type: "post",
        post: 2,
        fund: { total: 129n * MIB, validUntil: NOW + 2_701 + 3_600 },
      });
      bench.acknowledge({ covered: 129n * MIB });
      expect(bench.wakeAt, "a confirmed one need not be renewed").to.equal(undefined);
      expect(bench.wait(9_000).effects).to.deep.equal([]);
    });

    it("renews one that was refused as expired, and sends it again if it may have been lost", () => {
      const bench = new ViewerBench().open().verify(entry(MIB)).refuse("fund-expired");
      expect(bench.wait(10).effect("post")?.fund?.validUntil).to.equal(NOW + 3_600);
      bench.refuse("over-deposit");
      expect(bench.wait(10).effect("post")?.fund).to.deep.equal(bench.state.fund);
    });

    it("sends it once more to a relay that says it has none, although it took it", () => {
      const bench = new ViewerBench().open().verify(entry(MIB)).acknowledge();
      const refuse = (): ViewerBench =>
        bench
          .apply({ type: "requested", size: MIB })
          .apply({ type: "requestRefused", size: MIB, code: "deposit-exhausted" });
      const { fund } = bench.state;
      expect(refuse().effect("post"), "it may have lost it").to.deep.equal({ type: "post", post: 2, fund });
      expect(refuse().effects, "while that is under way").to.deep.equal([]);
      bench.acknowledge();
      expect(refuse().effects, "it has it now, and is about to post it").to.deep.equal([]);
      bench.verify(entry(MIB)).wait(2).acknowledge();
      expect(refuse().effect("post")?.fund, "lost again").to.deep.equal(fund);
      bench.acknowledge({ covered: 129n * MIB });
      bench
        .verify(entry(MIB))
        .wait(2)
        .acknowledge({ covered: 129n * MIB });
      expect(refuse().effects, "what is confirmed can't be lost").to.deep.equal([]);
    });

    it("pays without one that the account cannot back, and offers it again later", () => {
      const bench = new ViewerBench().open().verify(entry(MIB)).refuse("account-empty");
      expect(bench.wait(1).effect("post")).to.not.have.property("fund");
      bench.acknowledge();
      expect(bench.wakeAt).to.equal(NOW + 300);
      bench.now = NOW + 300;
      expect(bench.apply({ type: "tick" }).effect("post")?.fund?.total).to.equal(129n * MIB);
    });

    it("never commits more than the budget over all channels", () => {
      const step = fc.record({ at: fc.nat({ max: 4 }), size: fc.bigInt({ min: 1n, max: 400n * MIB }) });
      fc.assert(
        fc.property(fc.bigInt({ min: 0n, max: 5_000n * MIB }), fc.array(step), (budget, steps) => {
          const benches = [1n, 2n, 3n, 4n, 5n].map((nonce) => {
            const bench = new ViewerBench();
            bench.state = { ...bench.state, id: `0x${nonce.toString()}` };
            return bench.open();
          });
          for (const { at, size } of steps) {
            const bench = benches[at]!;
            bench.env = {
              ...bench.env,
              allowance: fundAllowance(
                budget,
                bench.state,
                benches.map((b) => b.state),
                0n,
              ),
            };
            bench.verify(entry(size)).acknowledge();
            const total = benches.reduce((sum, { state }) => sum + (state.fund?.total ?? 0n), 0n);
            expect(total <= budget).to.equal(true);
          }
        }),
        { numRuns: 30 },
      );
    });

    it("counts what closed channels cost", () => {
      const share = { id: "0x01" as const, fund: { total: 10n, validUntil: 0 } };
      expect(fundAllowance(100n, share, [share, { id: "0x02", fund: { total: 30n, validUntil: 0 } }], 25n)).to.equal(
        45n,
      );
      expect(fundAllowance(20n, share, [{ id: "0x02", fund: { total: 30n, validUntil: 0 } }], 0n)).to.equal(10n);
    });
  });

  describe("X12: claims", () => {
    it("sends its acknowledged receipt when it opens", () => {
      const bench = new ViewerBench().open().verify(entry(MIB)).acknowledge();
      bench.state = decodeViewerChannel(encodeViewerChannel(bench.state));
      bench.apply({ type: "open" });
      expect(bench.effect("open")?.receipt).to.deep.equal(bench.state.acknowledged);
      expect(bench.effect("open")?.fund).to.deep.equal(bench.state.fund);
    });

    it("takes a claim that is one of its own totals for an acknowledgement, signature or not", () => {
      const bench = new ViewerBench().open().verify(entry(1n, 1)).verify(entry(2n, 2)).verify(entry(4n, 3));
      const { totals } = bench.state.pending[1]!;
      bench.refuse("relay-unreachable").apply({ type: "requestRefused", size: 1n, code: "token-expired" });
      bench.apply({ type: "opened", statement: { acknowledged: totals, covered: 0n, credit: MIB } });
      expect(bench.state.acknowledged).to.deep.equal(totals);
      expect(bench.state.pending.map(({ entry: { size } }) => size)).to.deep.equal([4n]);
      const first = new ViewerBench().open().verify(entry(1n, 1));
      first.refuse("receipt-stale", first.state.pending[0]!.totals);
      expect(first.state).to.deep.include({ pending: [], failures: 0 });
    });

    it("adopts a higher claim with its own signature after it lost everything", () => {
      const claim = signReceipt({ deliveredBytes: 77n * MIB, segmentsRoot: entry(9n).resource });
      const bench = new ViewerBench().open({ acknowledged: claim });
      expect(bench.state).to.deep.include({ phase: "open", acknowledged: totalsOf(claim) });
      expect(
        bench
          .acknowledge()
          .verify(entry(3n * MIB))
          .effect("post")?.step?.receipt.deliveredBytes,
      ).to.equal(80n * MIB);
    });

    it("drops a relay whose higher claim it did not sign for exactly this", () => {
      const totals = { deliveredBytes: MIB, segmentsRoot: entry(9n).resource };
      const own = signReceipt(totals);
      const lies = [
        totals,
        signReceipt(totals, OTHER_KEY),
        signReceipt(totals, undefined, { ...channel, nonce: 8n }),
        { ...own, deliveredBytes: MIB + 1n },
        { ...own, segmentsRoot: SEED },
        { ...own, signature: "0x" as const },
      ];
      for (const acknowledged of lies) {
        const bench = new ViewerBench().open({ acknowledged });
        expect(bench.effect("drop")?.code).to.equal("wrong-signer");
        expect(bench.state).to.include({ phase: "dropped" });
        expect(verifiedTotals(bench.state).deliveredBytes).to.equal(0n);
      }
    });

    it("does not mind a claim below its own: the next receipt supersedes it", () => {
      const bench = new ViewerBench().open().verify(entry(MIB)).acknowledge();
      bench.state = decodeViewerChannel(encodeViewerChannel(bench.state));
      bench.open({ acknowledged: { deliveredBytes: 5n, segmentsRoot: SEED } });
      expect(bench.state.acknowledged.deliveredBytes).to.equal(MIB);
      expect(bench.verify(entry(3n * MIB)).effect("post")?.step?.prev.deliveredBytes).to.equal(MIB);
    });

    it("counts on top of an adopted claim only what was in no receipt that left", () => {
      const bench = new ViewerBench().open().verify(entry(10n, 1)).verify(entry(20n, 2));
      expect(bench.state).to.include({ exposed: 1 });
      const claim = signReceipt({ deliveredBytes: 25n, segmentsRoot: entry(9n).resource });
      bench.refuse("receipt-stale", claim);
      expect(bench.effect("post")?.step).to.deep.equal({
        prev: totalsOf(claim),
        entries: [entry(20n, 2)],
        receipt: totalsOf(receiptFor(claim, entry(20n, 2)).receipt),
      });
    });

    it("adopts another receipt of its own for the same bytes, so that the next one can be higher", () => {
      const bench = new ViewerBench()
        .open()
        .verify(entry(10n, 1))
        .acknowledge({ covered: 1n << 60n });
      const claim = signReceipt({ deliveredBytes: 10n, segmentsRoot: entry(9n).resource });
      bench.verify(entry(3n * MIB, 2)).refuse("receipt-stale", claim);
      expect(bench.state, "what is under way may be in it").to.include({ failures: 1 });
      bench
        .verify(entry(4n * MIB, 3))
        .wait(1)
        .refuse("receipt-stale", claim);
      const idle = new ViewerBench().open().verify(entry(10n, 1)).acknowledge();
      idle.state = decodeViewerChannel(encodeViewerChannel(idle.state));
      expect(idle.open({ acknowledged: claim }).state.acknowledged).to.deep.equal(totalsOf(claim));
    });

    it("takes the seed that a relay states for nobody's claim", () => {
      const bench = new ViewerBench().open({ acknowledged: { deliveredBytes: 0n, segmentsRoot: entry(9n).resource } });
      expect(bench.state).to.deep.include({ phase: "open", acknowledged: { deliveredBytes: 0n, segmentsRoot: SEED } });
    });

    it("has shown nothing of what it counts on top of an adopted claim", () => {
      const { state, env } = new ViewerBench().open().verify(entry(10n, 1)).verify(entry(20n, 2));
      const claim = signReceipt({ deliveredBytes: 25n, segmentsRoot: entry(9n).resource });
      expect(adoptClaim(state, claim, env)).to.include({ exposed: 0 });
      expect(verifiedTotals(adoptClaim(state, claim, env)).deliveredBytes).to.equal(45n);
    });

    it("keeps its own totals when adopting would lower them", () => {
      const bench = new ViewerBench().open().verify(entry(10n, 1)).verify(entry(20n, 2));
      const claim = signReceipt({ deliveredBytes: 5n, segmentsRoot: entry(9n).resource });
      bench.refuse("receipt-stale", claim);
      expect(verifiedTotals(bench.state).deliveredBytes).to.equal(30n);
      expect(bench.state).to.include({ failures: 1 });
    });

    it("takes everything it had pending for possibly signed when it resumes", () => {
      const bench = new ViewerBench().open().verify(entry(10n, 1)).verify(entry(20n, 2));
      const resumed = decodeViewerChannel(encodeViewerChannel(bench.state));
      expect(resumed).to.include({ exposed: 2, phase: "idle", post: undefined });
      const claim = signReceipt({ deliveredBytes: 40n, segmentsRoot: entry(9n).resource });
      const again = new ViewerBench({}, resumed).open({ acknowledged: claim });
      expect(verifiedTotals(again.state)).to.deep.equal(totalsOf(claim));
    });

    it("gives a channel up that the relay cannot continue", () => {
      for (const code of ["receipt-stale", "channel-closed", "close-pending"] as const) {
        const bench = new ViewerBench().apply({ type: "open" }).apply({ type: "openRefused", code });
        expect(bench.effects).to.deep.equal([{ type: "over", code }]);
        expect(bench.apply({ type: "open" }).effects).to.deep.equal([{ type: "over", code }]);
      }
    });
  });

  describe("X14: refusals", () => {
    it("opens a session again at once when it is gone, and ever more slowly when it keeps going", () => {
      const bench = new ViewerBench().open().verify(entry(MIB)).refuse("token-expired");
      expect(bench.effect("open")).to.not.equal(undefined);
      bench.apply({ type: "opened", statement: { acknowledged: bench.state.acknowledged, covered: 0n, credit: MIB } });
      expect(bench.effect("post"), "what was not acknowledged is posted again").to.not.equal(undefined);
      bench.refuse("token-unknown");
      expect(bench.effects).to.deep.equal([]);
      expect(bench.wakeAt).to.equal(NOW + 2);
      expect(bench.wait(2).effect("open")).to.not.equal(undefined);
      bench.apply({ type: "opened", statement: { acknowledged: bench.state.acknowledged, covered: 0n, credit: MIB } });
      expect(bench.acknowledge().state.failures).to.equal(0);
    });

    it("opens again when a segment is refused for its token, but not twice", () => {
      const bench = new ViewerBench().open();
      for (let i = 0; i < 2; i++) bench.apply({ type: "requested", size: 5n });
      bench.apply({ type: "requestRefused", size: 5n, code: "token-expired" });
      expect(bench.effect("open")).to.not.equal(undefined);
      expect(bench.apply({ type: "requestRefused", size: 5n, code: "token-expired" }).effects).to.deep.equal([]);
    });

    it("tries to open five times, then drops the relay", () => {
      const bench = new ViewerBench().apply({ type: "open" });
      for (const delay of [1, 2, 4, 8]) {
        bench.apply({ type: "openRefused", code: "credit-exhausted" });
        expect(bench.wakeAt).to.equal(bench.now + delay);
        bench.wait(delay);
        expect(bench.effect("open")).to.not.equal(undefined);
      }
      bench.apply({ type: "openRefused", code: "credit-exhausted" });
      expect(bench.effect("drop")?.code).to.equal("credit-exhausted");
    });

    it("drops a relay at once that refuses what is right", () => {
      for (const code of ["bad-signature", "receipt-inconsistent", "malformed-message", "wrong-contract"] as const) {
        expect(new ViewerBench().open().verify(entry(MIB)).refuse(code).effect("drop")?.code).to.equal(code);
        const opening = new ViewerBench().apply({ type: "open" }).apply({ type: "openRefused", code });
        expect(opening.effect("drop")?.code).to.equal(code);
      }
    });

    it("pays and goes when a close is pending, and gives a closed channel up", () => {
      const bench = new ViewerBench().open().verify(entry(MIB)).apply({ type: "requested", size: 1n });
      bench.apply({ type: "requestRefused", size: 1n, code: "close-pending" });
      expect(bench.effect("drop")?.code).to.equal("close-pending");
      expect(bench.acknowledge().effect("post")).to.deep.include({ end: true });
      const closed = new ViewerBench().open().verify(entry(MIB)).refuse("channel-closed");
      expect(closed.effects).to.deep.equal([{ type: "over", code: "channel-closed" }]);
    });

    it("waits for the relay to forgive what broke off, then pays up and takes another channel", () => {
      const refused = (bench: ViewerBench): ViewerBench =>
        bench
          .apply({ type: "requested", size: MIB })
          .apply({ type: "requestRefused", size: MIB, code: "credit-exhausted" });
      const bench = refused(new ViewerBench().open());
      expect(bench.effects).to.deep.equal([]);
      bench.now += 59;
      expect(refused(bench).effects).to.deep.equal([]);
      bench.now += 1;
      expect(refused(bench).effect("post")).to.deep.include({ end: true });
      expect(bench.acknowledge().effects).to.deep.equal([{ type: "over", code: "credit-exhausted" }, { type: "left" }]);
    });

    it("waits longer for a relay to post the fund that it holds", () => {
      const bench = new ViewerBench().open().verify(entry(MIB)).acknowledge();
      const refuse = (): ViewerBench =>
        bench
          .apply({ type: "requested", size: MIB })
          .apply({ type: "requestRefused", size: MIB, code: "deposit-exhausted" });
      expect(refuse().effect("drop")).to.equal(undefined);
      bench.acknowledge();
      bench.now += 299;
      expect(refuse().effects).to.deep.equal([]);
      bench.now += 1;
      expect(refuse().effect("drop")?.code).to.equal("deposit-exhausted");
      const lucky = new ViewerBench().open().verify(entry(MIB)).acknowledge();
      lucky.apply({ type: "requested", size: MIB });
      lucky.apply({ type: "requestRefused", size: MIB, code: "deposit-exhausted" });
      expect(lucky.verify(entry(1n)).state.stuckSince).to.equal(0);
    });
  });

  describe("advice for a player", () => {
    it("expects admission while what is unpaid fits the credit, and asks when there is nothing to lose", () => {
      const bench = new ViewerBench().open();
      expect(expectsAdmission(bench.state, 8n * MIB)).to.equal(true);
      bench.apply({ type: "requested", size: 5n * MIB });
      expect(unpaidBytes(bench.state)).to.equal(5n * MIB);
      expect(expectsAdmission(bench.state, 3n * MIB)).to.equal(true);
      expect(expectsAdmission(bench.state, 3n * MIB + 1n)).to.equal(false);
      bench.apply({ type: "aborted", size: 5n * MIB, received: 4n * MIB });
      expect(unpaidBytes(bench.state)).to.equal(4n * MIB);
      expect(expectsAdmission(bench.state, 5n * MIB), "the relay may have forgiven it").to.equal(true);
      expect(expectsAdmission(new ViewerBench().state, 1n)).to.equal(false);
    });

    it("aborts no more once half of the credit is unpaid", () => {
      const bench = new ViewerBench().open().apply({ type: "requested", size: 4n * MIB });
      expect(mayAbort(bench.state)).to.equal(true);
      expect(mayAbort(bench.apply({ type: "requested", size: 1n }).state)).to.equal(false);
    });
  });

  it("asks for no more money than the price says", () => {
    const cheap = { ...channel, pricePerGiB: 20_000n };
    const bench = new ViewerBench();
    bench.state = { ...bench.state, channel: cheap };
    bench.open().verify(entry(MIB));
    expect(bench.state.fund?.total).to.equal(owed(129n * MIB, 20_000n));
  });
});
