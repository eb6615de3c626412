import { expect } from "chai";
import fc from "fast-check";
import { chooseRelay } from "../../../sdk/viewer/chooseRelay.ts";
import type { RelayCandidate } from "../../../sdk/viewer/chooseRelay.ts";
import { systemClock, untilAborted, withTimeout } from "../../../sdk/viewer/clock.ts";
import type { Clock } from "../../../sdk/viewer/clock.ts";
import { firstSuccess } from "../../../sdk/viewer/contest.ts";
import { playlistSequence } from "../../../sdk/viewer/playlistSequence.ts";
import { readBody } from "../../../sdk/viewer/readBody.ts";
import { relayMeter } from "../../../sdk/viewer/relayMeter.ts";
import { readOptions, resolveReference } from "../../../sdk/viewer/viewerOptions.ts";
import type { ViewerOptions } from "../../../sdk/viewer/viewerOptions.ts";
import { privateKeySigner } from "../../../sdk/core/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { paperDeployment, publisher, testKey } from "../../helpers/relayFixture.ts";

const never = new AbortController().signal;
const messageOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe("chooseRelay", () => {
  const slow = { name: "slow", pricePerGiB: 1n, expectedMs: 5_000, usedMs: 0 };
  const fair = { name: "fair", pricePerGiB: 2n, expectedMs: 500, usedMs: 900 };
  const idle = { name: "idle", pricePerGiB: 2n, expectedMs: 900, usedMs: 0 };
  const fast = { name: "fast", pricePerGiB: 9n, expectedMs: 10, usedMs: 0 };

  it("takes the cheapest that is fast enough", () => {
    expect(chooseRelay([fast, fair, slow], 1_000)).to.equal(fair);
  });

  it("spreads over equally cheap ones", () => {
    expect(chooseRelay([fair, idle, fast], 1_000)).to.equal(idle);
  });

  it("takes the fastest, at any price, if none is fast enough", () => {
    expect(chooseRelay([slow, fair, fast], 5)).to.equal(fast);
  });

  it("takes nobody of nobody", () => {
    expect(chooseRelay<RelayCandidate>([], 1_000)).to.equal(undefined);
  });
});

describe("relayMeter", () => {
  /** Feeds a meter with a transfer of `seconds` at so many bytes a second. */
  const feed = (perSecond: number, seconds: number): { meter: ReturnType<typeof relayMeter>; now: number } => {
    const meter = relayMeter();
    let now = 1_000;
    meter.begin(now);
    for (let i = 0; i < seconds * 10; i++) {
      now += 100;
      meter.bytes(perSecond / 10, now);
    }
    meter.end(now);
    return { meter, now };
  };

  it("finds the throughput of a relay, fast or slow", () => {
    for (const perSecond of [20_000, 1_000_000, 50_000_000]) {
      const { meter, now } = feed(perSecond, 20);
      expect(meter.rate(now) * 1_000).to.be.within(perSecond * 0.9, perSecond * 1.6);
    }
  });

  it("sees a relay stall while it stalls", () => {
    const { meter, now } = feed(1_000_000, 20);
    const before = meter.rate(now);
    meter.begin(now);
    expect(meter.rate(now + 10_000)).to.be.lessThan(before / 2);
  });

  it("forgives with time", () => {
    const { meter, now } = feed(10_000, 20);
    const before = meter.rate(now);
    expect(meter.rate(now + 600_000)).to.be.greaterThan(before * 10);
  });

  it("expects the first byte as late as it came", () => {
    const meter = relayMeter();
    for (let i = 0; i < 20; i++) meter.latency(800, true);
    expect(meter.expect(0, 0)).to.be.within(750, 800);
    meter.latency(10, false);
    expect(meter.expect(0, 0)).to.be.within(750, 800);
  });

  it("gives a positive, finite rate whatever happened", () => {
    const event = fc.record({ kind: fc.constantFrom("begin", "bytes", "end", "latency"), step: fc.nat(100_000) });
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const meter = relayMeter();
        let now = 0;
        for (const { kind, step } of events) {
          now += step;
          if (kind === "begin") meter.begin(now);
          if (kind === "bytes") meter.bytes(step, now);
          if (kind === "end") meter.end(now);
          if (kind === "latency") meter.latency(step, step % 2 === 0);
        }
        expect(meter.rate(now)).to.be.greaterThan(0).and.lessThan(Infinity);
      }),
    );
  });
});

