import { expect } from "chai";
import { relayMetrics } from "../../../sdk/admin/index.ts";
import type { RelayGauges, RelayMetrics } from "../../../sdk/admin/index.ts";
import type { RelayEvent } from "../../../sdk/relay/index.ts";
import { paperDeployment, recordingLogger } from "../../helpers/relayFixture.ts";
import { parseScrape } from "../../helpers/parseScrape.ts";
import type { Sample } from "../../helpers/parseScrape.ts";

const GAUGES: RelayGauges = {
  sessions: 3,
  channels: 10_000,
  unsettled: 1_500_000_000_000_000_000n,
  unsecuredBytes: 1_048_576n,
  cachedBytes: 2_048,
  diskBytes: 4_096,
  transactions: 1,
  collects: true,
  watchedBlock: 41,
  headBlock: 42,
  chainSeenAt: 1_900_000_000,
  agentBalance: 250_000_000_000_000_000n,
  earnings: 2_000_000_000_000_000_000n,
  checks: { store: true, chain: false },
};

/** One event of every kind, for a channel and stream. */
function events(i: number, stream = "/video/"): RelayEvent[] {
  const channel = `0x${i.toString(16).padStart(64, "0")}` as const;
  const transaction = { nonce: i, hash: channel };
  return [
    { type: "sessionOpened", channel, stream },
    { type: "segmentServed", stream, free: false, bytes: 1_000, size: 1_000, seconds: 0.002 },
    { type: "segmentServed", stream, free: true, bytes: 400, size: 1_000, seconds: 0.2 },
    { type: "resourceRead", from: "memory", bytes: 1_000 },
    { type: "receiptTaken", channel, bytes: 1_000n, value: 10n ** 15n, seconds: 0.004 },
    { type: "requestRefused", route: "media", code: "credit-exhausted" },
    { type: "sessionEnded", channel },
    { type: "closeRequested", channel, until: 1_900_000_000 },
    { type: "collectionSent", ...transaction, reason: "worth", funds: 1, settles: 2, closes: 0, value: 1n, cost: 1n },
    { type: "collectionReplaced", ...transaction },
    { type: "collectionMined", nonce: i, achieved: true },
    { type: "collectionFailed", code: "chain-unavailable" },
    { type: "gasCapWaiting", gasPrice: 2n, maxGasPrice: 1n },
    { type: "originFailed", stream, code: "content-mismatch" },
    { type: "storageFailed" },
    { type: "chainFailed", code: "chain-unavailable" },
    { type: "chainRecovered" },
    { type: "collectionTakenBack", nonce: i },
    { type: "closeAtRisk", channel, until: 1_900_000_000, value: 1n, why: "cost" },
    { type: "chainReplaced", above: 1, block: 2 },
    { type: "limitHit", limit: "openings" },
  ];
}

