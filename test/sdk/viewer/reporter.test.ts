import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { leafEntry, manifestRoot, privateKeySigner, WeirError } from "../../../sdk/core/index.ts";
import type { Hex, ManifestLeaf, SegmentEntry, SessionSigner, SignedDelivery } from "../../../sdk/core/index.ts";
import { memoryStore } from "../../../sdk/viewer/index.ts";
import type { Testimony, ViewerStore } from "../../../sdk/viewer/index.ts";
import { untilAborted } from "../../../sdk/viewer/clock.ts";
import type { Clock } from "../../../sdk/viewer/clock.ts";
import { createReporter } from "../../../sdk/viewer/reporter/index.ts";
import type { Reporter, ReporterEvent, ReporterOptions } from "../../../sdk/viewer/reporter/index.ts";
import { paperDeployment, paperDomain, testKey } from "../../helpers/relayFixture.ts";
import { signDelivery } from "../../helpers/signDelivery.ts";
import { MAX_AGE, MIN_AGE, paperReporterChain } from "./paperReporterChain.ts";
import type { PaperReporterChain } from "./paperReporterChain.ts";

const agent = privateKeySigner(testKey(31));
const other = privateKeySigner(testKey(32));
const operator: Hex = `0x${"0e".repeat(20)}`;
const relay = "https://relay.example";
const hash = (byte: string): Hex => `0x${byte.repeat(32)}`;
const leaves: readonly ManifestLeaf[] = ["a.m4s", "b.m4s", "c.m4s"].map((path, i) => ({
  path,
  contentHash: hash(`${i}${i}`),
  size: 100n,
}));
const manifest = { root: manifestRoot(leaves), leaves };
const [first, second] = leaves.map(leafEntry) as [SegmentEntry, SegmentEntry];

