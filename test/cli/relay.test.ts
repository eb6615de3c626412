import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseEther } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { publishFolder } from "../../sdk/publisher/node/index.ts";
import { openAccount, readEarnings } from "../../sdk/chain/index.ts";
import { openFilesCheck } from "../../sdk/cli/doctor/machineChecks.ts";
import { privateKeySigner } from "../../sdk/core/index.ts";
import type { Address, SessionSigner } from "../../sdk/core/index.ts";
import { createViewer } from "../../sdk/viewer/index.ts";
import { startLocalDeployment } from "../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../scripts/local/localDeployment.ts";
import { freePort } from "../helpers/freePort.ts";
import { runWeir, startWeir, weirJson } from "../helpers/weirCommand.ts";
import type { RunningCommand } from "../helpers/weirCommand.ts";

const TESTCARD = join(import.meta.dirname, "../media/testcard");

interface Doctor {
  readonly failed: number;
  readonly checks: readonly { readonly name: string; readonly verdict: string; readonly found: string }[];
}

describe("a relay on the command line, on a real node", function () {
  this.timeout(120_000);
  let local: LocalDeployment;
  let cwd: string;
  let agent: Address;
  let port: number;
  const publisher: SessionSigner = privateKeySigner(generatePrivateKey());

  const start = async (...more: string[]): Promise<RunningCommand> => {
    const relay = startWeir(["relay", "start", "--json", ...more], { cwd });
    expect(JSON.parse(await relay.firstLine)).to.include({ event: "started", payee: agent });
    return relay;
  };
  const stop = async (relay: RunningCommand): Promise<Record<string, unknown>> => {
    relay.signal("SIGTERM");
    const { status, stderr, stdout } = await relay.ended;
    expect(status, stderr).to.equal(0);
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
  };
  /** Watches a part of the stream and pays for it. Resolves to what it cost. */
  const watch = async (files: readonly string[]): Promise<bigint> => {
    const { deployment } = local;
    const signer = privateKeySigner(generatePrivateKey());
    await local.mint(local.wallet(1).account.address, parseEther("2"));
    await openAccount(local.wallet(1), { deployment, signer, amount: parseEther("2") });
    const relays = [`http://127.0.0.1:${port}`];
    const stream = { publisher: publisher.address, name: "film", manifest: "/film/weir.json", relays };
    const budget = parseEther("2");
    const viewer = createViewer({ deployment, signer, ...stream, maxPricePerGiB: parseEther("1000"), budget });
    for (const file of files) await (await viewer.fetch(file)).arrayBuffer();
    return (await viewer.close()).spent;
  };

  before(async () => {
    cwd = mkdtempSync(join(tmpdir(), "weir-relay-cli-"));
    local = await startLocalDeployment();
    cpSync(TESTCARD, join(cwd, "film"), { recursive: true });
    await publishFolder(join(cwd, "film"), { signer: publisher, name: "film" });
    writeFileSync(join(cwd, "wtt.json"), JSON.stringify(local.deployment));
    port = await freePort();
  });
  after(async () => {
    await local.stop();
    rmSync(cwd, { recursive: true });
  });

  it("is set up by one command, which writes explained settings and a key that only its owner can read", async () => {
    const args = [
      ...["relay", "init", "--yes", "--generate-password", "--rpc", local.anvil.url, "--deployment", "wtt.json"],
      ...["--public-url", `http://127.0.0.1:${port}`, "--listen", `127.0.0.1:${port}`, "--price-per-gib", "100"],
      ...["--token-per-ether", "1", "--stream", "/film/=film", "--publisher", publisher.address],
    ];
    const made = await weirJson<{ agent: Address }>(args, { cwd });
    agent = made.agent;
    for (const file of ["keys/agent.json", "keys/agent.password"]) {
      expect(statSync(join(cwd, file)).mode & 0o777, file).to.equal(0o600);
    }
    const toml = readFileSync(join(cwd, "weir.toml"), "utf8");
    expect(toml).to.include('deployment = "wtt.json"').and.include('source = "film"').and.include("# price of a GiB");
    expect(toml).to.not.include(readFileSync(join(cwd, "keys/agent.password"), "utf8").trim());
    const again = await runWeir(args, { cwd });
    expect(again.status).to.equal(3);
    expect(readFileSync(join(cwd, "weir.toml"), "utf8")).to.equal(toml);
  });

  it("is examined before it has gas, and the doctor says what is missing: exit code 1", async () => {
    const { checks } = await weirJson<Doctor>(["relay", "doctor"], { cwd }, 1);
    const verdicts = Object.fromEntries(checks.map(({ name, verdict }) => [name.split(" ")[0] ?? "", verdict]));
    expect(verdicts).to.deep.equal({
      ...{ rpc: "ok", contracts: "ok", clock: "ok", gas: "fail", agent: "ok", payout: "warn", registry: "warn" },
      ...{ disk: "ok", keystore: "ok", password: "ok", stream: "ok", tls: "warn", reach: "warn" },
      ...{ open: openFilesCheck().verdict, listen: "ok" },
    });
  });

  it("serves, is well by the doctor, is paid, and settles what pays when it is told to stop", async () => {
    await local.testClient.setBalance({ address: agent, value: parseEther("1") });
    const relay = await start();
    const { checks, failed } = await weirJson<Doctor>(["relay", "doctor"], { cwd });
    expect(failed).to.equal(0);
    const reached = checks.filter(({ name }) => /^(?:reach|cors|identity)$/.test(name)).map(({ verdict }) => verdict);
    expect(reached).to.deep.equal(["ok", "ok", "ok"]);

    const spent = await watch(["master.m3u8", "240p/segment-0.m4s", "240p/segment-1.m4s"]);
    expect(await stop(relay)).to.include({ event: "stopped", signal: "SIGTERM", unsettled: "0", transactions: 0 });
    const { balance, fees } = await readEarnings(local.publicClient, { deployment: local.deployment, payee: agent });
    expect(balance + fees).to.equal(spent);
    const { earnings } = await weirJson<{ earnings: string }>(["earnings", "show", "--operator", agent], { cwd });
    expect(parseEther(earnings)).to.equal(balance);
  });

  it("keeps what does not pay, says so, and ends with 0", async () => {
    const before = await readEarnings(local.publicClient, { deployment: local.deployment, payee: agent });
    const relay = await start("--token-per-ether", "1000000000000");
    const spent = await watch(["240p/segment-2.m4s"]);
    const stopped = await stop(relay);
    expect(parseEther(String(stopped["unsettled"]))).to.equal(spent);
    expect(stopped["reason"]).to.include("settling costs about");
    const after = await readEarnings(local.publicClient, { deployment: local.deployment, payee: agent });
    expect(after).to.deep.equal(before);
  });

  it("settles at its next start what it kept, if that pays by then", async () => {
    const relay = await start();
    expect(await stop(relay)).to.include({ unsettled: "0" });
  });

  it("does not start with what cannot work, and says what to do", async () => {
    const busy = await runWeir(["relay", "start", "--public-url", "http://relay.example"], { cwd });
    expect(busy.status).to.equal(3);
    expect(busy.stderr).to.include("loopback only");
    const env = { WEIR_OPERATOR_ADDRESS: `0x${"ab".repeat(20)}` };
    const stranger = await runWeir(["relay", "start"], { cwd, env });
    expect(stranger.status).to.equal(3);
    expect(stranger.stderr).to.include("[wrong-signer]");
    const unreachable = await runWeir(["relay", "start", "--rpc", "http://127.0.0.1:9"], { cwd });
    expect(unreachable.status).to.equal(4);
    writeFileSync(join(cwd, "film/weir.json"), "{}");
    const { checks } = await weirJson<Doctor>(["relay", "doctor"], { cwd }, 1);
    expect(checks.find(({ name }) => name === "stream /film/")?.verdict).to.equal("fail");
  });
});