describe("The metrics of a relay", () => {
  const open = (gauges: () => Promise<RelayGauges> = async () => Promise.resolve(GAUGES)): RelayMetrics =>
    relayMetrics({
      deployment: paperDeployment,
      version: "1.2.3",
      streams: ["/video/"],
      logger: recordingLogger(),
      gauges,
    });
  const scrape = async (metrics: RelayMetrics): Promise<readonly Sample[]> =>
    parseScrape(await metrics.scrape()).samples;
  const value = (samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): unknown =>
    samples.find((sample) => {
      return sample.name === name && Object.entries(labels).every(([label, text]) => sample.labels[label] === text);
    })?.value;

  it("count what happened, in bytes, seconds and tokens", async () => {
    const metrics = open();
    for (let i = 0; i < 3; i++) events(i).forEach(metrics.count);
    const samples = await scrape(metrics);
    expect(value(samples, "weir_sessions_opened_total", { stream: "/video/" })).to.equal(3);
    expect(value(samples, "weir_sessions_ended_total")).to.equal(3);
    expect(value(samples, "weir_served_bytes_total", { stream: "/video/", paid: "true" })).to.equal(3_000);
    expect(value(samples, "weir_served_bytes_total", { stream: "/video/", paid: "false" })).to.equal(1_200);
    expect(value(samples, "weir_transfers_total", { outcome: "broken" })).to.equal(3);
    expect(value(samples, "weir_receipted_tokens_total")).to.be.closeTo(0.003, 1e-12);
    expect(value(samples, "weir_receipted_bytes_total")).to.equal(3_000);
    expect(value(samples, "weir_segment_wait_seconds_bucket", { le: "0.0025" })).to.equal(3);
    expect(value(samples, "weir_segment_wait_seconds_count")).to.equal(6);
    expect(value(samples, "weir_receipt_duration_seconds_sum")).to.be.closeTo(0.012, 1e-9);
    expect(value(samples, "weir_requests_refused_total", { route: "media", code: "credit-exhausted" })).to.equal(3);
    expect(value(samples, "weir_collections_sent_total", { reason: "worth" })).to.equal(3);
  });

  it("say how the relay stands at that moment", async () => {
    const samples = await scrape(open());
    expect(value(samples, "weir_sessions")).to.equal(3);
    expect(value(samples, "weir_unsettled_tokens")).to.equal(1.5);
    expect(value(samples, "weir_unsecured_bytes")).to.equal(1_048_576);
    expect(value(samples, "weir_agent_balance_coins")).to.equal(0.25);
    expect(value(samples, "weir_cache_bytes", { where: "disk" })).to.equal(4_096);
    expect(value(samples, "weir_head_block")).to.equal(42);
    expect(value(samples, "weir_watched_block")).to.equal(41);
    expect(value(samples, "weir_check_ok", { check: "chain" })).to.equal(0);
    expect(value(samples, "weir_build_info", { version: "1.2.3" })).to.equal(1);
    expect(value(samples, "process_resident_memory_bytes")).to.be.a("number");
  });

  it("leave out what cannot be read now, and count that", async () => {
    let fails = false;
    const metrics = open(async () => (fails ? Promise.reject(new Error("locked")) : Promise.resolve(GAUGES)));
    await scrape(metrics);
    fails = true;
    const samples = await scrape(metrics);
    expect(value(samples, "weir_scrape_failures_total")).to.equal(1);
    expect(value(samples, "weir_unsettled_tokens")).to.equal(undefined);
    expect(value(samples, "weir_served_bytes_total", { paid: "true" })).to.equal(0);
  });

  it("have counters of every configured stream from the start", async () => {
    expect(value(await scrape(open()), "weir_served_bytes_total", { stream: "/video/" })).to.equal(0);
  });

  it("are as many with ten thousand channels as with one", async () => {
    const one = open();
    events(0).forEach(one.count);
    const many = open();
    for (let i = 0; i < 10_000; i++) events(i).forEach(many.count);
    expect((await scrape(many)).length).to.equal((await scrape(one)).length);
  });

  it("are named as Prometheus wants them", async () => {
    const metrics = open();
    events(0).forEach(metrics.count);
    const { families, samples } = parseScrape(await metrics.scrape());
    const own = families.filter(({ name }) => name.startsWith("weir_"));
    expect(own.length).to.be.greaterThan(30);
    for (const { help, name, type } of own) {
      expect(name, "characters").to.match(/^weir(?:_[a-z]+)+$/);
      expect(help, name).to.match(/^[A-Z1].*\.$/);
      expect(name.endsWith("_total"), `${name}: _total is for counters`).to.equal(type === "counter");
      expect(name, "the type is no part of a name").to.not.match(/_(?:counter|gauge|histogram|summary)\b/);
      expect(name, "base units").to.not.match(/_(?:milliseconds|minutes|hours|kilobytes|megabytes|mib|wei|percent)\b/);
      if (type === "histogram") expect(name, "what is measured has a unit").to.match(/_(?:seconds|bytes)$/);
    }
    const labels = new Set(
      samples.filter(({ name }) => name.startsWith("weir_")).flatMap(({ labels: each }) => Object.keys(each)),
    );
    expect([...labels].sort()).to.deep.equal([
      "check",
      "code",
      "from",
      "le",
      "limit",
      "outcome",
      "paid",
      "reason",
      "route",
      "stream",
      "version",
      "where",
      "why",
    ]);
  });
});