describe("firstSuccess", () => {
  const soon = async (value: string, ms: number): Promise<string> =>
    systemClock.wait(ms, never).then(() => {
      if (value === "failed") throw new Error("no");
      return value;
    });
  const run = async (attempts: readonly (() => Promise<string>)[], stagger: number, signal = never) => {
    let next = 0;
    const failures: unknown[] = [];
    const start = (): Promise<string> | undefined => attempts[next++]?.();
    const patience = (): number | undefined => (next < attempts.length ? stagger : undefined);
    const value = await firstSuccess({ start, patience }, systemClock, signal, failures);
    return { value, failures: failures.length, started: Math.min(next, attempts.length) };
  };

  it("is content with the first attempt if it is in time", async () => {
    expect(await run([() => soon("a", 1), () => soon("b", 1)], 1_000)).to.deep.equal({
      value: "a",
      failures: 0,
      started: 1,
    });
  });

  it("tries the next at once after a failure", async () => {
    const result = await run([() => soon("failed", 1), () => soon("b", 1)], 60_000);
    expect(result).to.deep.equal({ value: "b", failures: 1, started: 2 });
  });

  it("does not wait for one that hangs", async () => {
    expect(await run([() => new Promise(() => undefined), () => soon("b", 1)], 5)).to.include({ value: "b" });
  });

  it("lets a late one win over the one that stepped in for it", async () => {
    expect(await run([() => soon("a", 30), () => new Promise(() => undefined)], 5)).to.include({ value: "a" });
  });

  it("ends when everything failed", async () => {
    const result = await run([() => soon("failed", 1), () => soon("failed", 1)], 1);
    expect(result).to.deep.equal({ value: undefined, failures: 2, started: 2 });
  });

  it("ends with its signal", async () => {
    const error = await messageOf(run([() => new Promise(() => undefined)], 5, AbortSignal.timeout(20)));
    expect(error).to.include("timeout");
  });

  it("asks again when something changed", async () => {
    const change = Promise.withResolvers<undefined>();
    let isPossible = false;
    const pending = firstSuccess(
      {
        start: () => (isPossible ? Promise.resolve("now") : undefined),
        patience: () => 60_000,
        changed: async () => change.promise,
      },
      systemClock,
      never,
      [],
    );
    isPossible = true;
    change.resolve(undefined);
    expect(await pending).to.equal("now");
  });
});

describe("withTimeout and untilAborted", () => {
  const still: Clock = { now: () => 0, wait: async (_, signal) => untilAborted(new Promise(() => undefined), signal) };

  it("give what came in time", async () => {
    expect(await withTimeout(still, 1, never, async () => Promise.resolve(7))).to.equal(7);
  });

  it("end what takes too long, and tell it so", async () => {
    let told: AbortSignal | undefined;
    const endless = async (signal: AbortSignal): Promise<void> => {
      told = signal;
      return new Promise(() => undefined);
    };
    expect(await messageOf(withTimeout(systemClock, 5, never, endless))).to.equal("no answer in 5 ms");
    expect(told?.aborted).to.equal(true);
  });

  it("end with the caller's own reason", async () => {
    const reason = AbortSignal.abort(new Error("changed my mind"));
    expect(await messageOf(withTimeout(still, 1, reason, async () => new Promise(() => undefined)))).to.equal(
      "changed my mind",
    );
    expect(await messageOf(untilAborted(Promise.resolve(1), reason))).to.equal("none");
    expect(await messageOf(untilAborted(new Promise(() => undefined), reason))).to.equal("changed my mind");
  });

  it("leave no rejection behind", async () => {
    const late = systemClock.wait(10, never).then(() => {
      throw new Error("late");
    });
    expect(await messageOf(untilAborted(late, AbortSignal.abort(new Error("gone"))))).to.equal("gone");
    await systemClock.wait(30, never);
  });
});

