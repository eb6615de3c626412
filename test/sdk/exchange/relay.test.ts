import { expect } from "chai";
import {
  confirmedBytes,
  creditBytes,
  grantCredit,
  grantTaken,
  newRelayChannel,
  outstandingBytes,
  reservedBytes,
  securedBytes,
} from "../../../sdk/exchange/index.ts";
import type { ReceiptStep } from "../../../sdk/core/index.ts";
import type { CreditUse } from "../../../sdk/exchange/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import {
  chainView,
  channel,
  entry,
  MIB,
  NOW,
  OTHER_KEY,
  receiptFor,
  RelayBench,
  SEED,
  signFund,
  signReceipt,
} from "./fixtures.ts";

describe("a channel on its relay's side", () => {
  describe("X1: admission", () => {
    it("admits transfers up to the credit and counts those under way", () => {
      const bench = new RelayBench().open();
      expect(bench.reserve("a", 5n * MIB).admitted).to.equal(true);
      expect(bench.reserve("b", 3n * MIB).admitted).to.equal(true);
      expect(reservedBytes(bench.state)).to.equal(8n * MIB);
      expect(bench.reserve("c", 1n).refused).to.equal("deposit-exhausted");
    });

    it("admits any one transfer when nothing is outstanding", () => {
      const bench = new RelayBench().open();
      expect(bench.reserve("a", 100n * MIB).admitted).to.equal(true);
      expect(bench.reserve("b", 1n).refused).to.equal("deposit-exhausted");
    });

    it("says credit-exhausted while receipts would help, deposit-exhausted when only a Fund would", () => {
      const bench = new RelayBench().open().chain({ deposit: 10n * MIB });
      bench.serve(6n * MIB);
      expect(bench.reserve("a", 3n * MIB).refused).to.equal("credit-exhausted");
      bench
        .pay(6n * MIB)
        .serve(6n * MIB)
        .pay(6n * MIB)
        .serve(4n * MIB);
      expect(securedBytes(bench.state)).to.equal(10n * MIB);
      expect(outstandingBytes(bench.state)).to.equal(6n * MIB);
      expect(bench.reserve("b", 3n * MIB).refused).to.equal("deposit-exhausted");
    });

    it("wants a held Fund posted when it refuses for want of a deposit", () => {
      const bench = new RelayBench().open();
      bench.apply({ type: "post", session: "session", fund: signFund(50n * MIB, NOW + 3_600) });
      bench
        .serve(8n * MIB)
        .pay(8n * MIB)
        .reserve("a", 1n);
      expect(bench.effects.map(({ type }) => type)).to.deep.equal(["refuse", "collect"]);
    });

    it("leaves the state identical when it refuses", () => {
      const bench = new RelayBench().open().serve(8n * MIB);
      bench.now += 60;
      const before = bench.state;
      expect(bench.reserve("a", 1n).refused).to.equal("deposit-exhausted");
      expect(bench.state).to.equal(before);
    });

    it("serves the open session alone", () => {
      const bench = new RelayBench();
      expect(bench.reserve("a", 1n).refused).to.equal("token-expired");
      bench.open("first").open("second");
      expect(bench.effects).to.deep.include({ type: "endSession", session: "first" });
      expect(bench.reserve("a", 1n, "first").refused).to.equal("token-expired");
      expect(bench.reserve("a", 1n, "second").admitted).to.equal(true);
    });

    it("T4: refuses a seventeenth transfer under way", () => {
      const bench = new RelayBench().open();
      for (let i = 0; i < 16; i++) expect(bench.reserve(`t${i}`, 1n).admitted).to.equal(true);
      expect(bench.reserve("t16", 1n).refused).to.equal("too-many-requests");
    });

    it("takes an id that is in use for a defect of its caller", () => {
      expect(new RelayBench().open().reserve("a", 1n).reserve("a", 1n).refused).to.equal("internal");
    });

    it("counts all of what another server sends at once, under the same rule", () => {
      const bench = new RelayBench().open();
      const handOver = (size: bigint, session = "session"): RelayBench =>
        bench.apply({ type: "handOver", session, size });
      expect(handOver(100n * MIB).refused).to.equal(undefined);
      expect([bench.state.served, bench.state.transfers]).to.deep.equal([100n * MIB, []]);
      const before = bench.state;
      expect(handOver(1n).refused).to.equal("deposit-exhausted");
      expect(bench.state).to.equal(before);

      bench.chain({ deposit: 200n * MIB }).pay(100n * MIB);
      expect(handOver(5n * MIB).reserve("a", 3n * MIB).admitted).to.equal(true);
      expect(handOver(10n * MIB).refused).to.equal("credit-exhausted");
      expect(handOver(1n, "another").refused).to.equal("token-expired");
      bench.chain({ closeRequestedAt: NOW });
      expect(handOver(1n).refused).to.equal("close-pending");
      expect(bench.state.served).to.equal(105n * MIB);
    });

    it("counts reservations found after a crash as served in full", () => {
      const bench = new RelayBench()
        .open()
        .reserve("a", 3n * MIB)
        .reserve("b", 2n * MIB);
      bench.apply({ type: "recover", transfers: ["b"] });
      expect(bench.state.served).to.equal(2n * MIB);
      bench.apply({ type: "recover" });
      expect(bench.state.served).to.equal(5n * MIB);
      expect(bench.state.transfers).to.deep.equal([]);
      const before = bench.state;
      expect(bench.apply({ type: "recover" }).state).to.equal(before);
      bench.apply({ type: "transferred", transfer: "a", sent: 3n * MIB });
      expect(bench.state).to.equal(before);
    });
  });

  describe("X2: the end of a transfer", () => {
    it("adds what left, never more than the size", () => {
      const bench = new RelayBench().open().serve(3n * MIB, MIB);
      expect(bench.state.served).to.equal(MIB);
      expect(bench.serve(3n * MIB, 4n * MIB).state.served).to.equal(4n * MIB);
      expect(reservedBytes(bench.state)).to.equal(0n);
    });
  });

  describe("X3: credit", () => {
    const use: CreditUse = { largestResource: MIB, signerTaken: 0n, unfundedTaken: 0n, signerSessions: 0 };
    const { policy } = new RelayBench().env;
    const backed = { ...newRelayChannel(channel, SEED), chain: chainView({}) };
    const funded = { ...backed, chain: chainView({ deposit: 1n, balance: 0n }) };

    it("starts at 8 MiB or twice the largest resource", () => {
      expect(grantCredit(backed, use, policy)).to.equal(8n * MIB);
      expect(grantCredit(backed, { ...use, largestResource: 10n * MIB }, policy)).to.equal(20n * MIB);
    });

    it("is for channels with money behind them", async () => {
      const empty = { ...backed, chain: chainView({ balance: 0n }) };
      expect(await errorCode(() => grantCredit(empty, use, policy))).to.equal("account-empty");
      expect(await errorCode(() => grantCredit(newRelayChannel(channel, SEED), use, policy))).to.equal("account-empty");
      expect(grantCredit(funded, use, policy)).to.equal(8n * MIB);
    });

    it("is bounded to 64 MiB per signer", async () => {
      expect(grantCredit(backed, { ...use, signerTaken: 56n * MIB }, policy)).to.equal(8n * MIB);
      const code = await errorCode(() => grantCredit(funded, { ...use, signerTaken: 56n * MIB + 1n }, policy));
      expect(code).to.equal("credit-exhausted");
    });

    it("is bounded to 1 GiB over all channels without a deposit", async () => {
      const full = { ...use, unfundedTaken: 1_016n * MIB + 1n };
      expect(await errorCode(() => grantCredit(backed, full, policy))).to.equal("credit-exhausted");
      expect(grantCredit(backed, { ...use, unfundedTaken: 1_016n * MIB }, policy)).to.equal(8n * MIB);
      expect(grantCredit(funded, full, policy)).to.equal(8n * MIB);
    });

    it("T6: is for at most eight sessions of a signer", async () => {
      expect(await errorCode(() => grantCredit(backed, { ...use, signerSessions: 8 }, policy))).to.equal(
        "too-many-requests",
      );
      expect(grantCredit(backed, { ...use, signerSessions: 7 }, policy)).to.equal(8n * MIB);
    });

    it("is not for channels on their way out", async () => {
      const closed = { ...backed, chain: chainView({ closed: true }) };
      const leaving = { ...backed, chain: chainView({ closeRequestedAt: NOW }) };
      expect(await errorCode(() => grantCredit(closed, use, policy))).to.equal("channel-closed");
      expect(await errorCode(() => grantCredit(leaving, use, policy))).to.equal("close-pending");
    });

    it("grows by 5% of what is secured, up to 256 MiB", () => {
      const bench = new RelayBench().open().chain({ deposit: 100n * MIB });
      bench.serve(8n * MIB).pay(8n * MIB);
      expect(creditBytes(bench.state, policy)).to.equal(8n * MIB + (8n * MIB * 5n) / 100n);
      const rich = new RelayBench().open().chain({ deposit: 10_000n * MIB, settledBytes: 6_000n * MIB });
      expect(creditBytes(rich.state, policy)).to.equal(256n * MIB);
      const large = { ...rich.state, startingCredit: 300n * MIB };
      expect(creditBytes(large, policy), "a larger start stays").to.equal(300n * MIB);
    });

    it("does not grow by receipts that no deposit covers", () => {
      const bench = new RelayBench()
        .open()
        .serve(8n * MIB)
        .pay(8n * MIB);
      expect(creditBytes(bench.state, policy)).to.equal(8n * MIB);
    });

    it("stays taken while the session is open, then what is owed for a day", () => {
      const bench = new RelayBench().open().serve(3n * MIB);
      expect(grantTaken(bench.state, policy, NOW)).to.equal(8n * MIB);
      bench.reserve("under way", MIB).apply({ type: "end", session: "session" });
      expect(grantTaken(bench.state, policy, NOW)).to.equal(4n * MIB);
      expect(grantTaken(bench.state, policy, NOW + 86_399)).to.equal(4n * MIB);
      expect(grantTaken(bench.state, policy, NOW + 86_400)).to.equal(0n);
      bench.open().reserve("again", 1n);
      expect(bench.admitted, "the debt itself does not lapse, but there is credit left").to.equal(true);
      expect(grantTaken(bench.state, policy, NOW + 86_400)).to.equal(8n * MIB);
    });

    it("takes nothing for a channel that never owed, or is closed", () => {
      expect(grantTaken(newRelayChannel(channel, SEED), policy, NOW)).to.equal(0n);
      const bench = new RelayBench().open().serve(MIB).chain({ deposit: 1n, closed: true });
      expect(grantTaken(bench.state, policy, NOW)).to.equal(0n);
    });
  });

  describe("X4: receipts", () => {
    it("takes a higher total, logs its entries, and acknowledges it", () => {
      const bench = new RelayBench().open().serve(3n * MIB);
      const step = receiptFor(bench.state.acknowledged, entry(MIB, 1), entry(2n * MIB, 2));
      bench.apply({ type: "post", session: "session", step });
      expect(bench.effects.map(({ type }) => type)).to.deep.equal(["log", "acknowledge"]);
      expect(bench.acknowledged).to.deep.equal(step.receipt);
      expect(bench.state.acknowledged.deliveredBytes).to.equal(3n * MIB);
    });

    it("answers the highest receipt again without a change, and refuses lower and other ones as stale", () => {
      const bench = new RelayBench().open().serve(2n * MIB);
      const first = receiptFor(bench.state.acknowledged, entry(MIB, 1));
      bench.apply({ type: "post", session: "session", step: first }).pay(MIB);
      const highest = bench.state.acknowledged;
      const state = bench.state;
      bench.apply({ type: "post", session: "session", step: receiptFor(first.receipt, entry(MIB)) });
      expect(bench.acknowledged).to.deep.equal(highest);
      for (const step of [first, receiptFor(first.receipt, entry(MIB, 9))]) {
        bench.apply({ type: "post", session: "session", step });
        expect(bench.effects).to.have.length(1);
        expect(bench.effects[0]).to.deep.include({ type: "refuse", acknowledged: highest });
        expect(bench.refused).to.equal("receipt-stale");
        expect(bench.state).to.equal(state);
      }
    });

    it("needs no common history: a higher total supersedes whatever came before", () => {
      const bench = new RelayBench()
        .open()
        .serve(3n * MIB)
        .pay(MIB);
      const elsewhere = { deliveredBytes: 2n * MIB, segmentsRoot: SEED };
      bench.apply({ type: "post", session: "session", step: receiptFor(elsewhere, entry(MIB)) });
      expect(bench.state.acknowledged.deliveredBytes).to.equal(3n * MIB);
    });

    it("refuses entries that do not lead to the receipt", () => {
      const bench = new RelayBench().open().serve(3n * MIB);
      const step = receiptFor(bench.state.acknowledged, entry(MIB, 1), entry(MIB, 2));
      const wrong = [
        { ...step, entries: step.entries.slice(1) },
        { ...step, entries: [...step.entries].reverse() },
        { ...step, entries: [entry(MIB, 1), entry(MIB + 1n, 2)] },
        { ...step, prev: { ...step.prev, deliveredBytes: 1n } },
        { ...step, prev: { ...step.prev, segmentsRoot: entry(1n).resource } },
      ];
      for (const lie of wrong) {
        expect(bench.apply({ type: "post", session: "session", step: lie }).refused).to.equal("receipt-inconsistent");
      }
    });

    it("refuses signatures of others, of other channels, with high s, or flipped parity", () => {
      const bench = new RelayBench().open().serve(3n * MIB);
      const step = receiptFor(bench.state.acknowledged, entry(MIB));
      const { signature } = step.receipt;
      const parity = (parseInt(signature.charAt(66), 16) ^ 8).toString(16);
      const forged = [
        [signReceipt(step.receipt, OTHER_KEY).signature, "wrong-signer"],
        [signReceipt(step.receipt, undefined, { ...channel, nonce: 8n }).signature, "wrong-signer"],
        [signReceipt(step.receipt, undefined, { ...channel, pricePerGiB: 1n }).signature, "wrong-signer"],
        [`${signature.slice(0, 66)}${parity}${signature.slice(67)}`, "wrong-signer"],
        [`${signature.slice(0, 66)}${"f".repeat(64)}`, "high-s"],
        [`0x${"00".repeat(64)}`, "bad-signature"],
        ["0x1234", "bad-signature"],
      ] as const;
      for (const [forgery, code] of forged) {
        const receipt = { ...step.receipt, signature: forgery as typeof signature };
        expect(bench.apply({ type: "post", session: "session", step: { ...step, receipt } }).refused).to.equal(code);
      }
    });

    it("refuses what neither was served nor can be paid", () => {
      const bench = new RelayBench().open().chain({ deposit: 10n * MIB });
      const total = (bytes: bigint): ReceiptStep =>
        receiptFor({ deliveredBytes: 0n, segmentsRoot: SEED }, entry(bytes));
      bench.apply({ type: "post", session: "session", step: total(18n * MIB + (10n * MIB * 5n) / 100n + 1n) });
      expect(bench.refused).to.equal("over-deposit");
      expect(bench.apply({ type: "post", session: "session", step: total(18n * MIB) }).refused).to.equal(undefined);
    });

    it("takes what was served even if it cannot be paid yet, as after one large transfer", () => {
      const bench = new RelayBench().open().serve(100n * MIB);
      bench.pay(100n * MIB);
      expect(outstandingBytes(bench.state)).to.equal(100n * MIB);
    });

    it("takes what the held Fund would pay for", () => {
      const bench = new RelayBench().open();
      const step = receiptFor(bench.state.acknowledged, entry(50n * MIB));
      expect(bench.apply({ type: "post", session: "session", step }).refused).to.equal("over-deposit");
      bench.apply({ type: "post", session: "session", step, fund: signFund(42n * MIB, NOW + 3_600) });
      expect(bench.refused).to.equal(undefined);
    });

    it("credits nothing that was paid in advance", () => {
      const bench = new RelayBench()
        .open()
        .chain({ deposit: 100n * MIB })
        .serve(MIB)
        .pay(5n * MIB);
      expect(bench.state.served).to.equal(5n * MIB);
      expect(bench.serve(MIB).state.served).to.equal(6n * MIB);
      expect(outstandingBytes(bench.state)).to.equal(MIB);
    });

    it("takes a receipt after the session ended, but no end for its successor", () => {
      const bench = new RelayBench().open("first").reserve("a", MIB, "first");
      bench.apply({ type: "transferred", transfer: "a", sent: MIB }).open("second");
      const step = receiptFor(bench.state.acknowledged, entry(MIB));
      bench.apply({ type: "post", session: "first", step, end: true });
      expect(bench.refused).to.equal(undefined);
      expect(bench.state.session).to.equal("second");
      expect(bench.state.finished).to.equal(false);
    });

    it("takes all of a post or nothing", () => {
      const bench = new RelayBench().open().serve(MIB);
      const before = bench.state;
      const step = receiptFor(bench.state.acknowledged, entry(MIB));
      bench.apply({ type: "post", session: "session", step, fund: signFund(5n * MIB, NOW), end: true });
      expect(bench.refused).to.equal("fund-expired");
      expect(bench.state).to.equal(before);
    });

    it("compares roots whatever their letter case", () => {
      const bench = new RelayBench().open().serve(MIB);
      const step = receiptFor(bench.state.acknowledged, entry(MIB));
      const segmentsRoot = `0x${step.receipt.segmentsRoot.slice(2).toUpperCase()}` as const;
      const loud = { ...step, receipt: { ...step.receipt, segmentsRoot } };
      bench.apply({ type: "post", session: "session", step: loud });
      expect(bench.acknowledged?.segmentsRoot).to.equal(step.receipt.segmentsRoot);
      expect(bench.apply({ type: "post", session: "session", step: loud }).refused).to.equal(undefined);
    });
  });

  describe("X5: recovery", () => {
    /** 8 MiB secured, and 8 MiB that broke off. */
    const owing = (): RelayBench => {
      const bench = new RelayBench()
        .open()
        .chain({ deposit: 100n * MIB })
        .serve(8n * MIB)
        .pay(8n * MIB);
      return bench.serve(8n * MIB);
    };

    it("writes off one starting credit in ten minutes", () => {
      const bench = owing();
      bench.now += 300;
      expect(bench.chain({}).state.forgiven).to.equal(4n * MIB);
      bench.now += 150;
      expect(bench.chain({}).state.forgiven).to.equal(6n * MIB);
      expect(outstandingBytes(bench.state)).to.equal(2n * MIB);
    });

    it("writes off no more than is outstanding, and saves nothing up", () => {
      const bench = owing();
      bench.now += 6_000;
      expect(bench.chain({}).state.forgiven).to.equal(8n * MIB);
      bench.serve(8n * MIB);
      expect(outstandingBytes(bench.state)).to.equal(8n * MIB);
    });

    it("writes off no more than was ever secured, so that who never pays gets the credit and nothing else", () => {
      const never = new RelayBench()
        .open()
        .chain({ deposit: 1n })
        .serve(8n * MIB);
      never.now += 86_400;
      expect(never.chain({}).state.forgiven).to.equal(0n);
      expect(never.reserve("a", MIB).refused).to.equal("credit-exhausted");
      const little = new RelayBench()
        .open()
        .chain({ deposit: 100n * MIB })
        .serve(MIB)
        .pay(MIB)
        .serve(8n * MIB);
      little.now += 86_400;
      expect(little.chain({}).state.forgiven).to.equal(MIB);
    });

    it("writes off nothing without a deposit", () => {
      const bench = new RelayBench()
        .open()
        .serve(8n * MIB)
        .pay(4n * MIB);
      bench.now += 6_000;
      expect(bench.chain({}).state.forgiven).to.equal(0n);
    });

    it("admits a transfer that recovery made room for", () => {
      const bench = owing();
      expect(bench.reserve("a", MIB).refused).to.equal("credit-exhausted");
      bench.now += 75;
      expect(bench.reserve("a", MIB).admitted).to.equal(true);
    });

    it("takes back what was paid after all", () => {
      const bench = owing();
      bench.now += 300;
      bench.chain({}).pay(6n * MIB);
      expect(bench.state.forgiven).to.equal(2n * MIB);
      expect(outstandingBytes(bench.state)).to.equal(0n);
      bench.pay(2n * MIB);
      expect(bench.state.forgiven).to.equal(0n);
    });

    it("is not fooled by a clock that runs backwards", () => {
      const bench = owing();
      bench.now -= 1_000;
      expect(bench.chain({}).state.forgiven).to.equal(0n);
      bench.now += 1_300;
      expect(bench.chain({}).state.forgiven).to.equal(4n * MIB);
    });
  });

  describe("X6: fundings", () => {
    const post = (bench: RelayBench, fund: ReturnType<typeof signFund>): RelayBench =>
      bench.apply({ type: "post", session: "session", fund });

    it("keeps the highest, and the longer of two equal ones", () => {
      const bench = new RelayBench().open();
      const low = signFund(5n * MIB, NOW + 7_200);
      const high = signFund(6n * MIB, NOW + 3_600);
      const longer = signFund(6n * MIB, NOW + 3_601);
      expect(post(bench, low).state.fund).to.equal(low);
      expect(post(bench, high).state.fund).to.equal(high);
      expect(post(bench, low).state.fund).to.equal(high);
      expect(post(bench, longer).state.fund).to.equal(longer);
      expect(post(bench, high).state.fund).to.equal(longer);
    });

    it("prefers a valid one to a higher one that ran out", () => {
      const bench = new RelayBench().open();
      post(bench, signFund(6n * MIB, NOW + 3_600));
      bench.now += 3_601;
      const low = signFund(5n * MIB, bench.now + 3_600);
      expect(post(bench, low).state.fund).to.equal(low);
    });

    it("passes one over that the deposit has reached", () => {
      const bench = new RelayBench().open().chain({ deposit: 5n * MIB });
      expect(post(bench, signFund(5n * MIB, NOW + 3_600)).state.fund).to.equal(undefined);
      expect(bench.refused).to.equal(undefined);
    });

    it("refuses one that ends too soon, has no money behind it, or is another's", () => {
      const bench = new RelayBench().open().chain({ deposit: MIB, balance: MIB });
      expect(post(bench, signFund(2n * MIB, NOW + 119)).refused).to.equal("fund-expired");
      expect(post(bench, signFund(2n * MIB + 1n, NOW + 120)).refused).to.equal("account-empty");
      expect(post(bench, signFund(2n * MIB, NOW + 120, OTHER_KEY)).refused).to.equal("wrong-signer");
      expect(post(bench, signFund(2n * MIB, NOW + 120)).refused).to.equal(undefined);
    });

    it("raises what is covered only when the chain says so", () => {
      const bench = new RelayBench().open();
      post(bench, signFund(6n * MIB, NOW + 3_600));
      expect(confirmedBytes(bench.state)).to.equal(0n);
      bench.apply({ type: "funding", total: 6n * MIB }).chain({ deposit: 5n * MIB });
      expect(bench.state.funding).to.equal(6n * MIB);
      expect(confirmedBytes(bench.state)).to.equal(5n * MIB);
      expect(bench.chain({ deposit: 6n * MIB }).state.funding).to.equal(0n);
    });
  });

  describe("X7: closing", () => {
    it("serves nothing and opens nothing while a close is pending, but takes receipts and wants them collected", () => {
      const bench = new RelayBench()
        .open()
        .chain({ deposit: 9n * MIB })
        .serve(2n * MIB);
      bench.chain({ closeRequestedAt: NOW });
      expect(bench.effects).to.deep.equal([{ type: "collect", reason: "close-pending" }]);
      expect(bench.reserve("a", 1n).refused).to.equal("close-pending");
      expect(bench.open().refused).to.equal("close-pending");
      bench.pay(2n * MIB);
      expect(bench.effects).to.deep.include({ type: "collect", reason: "close-pending" });
      expect(bench.chain({ closeRequestedAt: 0 }).reserve("a", 1n).admitted).to.equal(true);
    });

    it("accepts nothing on a closed channel, and ends its session", () => {
      const bench = new RelayBench().open().serve(MIB).chain({ deposit: 1n, closed: true });
      expect(bench.effects).to.deep.equal([{ type: "endSession", session: "session" }]);
      const step = receiptFor(bench.state.acknowledged, entry(MIB));
      expect(bench.apply({ type: "post", session: "session", step }).refused).to.equal("channel-closed");
      expect(bench.reserve("a", 1n).refused).to.equal("channel-closed");
      expect(bench.open().refused).to.equal("channel-closed");
    });

    it("accepts nothing from the moment it writes its own closing down until that is taken back", () => {
      const bench = new RelayBench()
        .open()
        .chain({ deposit: 9n * MIB })
        .serve(2n * MIB)
        .pay(MIB);
      bench.apply({ type: "settling", bytes: MIB, close: true });
      expect(bench.open().refused).to.equal("channel-closed");
      const step = receiptFor(bench.state.acknowledged, entry(MIB));
      expect(bench.apply({ type: "post", session: "session", step }).refused).to.equal("channel-closed");
      bench.chain({ settledBytes: MIB });
      expect(bench.state.closing, "settled, but not closed yet").to.equal(true);
      expect(bench.apply({ type: "settling", bytes: 0n }).open().refused).to.equal(undefined);
    });

    it("does not close over a receipt that came in meanwhile", () => {
      const bench = new RelayBench()
        .open()
        .chain({ deposit: 9n * MIB })
        .serve(2n * MIB)
        .pay(MIB)
        .pay(MIB);
      expect(bench.apply({ type: "settling", bytes: MIB, close: true }).refused).to.equal("receipt-stale");
      expect(bench.state.closing).to.equal(false);
    });

    it("ends the session when the viewer is done, and wants to be collected", () => {
      const bench = new RelayBench().open().serve(MIB);
      const step = receiptFor(bench.state.acknowledged, entry(MIB));
      bench.apply({ type: "post", session: "session", step, end: true });
      expect(bench.effects.map(({ type }) => type)).to.deep.equal(["log", "endSession", "collect", "acknowledge"]);
      expect(bench.state).to.include({ finished: true, session: undefined, endedAt: NOW });
      expect(bench.open().state.finished).to.equal(false);
    });
  });

  describe("X8: settlements", () => {
    it("remembers since when there is something to settle, and what is under way", () => {
      const bench = new RelayBench()
        .open()
        .chain({ deposit: 9n * MIB })
        .serve(4n * MIB);
      bench.now += 10;
      bench.pay(MIB);
      bench.now += 10;
      expect(bench.pay(MIB).state.unsettledSince).to.equal(NOW + 10);
      bench.apply({ type: "settling", bytes: 2n * MIB });
      expect(bench.state.settling).to.equal(2n * MIB);
      bench.chain({ settledBytes: MIB });
      expect(bench.state).to.include({ settling: 2n * MIB, unsettledSince: NOW + 10 });
      bench.chain({ settledBytes: 2n * MIB });
      expect(bench.state).to.include({ settling: 0n, unsettledSince: 0 });
    });

    it("ignores an older view of the chain", () => {
      const bench = new RelayBench().open().chain({ deposit: 5n, block: 10 });
      const before = bench.state;
      expect(bench.chain({ deposit: 4n, block: 9 }).state).to.equal(before);
    });

    it("takes what the chain says after blocks were replaced, although it is less and at a lower block", () => {
      const bench = new RelayBench()
        .open()
        .chain({ deposit: 5n * MIB, block: 10 })
        .serve(MIB)
        .pay(MIB)
        .chain({ settledBytes: MIB, block: 12 });
      expect(bench.state.unsettledSince).to.equal(0);
      bench.chain({ settledBytes: 0n, deposit: 2n * MIB, block: 9, era: 1 });
      expect(bench.state.chain).to.include({ settledBytes: 0n, deposit: 2n * MIB, block: 9, era: 1 });
      expect(bench.state.unsettledSince).to.equal(NOW);
      const after = bench.state;
      expect(bench.chain({ settledBytes: MIB, deposit: 5n * MIB, block: 13, era: 0 }).state).to.equal(after);
      expect(bench.chain({ settledBytes: MIB, block: 10, era: 1 }).state.chain.settledBytes).to.equal(MIB);
    });

    it("counts what the chain settled as secured, whoever brought the receipt", () => {
      const bench = new RelayBench()
        .open()
        .serve(MIB)
        .chain({ deposit: 5n * MIB, settledBytes: 3n * MIB });
      expect(securedBytes(bench.state)).to.equal(3n * MIB);
      expect(outstandingBytes(bench.state)).to.equal(0n);
      expect(bench.serve(MIB).state.served).to.equal(4n * MIB);
    });
  });

  describe("X12: opening", () => {
    it("states its claim with the viewer's signature, and the seed before the first receipt", () => {
      const bench = new RelayBench().open();
      expect(bench.acknowledged).to.deep.equal({ deliveredBytes: 0n, segmentsRoot: SEED });
      bench.serve(MIB).pay(MIB).open();
      expect(bench.acknowledged?.signature).to.equal(bench.state.acknowledged.signature);
    });

    it("replaces the seed only while nothing is receipted", () => {
      const seed = entry(1n).contentHash;
      const bench = new RelayBench().open();
      bench.apply({ type: "open", session: "again", seed, startingCredit: MIB });
      expect(bench.acknowledged?.segmentsRoot).to.equal(seed);
      bench.apply({ type: "reserve", session: "again", transfer: "a", size: 1n });
      bench.apply({ type: "post", session: "again", step: receiptFor(bench.state.acknowledged, entry(1n)) });
      bench.apply({ type: "open", session: "third", seed: SEED, startingCredit: MIB });
      expect(bench.state.seed).to.equal(seed);
    });

    it("adopts the viewer's higher receipt, and serves from there", () => {
      const bench = new RelayBench();
      bench.chain({ deposit: 50n * MIB, balance: MIB });
      const { receipt } = receiptFor({ deliveredBytes: 0n, segmentsRoot: SEED }, entry(20n * MIB));
      bench.apply({ type: "open", session: "s", seed: SEED, startingCredit: 8n * MIB, receipt });
      expect(bench.acknowledged).to.deep.equal(receipt);
      expect(bench.state.served).to.equal(20n * MIB);
      const lower = signReceipt({ deliveredBytes: MIB, segmentsRoot: SEED });
      bench.apply({ type: "open", session: "t", seed: SEED, startingCredit: 8n * MIB, receipt: lower });
      expect(bench.acknowledged).to.deep.equal(receipt);
      const forged = signReceipt({ deliveredBytes: 21n * MIB, segmentsRoot: SEED }, OTHER_KEY);
      bench.apply({ type: "open", session: "u", seed: SEED, startingCredit: 8n * MIB, receipt: forged });
      expect(bench.refused).to.equal("wrong-signer");
    });

    it("refuses a channel of which both sides lost receipts that were settled", () => {
      const bench = new RelayBench().chain({ deposit: 50n * MIB, settledBytes: 20n * MIB });
      expect(bench.open().refused).to.equal("receipt-stale");
      const receipt = signReceipt({ deliveredBytes: 20n * MIB, segmentsRoot: SEED });
      bench.apply({ type: "open", session: "s", seed: SEED, startingCredit: 8n * MIB, receipt });
      expect(bench.refused).to.equal(undefined);
    });
  });
});
