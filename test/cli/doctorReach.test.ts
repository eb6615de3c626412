import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { addressKind } from "../../sdk/cli/doctor/addressKind.ts";
import { certificateFileChecks } from "../../sdk/cli/doctor/certificateChecks.ts";
import { listenCheck, openFilesCheck } from "../../sdk/cli/doctor/machineChecks.ts";
import type { Check } from "../../sdk/cli/doctor/check.ts";
import { reachChecks } from "../../sdk/cli/doctor/reachCheck.ts";
import type { ReachOptions } from "../../sdk/cli/doctor/reachCheck.ts";
import { createRelay, sqliteStore } from "../../sdk/relay/index.ts";
import type { Relay } from "../../sdk/relay/index.ts";
import { listen } from "../../sdk/servers/index.ts";
import type { RelayServer } from "../../sdk/servers/index.ts";
import { certificateAuthority, testCertificate } from "../helpers/certificate.ts";
import { paperChain, paperDeployment, payee, payeeKey, publisher, testStream } from "../helpers/relayFixture.ts";
import { weirJson } from "../helpers/weirCommand.ts";

/** The verdicts by name of check. */
function verdicts(checks: readonly Check[]): Record<string, string> {
  return Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]));
}

describe("the doctor's look at whether viewers reach a relay", function () {
  this.timeout(60_000);
  const authority = certificateAuthority();
  const started: { readonly relay: Relay; readonly server: RelayServer }[] = [];
  let folder: string;
  let files: { readonly certificate: string; readonly key: string };

  /** Starts a relay that believes that it is at `publicUrl`, or at its own port. */
  const start = async (publicUrl?: string, isSecure = false): Promise<RelayServer> => {
    const server = await listen(isSecure ? { tls: files } : {});
    const relay = createRelay({
      ...{ deployment: paperDeployment, payee, agent: payeeKey, pricePerGiB: 10n ** 16n, gracePeriod: 86_400 },
      publicUrl: publicUrl ?? server.url,
      streams: [{ path: "/video/", source: await testStream(1, 1_000), publisher: publisher.address }],
      store: sqliteStore(join(folder, `${String(started.length)}.db`)),
      chain: paperChain(),
    });
    await relay.start();
    server.serve(relay.fetch);
    started.push({ relay, server });
    return server;
  };
  const about = ({ url }: RelayServer): ReachOptions => {
    const { hostname, port, protocol } = new URL(url);
    const local = { hostname, port: Number(port), isSecure: protocol === "https:" };
    return { payee, local, streams: [{ path: "/video/", source: "video", publisher: publisher.address }] };
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "weir-doctor-"));
    files = { certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") };
    const { cert, key } = testCertificate({ names: ["localhost", "127.0.0.1"], issuer: authority });
    writeFileSync(files.certificate, cert);
    writeFileSync(files.key, key, { mode: 0o600 });
    writeFileSync(join(folder, "authority.pem"), authority.cert);
  });
  after(async () => {
    for (const { relay, server } of started) {
      await server.stop();
      await relay.stop();
    }
    rmSync(folder, { recursive: true });
  });

  it("knows the very relay of the settings from another with the same terms", async () => {
    const relay = await start();
    expect(verdicts(await reachChecks(relay.url, about(relay)))).to.deep.equal({
      ...{ tls: "warn", reach: "ok", cors: "ok", identity: "ok" },
    });
    const twin = await start();
    expect(verdicts(await reachChecks(relay.url, about(twin)))).to.include({ reach: "ok", identity: "fail" });
    const nowhere = { ...about(relay), local: { hostname: "127.0.0.1", port: 9, isSecure: false } };
    expect(verdicts(await reachChecks(relay.url, nowhere))).to.include({ reach: "ok", identity: "warn" });
    const stranger = { ...about(relay), payee: `0x${"ab".repeat(20)}` as const };
    expect(verdicts(await reachChecks(relay.url, stranger))).to.include({ reach: "fail" });
  });

  it("names what the relay takes for its public URL, if that changed", async () => {
    const moved = await start("https://old.example");
    const found = (await reachChecks(moved.url, about(moved))).find(({ name }) => name === "reach");
    expect(found?.verdict).to.equal("fail");
    expect(found?.found).to.include("https://old.example");
  });

  it("says that nothing listens there, or that the name leads nowhere", async () => {
    const gone = await listen();
    await gone.stop();
    const [, refused] = await reachChecks(gone.url);
    expect(refused).to.include({ name: "reach", verdict: "warn" });
    const [absent] = await reachChecks("https://relay.invalid");
    expect(absent).to.include({ name: "address", verdict: "fail" });
  });

  it("looks from outside without settings, trusting who the system trusts", async () => {
    const server = await start("https://localhost:1", true);
    const url = server.url.replace("127.0.0.1", "localhost");
    const strange = await weirJson<{ readonly checks: Check[] }>(
      ["relay", "doctor", "--reach", url],
      { cwd: folder },
      1,
    );
    expect(verdicts(strange.checks)).to.include({ tls: "fail" });
    const env = { NODE_EXTRA_CA_CERTS: join(folder, "authority.pem") };
    const known = await weirJson<{ readonly checks: Check[] }>(
      ["relay", "doctor", "--reach", url],
      { cwd: folder, env },
      1,
    );
    // The name leads to loopback, and the relay says that it is at another port.
    expect(verdicts(known.checks)).to.include({ address: "fail", ipv4: "ok", tls: "ok", reach: "fail" });
  });

  it("looks at the certificate before the relay shows it", () => {
    const named = (certificate: string, key: string, url = "https://localhost"): Check[] =>
      certificateFileChecks({ certificate, key }, url);
    const good = named(files.certificate, files.key);
    expect(verdicts(good)).to.deep.equal({ certificate: "ok", "tls key": "ok" });
    expect(good[0]?.found).to.match(/valid until \d{4}-\d{2}-\d{2}, 89 days|90 days/);
    expect(verdicts(named(files.certificate, files.key, "https://127.0.0.1"))).to.include({ certificate: "ok" });
    expect(verdicts(named(files.certificate, files.key, "https://relay.example"))).to.include({ certificate: "fail" });
    for (const [days, verdict] of [
      [3, "warn"],
      [-1, "fail"],
    ] as const) {
      const { cert, key } = testCertificate({ days });
      const [certificate, keyFile] = [join(folder, "late.pem"), join(folder, "late.key")];
      writeFileSync(certificate, cert);
      writeFileSync(keyFile, key, { mode: 0o644 });
      expect(verdicts(named(certificate, keyFile))).to.deep.equal({ certificate: verdict, "tls key": "warn" });
    }
    expect(verdicts(named(files.key, files.certificate))).to.deep.equal({ certificate: "fail" });
  });

  it("knows where an address can be reached from", () => {
    const kinds = {
      "203.0.113.7": "public",
      "2001:db8::7": "public",
      "10.1.2.3": "private",
      "172.31.255.255": "private",
      "172.32.0.0": "public",
      "192.168.0.1": "private",
      "100.64.0.1": "shared",
      "100.127.255.255": "shared",
      "100.128.0.0": "public",
      "127.8.9.1": "loopback",
      "::1": "loopback",
      "fd00::1": "private",
      "fe80::1": "private",
      "::ffff:192.168.1.1": "private",
    } as const;
    for (const [ip, kind] of Object.entries(kinds)) expect(addressKind(ip), ip).to.equal(kind);
  });

  it("wants plain HTTP on loopback alone, and as many open files as viewers need", () => {
    const where = ["127.0.0.1", "localhost", "::1", "0.0.0.0", "::", "192.168.1.2", "relay"];
    expect(where.map((host) => listenCheck(host, false).verdict)).to.deep.equal([
      ...["ok", "ok", "ok", "warn", "warn", "warn", "warn"],
    ]);
    expect(listenCheck("0.0.0.0", true).verdict).to.equal("ok");
    const limits = [256, 1_024, 16_384, undefined];
    expect(limits.map((limit) => openFilesCheck(limit).verdict)).to.deep.equal(["fail", "warn", "ok", "ok"]);
  });
});
