import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { cacheChecks } from "../../sdk/cli/doctor/cacheChecks.ts";
import { loadConfig } from "../../sdk/cli/loadConfig.ts";
import type { Config } from "../../sdk/cli/loadConfig.ts";
import { hidesClients, relayTraffic } from "../../sdk/cli/relayTraffic.ts";

const STREAM = `[[relay.streams]]\npath = "/film/"\npublisher = "0x00000000000000000000000000000000000000aa"\n`;

describe("the traffic of a relay, by its settings", () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "weir-traffic-"));
  });
  afterEach(() => {
    rmSync(cwd, { recursive: true });
  });

  const load = (toml: string): Config => {
    writeFileSync(join(cwd, "weir.toml"), toml);
    return loadConfig({ cwd, env: {}, flags: {} });
  };
  const verdicts = (toml: string): string[] => cacheChecks(load(toml)).map(({ verdict }) => verdict);

  it("is limited by default, and cached in memory", () => {
    expect(relayTraffic(load(""))).to.deep.equal({
      server: { maxConnections: 20_000, connectionsPerAddress: 512, trustedProxies: [] },
      limits: { cacheBytes: 2 ** 29, sessionsPerAddress: 512, sessionsPerMinute: 120, receiptsPerSecond: 100 },
      cache: undefined,
    });
    const { cache } = relayTraffic(load('[relay]\ncacheFolder = "segments"\ncacheSize = "1 GiB"\n'));
    expect(cache).to.deep.equal({ folder: join(cwd, "segments"), maxBytes: 2 ** 30 });
  });

  it("comes from nobody in particular behind a proxy that is not named", () => {
    const plain = relayTraffic(load(""));
    const named = relayTraffic(load('[relay]\ntrustedProxies = ["loopback"]\n'));
    expect(hidesClients(plain, "127.0.0.1", "https://relay.example")).to.equal(true);
    expect(hidesClients(plain, undefined, "https://relay.example")).to.equal(true);
    expect(hidesClients(named, "127.0.0.1", "https://relay.example")).to.equal(false);
    expect(hidesClients(plain, "192.0.2.1", "https://relay.example")).to.equal(false);
    expect(hidesClients(plain, "::1", "http://[::1]:8402")).to.equal(false);
    expect(hidesClients(plain, "127.0.0.1", undefined)).to.equal(false);
  });

  it("is looked at by the doctor where streams come from afar", () => {
    const remote = `${STREAM}source = "https://origin.example/film/"\n`;
    const local = `${STREAM}source = "film"\n`;
    expect(verdicts(local)).to.deep.equal([]);
    expect(verdicts(remote)).to.deep.equal(["warn"]);
    expect(verdicts(`[relay]\ncacheFolder = "cache"\ncacheSize = "16 MiB"\n${remote}`)).to.deep.equal(["ok"]);
    expect(statSync(join(cwd, "cache")).mode & 0o077).to.equal(0);
    expect(verdicts(`[relay]\ncacheFolder = "cache"\ncacheSize = "4096 TiB"\n${remote}`)).to.deep.equal(["warn"]);
    expect(verdicts(`[relay]\ncacheFolder = "weir.toml/cache"\n${remote}`)).to.deep.equal(["fail"]);
  });
});