describe("readBody", () => {
  const pieces = (...sizes: number[]): Response =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (const size of sizes) controller.enqueue(new Uint8Array(size).fill(size));
          controller.close();
        },
      }),
    );

  it("joins the pieces and counts them", async () => {
    const counted: number[] = [];
    const body = await readBody(pieces(1, 2, 3), 6, never, (bytes) => counted.push(bytes));
    expect([...body]).to.deep.equal([1, 2, 2, 3, 3, 3]);
    expect(counted).to.deep.equal([1, 2, 3]);
  });

  it("refuses more than the limit", async () => {
    expect(await errorCode(readBody(pieces(1, 2, 4), 6, never))).to.equal("oversized-message");
  });

  it("reads no body as empty", async () => {
    expect(await readBody(new Response(null), 6, never)).to.have.length(0);
  });

  it("ends with its signal, and gives the connection up", async () => {
    let cancelled = false;
    const body = new ReadableStream({
      cancel() {
        cancelled = true;
      },
    });
    expect(await messageOf(readBody(new Response(body), 6, AbortSignal.abort(new Error("gone"))))).to.equal("gone");
    expect(cancelled).to.equal(true);
  });
});

describe("playlistSequence", () => {
  for (const [text, expected] of [
    ["#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:42\n", 42],
    ["#EXTM3U\r\n#EXT-X-MEDIA-SEQUENCE:7\r\n", 7],
    ["#EXTM3U\n", undefined],
    ['<?xml?><MPD type="dynamic" publishTime="2026-01-01T00:00:00Z">', 1_767_225_600_000],
    ['<MPD type="static"><x publishTime="2026-01-01T00:00:00Z">', undefined],
    ['<MPD publishTime="soon">', undefined],
    ["", undefined],
  ] as const) {
    it(`reads ${JSON.stringify(text)} as ${String(expected)}`, () => {
      expect(playlistSequence(text)).to.equal(expected);
    });
  }

  it("takes no longer for a hostile playlist", () => {
    expect(playlistSequence("<MPD ".repeat(200_000))).to.equal(undefined);
    expect(playlistSequence(`<MPD publishTime${" ".repeat(1_000_000)}`)).to.equal(undefined);
  });
});

describe("the options of a viewer", () => {
  const valid: ViewerOptions = {
    deployment: paperDeployment,
    signer: privateKeySigner(testKey(7)),
    publisher: publisher.address,
    name: "test stream",
    manifest: "/video/weir.json",
    relays: ["https://a.example", "https://b.example/"],
    maxPricePerGiB: 1n,
    budget: 1n,
  };

  for (const [what, change] of [
    ["no relay", { relays: [] }],
    ["a relay that is no URL", { relays: ["a.example"] }],
    ["a relay with a path", { relays: ["https://a.example/x"] }],
    ["a relay with a password", { relays: ["https://user:secret@a.example"] }],
    ["plain HTTP", { relays: ["http://a.example"] }],
    ["plain HTTP to a host that only looks like loopback", { relays: ["http://127.0.0.1.example"] }],
    ["another scheme", { relays: ["ftp://localhost"] }],
    ["a directory for a manifest", { manifest: "/video/" }],
    ["no manifest", { manifest: "" }],
    ["a manifest that is no URL", { manifest: "https://" }],
    ["a publisher that is no address", { publisher: "0x12" as const }],
    ["a negative budget", { budget: -1n }],
    ["a price that is too large for a channel", { maxPricePerGiB: 1n << 96n }],
  ] as const) {
    it(`may not hold ${what}`, async () => {
      expect(await errorCode(() => readOptions({ ...valid, ...change }))).to.equal("malformed-message");
    });
  }

  it("may name loopback over plain HTTP", () => {
    const relays = ["http://localhost:1", "http://127.0.0.1:2", "http://[::1]:3"];
    expect(readOptions({ ...valid, relays }).relays).to.deep.equal(relays);
  });

  it("list a relay once", () => {
    expect(readOptions({ ...valid, relays: ["https://a.example", "https://a.example/"] }).relays).to.have.length(1);
  });

  it("resolve a player's URLs on the publisher's site, on any relay, and relative to the manifest", () => {
    const config = readOptions({ ...valid, manifest: "https://publisher.example/video/weir.json" });
    for (const reference of [
      "v0/1.ts",
      "/video/v0/1.ts",
      "https://publisher.example/video/v0/1.ts",
      "https://a.example/video/v0/1.ts?token=x",
      "https://b.example/video/v0/1.ts#t=1",
    ]) {
      expect(resolveReference(config, reference)).to.equal("v0/1.ts");
    }
  });

  it("resolve nothing outside the stream", async () => {
    const config = readOptions(valid);
    for (const reference of ["https://c.example/video/1.ts", "/other/1.ts", "../1.ts", "blob:https://a.example/1"]) {
      expect(await errorCode(() => resolveReference(config, reference))).to.equal("path-not-canonical");
    }
  });
});