describe("A reporter", () => {
  let chain: PaperReporterChain;
  let store: ViewerStore;
  let reporter: Reporter | undefined;
  let events: ReporterEvent[];
  /** Seconds that were waited. */
  let waits: number[];
  let clock: Clock;

  beforeEach(() => {
    chain = paperReporterChain();
    chain.operators.set(agent.address, operator);
    chain.operators.set(other.address, operator);
    store = memoryStore();
    events = [];
    waits = [];
    clock = {
      now: () => chain.now * 1_000,
      wait: async (milliseconds, signal) => {
        signal.throwIfAborted();
        waits.push(milliseconds / 1_000);
        chain.now += milliseconds / 1_000;
        await Promise.resolve();
      },
    };
  });

  afterEach(async () => {
    await reporter?.close();
  });

  const start = (change: Partial<ReporterOptions> = {}): Reporter => {
    reporter = createReporter({
      ...{ deployment: paperDeployment, chain, store, clock },
      tokenPerEther: 10n ** 18n,
      onEvent: (event) => events.push(event),
      ...change,
    });
    return reporter;
  };
  const signs = async (
    entry: SegmentEntry,
    { by = agent, under = manifest.root, ...lie }: Partial<SegmentEntry> & { by?: SessionSigner; under?: Hex } = {},
  ): Promise<SignedDelivery> =>
    signDelivery(paperDomain, by, { channelId: hash("cc"), manifestRoot: under, ...entry, ...lie });
  const wrong = async (by = agent): Promise<Testimony> => ({
    relay,
    byAgent: true,
    deliveries: [await signs(first, { by, contentHash: hash("ee") })],
    manifest,
  });
  const types = (): string[] => events.map(({ type }) => type);
  const stores = async (): Promise<number> => (await store.entries("")).length;

  describe("given a delivery that contradicts its manifest", () => {
    it("commits, waits, reports, and keeps nothing", async () => {
      const reporting = start();
      reporting.note(await wrong());
      await reporting.idle();
      expect(types()).to.deep.equal(["found", "committed", "reported"]);
      expect(events[0]).to.deep.equal({ type: "found", agent: agent.address, contradicts: "manifest", relay });
      expect(events[2]).to.deep.include({ agent: agent.address, operator, cut: 1_000n });
      expect(waits).to.deep.equal([MIN_AGE]);
      expect(chain.reported).to.have.length(1);
      expect(await stores()).to.equal(0);
    });

    it("reports an agent once, however much it signs", async () => {
      const reporting = start();
      for (let i = 0; i < 5; i++) reporting.note(await wrong());
      await reporting.idle();
      reporting.note(await wrong());
      await reporting.idle();
      expect(types()).to.deep.equal(["found", "committed", "reported"]);
    });

    it("reports two agents, one transaction at a time", async () => {
      let sending = 0;
      const { commit, report } = chain;
      const alone =
        <Args extends readonly unknown[], Value>(send: (...args: Args) => Promise<Value>) =>
        async (...args: Args): Promise<Value> => {
          expect(++sending).to.equal(1);
          await new Promise((resolve) => setImmediate(resolve));
          const value = await send(...args);
          sending -= 1;
          return value;
        };
      const reporting = start({ chain: { ...chain, commit: alone(commit), report: alone(report) } });
      reporting.note(await wrong());
      reporting.note(await wrong(other));
      await reporting.idle();
      expect(types().filter((type) => type === "reported")).to.have.length(2);
      expect(new Set(chain.reported.map((contradiction) => contradiction.agent))).to.deep.equal(
        new Set([agent.address, other.address]),
      );
    });

    it("shows the proof to nobody before the commitment is ripe", async () => {
      chain.onCall = (name) => {
        const [at] = chain.commitments.values();
        if (name === "reportCost" || name === "report") expect(chain.now - (at ?? Infinity)).to.be.at.least(MIN_AGE);
      };
      const reporting = start();
      reporting.note(await wrong());
      await reporting.idle();
      expect(types()).to.include("reported");
    });

    it("asks again when a chain without blocks shows an old time", async () => {
      chain.idle = true;
      // The node's clock is behind: what the reporter waited is not enough.
      const late: Clock = {
        now: () => clock.now(),
        wait: async (milliseconds, signal) =>
          clock.wait(waits.length === 0 ? milliseconds - 8_000 : milliseconds, signal),
      };
      const reporting = start({ clock: late });
      reporting.note(await wrong());
      await reporting.idle();
      expect(types()).to.deep.equal(["found", "committed", "reported"]);
      expect(waits).to.deep.equal([MIN_AGE - 8, 5, 5]);
    });
  });

  describe("given two deliveries of one agent that differ", () => {
    const said = (signed: SignedDelivery): Testimony => ({ relay, byAgent: true, deliveries: [signed] });

    it("reports them without a manifest", async () => {
      const reporting = start();
      reporting.note(said(await signs(first)));
      reporting.note(said(await signs(second)));
      reporting.note(said(await signs(first, { under: hash("aa"), size: 7n })));
      reporting.note(said(await signs(first, { by: other, size: 7n })));
      await reporting.idle();
      expect(types()).to.deep.equal([]);
      reporting.note(said(await signs(first, { size: 7n })));
      await reporting.idle();
      expect(events[0]).to.deep.equal({ type: "found", agent: agent.address, contradicts: "self", relay });
      expect(types()).to.deep.equal(["found", "committed", "reported"]);
      expect(chain.reported[0]!.deliveries).to.deep.equal([await signs(first), await signs(first, { size: 7n })]);
    });

    it("remembers nothing that the relay's agent did not sign", async () => {
      const reporting = start();
      reporting.note({ ...said(await signs(first)), byAgent: false });
      reporting.note(said(await signs(first, { size: 7n })));
      await reporting.idle();
      expect(types()).to.deep.equal([]);
    });
  });

  describe("given a signature that may stand under several contents", () => {
    it("asks the registry about each, and reports the one whose signer is an agent", async () => {
      const real = await signs(first, { contentHash: hash("ee"), size: 50n });
      // Recovers to somebody, but nobody signed it.
      const guess = { ...real, delivery: { ...real.delivery, size: first.size } };
      const reporting = start();
      reporting.note({ relay, byAgent: false, deliveries: [guess, real], manifest });
      await reporting.idle();
      expect(types().sort()).to.deep.equal(["committed", "dismissed", "found", "found", "reported"]);
      expect(chain.reported.map((found) => found.agent)).to.deep.equal([agent.address]);
      expect(await stores()).to.equal(0);
    });
  });

  describe("given gas that costs more than the cut", () => {
    it("does nothing, says so and lays the case aside", async () => {
      chain.gas = 501n;
      const reporting = start();
      reporting.note(await wrong());
      await reporting.idle();
      expect(events[1]).to.deep.equal({
        type: "unprofitable",
        agent: agent.address,
        operator,
        cut: 1_000n,
        cost: 1_002n,
      });
      expect(chain.log).not.to.include("commit");
      expect(await stores()).to.equal(1);
    });

    it("goes on when gas is cheap again and there is more, or at the next start", async () => {
      chain.gas = 501n;
      const reporting = start();
      reporting.note(await wrong());
      await reporting.idle();
      chain.gas = 1n;
      reporting.note(await wrong());
      await reporting.idle();
      expect(types()).to.deep.equal(["found", "unprofitable", "committed", "reported"]);
    });

    it("demands the least gain on top, and compares by the token's value", async () => {
      // 20 wei are worth 10,000 units here; the least gain makes it one too many.
      chain.cut = 10_499n;
      const options = { tokenPerEther: 500n * 10n ** 18n, minGain: 500n };
      const reporting = start(options);
      reporting.note(await wrong());
      await reporting.idle();
      expect(events[1]).to.include({ type: "unprofitable", cost: 10_000n });
      chain.cut += 1n;
      reporting.note(await wrong());
      await reporting.idle();
      expect(types()).to.include("reported");
    });

    it("reports even at a loss if it is told to", async () => {
      chain.cut = 0n;
      const reporting = start({ evenAtALoss: true });
      reporting.note(await wrong());
      await reporting.idle();
      expect(types()).to.deep.equal(["found", "committed", "reported"]);
    });

    it("stops between commitment and report, too, if gas rises meanwhile", async () => {
      chain.onCall = (name) => {
        if (name === "commit") chain.gas = 2_000n;
      };
      const reporting = start();
      reporting.note(await wrong());
      await reporting.idle();
      expect(types()).to.deep.equal(["found", "committed", "unprofitable"]);
    });
  });

  describe("given that somebody else was first", () => {
    for (const moment of ["standing", "commitCost", "reportCost", "report"]) {
      it(`ends quietly when it learns so at ${moment}`, async () => {
        chain.onCall = (name) => {
          if (name === moment) chain.retired.add(agent.address);
        };
        const reporting = start();
        reporting.note(await wrong());
        await reporting.idle();
        expect(events.at(-1)).to.deep.equal({ type: "dismissed", agent: agent.address, reason: "retired" });
        expect(types()).not.to.include("failed");
        expect(types()).not.to.include("reported");
        expect(await stores()).to.equal(0);
      });
    }

    it("ends quietly when nobody answers for the agent any more", async () => {
      chain.onCall = (name) => {
        if (name === "report") chain.operators.clear();
      };
      const reporting = start();
      reporting.note(await wrong());
      await reporting.idle();
      expect(events.at(-1)).to.deep.equal({ type: "dismissed", agent: agent.address, reason: "not-accountable" });
    });
  });

  describe("given a crash", () => {
    /** Never comes back from the named call, as if the process had died in it. */
    async function dieAt(moment: string, isAfter = false): Promise<void> {
      const dead = new Promise<never>(() => undefined);
      const dies = Promise.withResolvers<undefined>();
      const hang =
        <Args extends readonly unknown[], Value>(name: string, call: (...args: Args) => Promise<Value>) =>
        async (...args: Args): Promise<Value> => {
          if (name !== moment) return call(...args);
          if (isAfter) await call(...args);
          dies.resolve(undefined);
          return dead;
        };
      const { standing, commitCost, commit, commitment, reportCost, report } = chain;
      const first_ = start({
        chain: {
          ...chain,
          standing: hang("standing", standing),
          commitCost: hang("commitCost", commitCost),
          commit: hang("commit", commit),
          commitment: hang("commitment", commitment),
          reportCost: hang("reportCost", reportCost),
          report: hang("report", report),
        },
      });
      first_.note(await wrong());
      await dies.promise;
      await first_.close();
      events = [];
    }

    for (const moment of ["standing", "commitCost", "commit", "commitment", "reportCost", "report"]) {
      it(`loses nothing at ${moment}`, async () => {
        await dieAt(moment);
        expect(await stores()).to.equal(1);
        await start().idle();
        expect(types().at(-1)).to.equal("reported");
        expect(chain.commitments.size).to.equal(1);
      });
    }

    it("uses the commitment that was mined before it", async () => {
      await dieAt("commit", true);
      await start().idle();
      expect(types()).to.deep.equal(["reported"]);
    });

    it("sees that its own report was mined", async () => {
      await dieAt("report", true);
      await start().idle();
      expect(events).to.deep.equal([{ type: "dismissed", agent: agent.address, reason: "retired" }]);
    });

    it("commits again with another salt when the commitment has lapsed", async () => {
      await dieAt("commitment");
      chain.now += MAX_AGE - 100;
      await start().idle();
      expect(types()).to.deep.equal(["committed", "reported"]);
      expect(chain.commitments.size).to.equal(2);
    });
  });

  it("has evidence and salt in the store before the commitment leaves", async () => {
    const kept: string[] = [];
    const watching: ViewerStore = {
      ...store,
      set: async (key, value) => {
        await store.set(key, value);
        kept.push(value);
      },
    };
    chain.onCall = (name) => {
      if (name === "standing" && chain.commitments.size === 0) expect(kept).to.have.length(1);
      if (name === "commit") expect(kept.at(-1)).to.match(/"salt":"0x[0-9a-f]{64}"/);
    };
    const reporting = start({ store: watching });
    reporting.note(await wrong());
    await reporting.idle();
    expect(types()).to.include("reported");
    expect(kept).to.have.length(2);
  });

  it("tries again when the chain fails, later each time, and lays it aside in the end", async () => {
    const failure = (): WeirError => new WeirError("chain-unavailable");
    chain.failures.push(failure(), failure());
    const reporting = start();
    reporting.note(await wrong());
    await reporting.idle();
    expect(types()).to.deep.equal(["found", "failed", "failed", "committed", "reported"]);
    expect(waits.slice(0, 2)).to.deep.equal([2, 4]);

    events = [];
    chain.failures.push(...Array.from({ length: 6 }, failure));
    reporting.note(await wrong(other));
    await reporting.idle();
    expect(types()).to.deep.equal(["found", ...Array<string>(6).fill("failed")]);
    expect(events.at(-1)).to.include({ retryIn: undefined });
    expect(await stores()).to.equal(1);
  });

  it("waits for a node that is behind before it commits again", async () => {
    const { commitment } = chain;
    let behind = 1;
    const lagging = { ...chain, commitment: async (id: Hex) => (behind-- > 0 ? undefined : commitment(id)) };
    const reporting = start({ chain: lagging });
    reporting.note(await wrong());
    await reporting.idle();
    expect(types()).to.deep.equal(["found", "committed", "reported"]);
    expect(waits[0]).to.equal(30);
    expect(chain.log.filter((name) => name === "commit")).to.have.length(1);

    // One that has lost it for good.
    events = [];
    chain.log.length = 0;
    behind = 2;
    reporting.note(await wrong(other));
    await reporting.idle();
    expect(types()).to.deep.equal(["found", "committed", "committed", "reported"]);
  });

  it("says so when it is given a manifest that is none", async () => {
    const reporting = start();
    reporting.note({
      ...(await wrong()),
      manifest: { root: manifest.root, leaves: [{ ...leaves[0]!, path: "../a" }] },
    });
    await reporting.idle();
    expect(types()).to.deep.equal(["failed"]);
    expect(events[0]).to.have.nested.property("error.code", "path-not-canonical");
  });

  it("commits to nothing that its store did not take", async () => {
    const full: ViewerStore = { ...store, set: async () => Promise.reject(new Error("quota")) };
    const reporting = start({ store: full });
    reporting.note(await wrong());
    await reporting.idle();
    expect(types()).to.deep.equal(["found", ...Array<string>(6).fill("failed")]);
    expect(events[1]).to.have.nested.property("error.code", "storage-failed");
    expect(chain.log).to.deep.equal([]);
  });

  it("says so when the store holds what no reporter wrote, and reports what it finds itself", async () => {
    const [key, value] = await recorded();
    for (const bad of [
      "",
      "{}",
      "null",
      `{"version":1,"contradiction":{}}`,
      value.replace(`"version":1`, `"version":2`),
    ]) {
      chain.gas = 10n;
      chain.retired.clear();
      await store.set(key, bad);
      await store.set(`${key}0`, value);
      events = [];
      const next = start();
      await next.idle();
      next.note(await wrong());
      await next.idle();
      // What can be read is taken up all the same.
      expect(types(), bad).to.deep.equal(["failed", "committed", "reported", "found", "committed", "reported"]);
    }
  });

  /** What a reporter writes down. */
  async function recorded(): Promise<readonly [string, string]> {
    chain.gas = 10n ** 6n;
    const recording = memoryStore();
    const reporting = start({ store: recording });
    reporting.note(await wrong(other));
    await reporting.idle();
    const [entry] = await recording.entries("");
    return entry!;
  }

  it("ends at once when it is closed, and hears nothing any more", async () => {
    const never: Clock = {
      now: () => 0,
      wait: async (_, signal) => untilAborted(new Promise<never>(() => undefined), signal),
    };
    const reporting = start({ clock: never });
    reporting.note(await wrong());
    while (!types().includes("committed")) await new Promise((resolve) => setImmediate(resolve));
    await reporting.close();
    reporting.note(await wrong(other));
    await reporting.idle();
    expect(types()).to.deep.equal(["found", "committed"]);
    expect(await stores()).to.equal(1);
  });

  it("passes over what nobody can have signed", async () => {
    const { deliveries } = await wrong();
    const signature: Hex = `0x${"ff".repeat(64)}`;
    const reporting = start();
    reporting.note({ relay, byAgent: true, deliveries: [{ ...deliveries[0]!, signature }], manifest });
    await reporting.idle();
    expect(types()).to.deep.equal([]);
  });

  it("refuses options that are wrong", () => {
    expect(() => start({ tokenPerEther: -1n }))
      .to.throw()
      .with.property("code", "malformed-message");
    expect(() => start({ minGain: 1n << 96n }))
      .to.throw()
      .with.property("code", "malformed-message");
  });

  it("keeps no process alive while it waits, unless somebody waits for it", () => {
    const run = (how: string): string[] => {
      const main = fileURLToPath(new URL("./reporterMain.ts", import.meta.url));
      const { status, stdout } = spawnSync(process.execPath, [main, how], { timeout: 25_000, encoding: "utf8" });
      expect(status).to.equal(0);
      return stdout.trim().split("\n");
    };
    expect(run("leave")).to.deep.equal(["found", "committed"]);
    expect(run("idle")).to.deep.equal(["found", "committed", "reported"]);
  });
});
