import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseEther } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { openAccount, readEarnings } from "../../sdk/chain/index.ts";
import { privateKeySigner } from "../../sdk/core/index.ts";
import type { Address } from "../../sdk/core/index.ts";
import { publishFolder } from "../../sdk/publisher/node/index.ts";
import { createViewer } from "../../sdk/viewer/index.ts";
import { startLocalDeployment } from "../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../scripts/local/localDeployment.ts";
import { startBalancer } from "../helpers/balancer.ts";
import type { Balancer } from "../helpers/balancer.ts";
import { eventually } from "../helpers/eventually.ts";
import { freePort } from "../helpers/freePort.ts";
import { startPostgres } from "../helpers/postgresServer.ts";
import type { PostgresServer } from "../helpers/postgresServer.ts";
import { runWeir, startWeir, weirJson } from "../helpers/weirCommand.ts";
import type { CommandEnd, RunningCommand } from "../helpers/weirCommand.ts";

const TESTCARD = join(import.meta.dirname, "../media/testcard");
const PASSWORD = "an-open-sesame-of-42-camels";

interface Status {
  readonly running: boolean;
  readonly processes: readonly { readonly process: string; readonly collects: boolean }[];
  readonly channels: number;
  readonly withdrawable: string;
  readonly gas: { readonly settlements: number };
}

describe("weir relay start, twice, on one PostgreSQL", function () {
  this.timeout(180_000);
  let local: LocalDeployment;
  let server: PostgresServer;
  let balancer: Balancer;
  let cwd: string;
  let agent: Address;
  const publisher = privateKeySigner(generatePrivateKey());
  const relays = new Map<string, RunningCommand>();
  const ends: CommandEnd[] = [];

  before(async () => {
    cwd = mkdtempSync(join(tmpdir(), "weir-postgres-cli-"));
    [local, server, balancer] = await Promise.all([startLocalDeployment(), startPostgres(), startBalancer()]);
    cpSync(TESTCARD, join(cwd, "film"), { recursive: true });
    await publishFolder(join(cwd, "film"), { signer: publisher, name: "film" });
    writeFileSync(join(cwd, "wtt.json"), JSON.stringify(local.deployment));
    const init = [
      ...["relay", "init", "--yes", "--generate-password", "--rpc", local.anvil.url, "--deployment", "wtt.json"],
      ...["--public-url", balancer.url, "--price-per-gib", "100", "--token-per-ether", "1"],
      ...["--stream", "/film/=film", "--publisher", publisher.address],
    ];
    ({ agent } = await weirJson<{ agent: Address }>(init, { cwd }));
    await local.testClient.setBalance({ address: agent, value: parseEther("1") });
    const url = new URL(server.url);
    url.password = PASSWORD;
    writeFileSync(join(cwd, "store.url"), `${url.href}\n`, { mode: 0o600 });
  });
  after(async () => {
    for (const relay of relays.values()) relay.signal("SIGKILL");
    await balancer.stop();
    await local.stop();
    await server.remove();
    rmSync(cwd, { recursive: true });
  });

  const world = (): Parameters<typeof runWeir>[1] => ({ cwd, env: { WEIR_RELAY_STORE_FILE: join(cwd, "store.url") } });
  const run = async (args: readonly string[], status: number): Promise<CommandEnd> => {
    const end = await runWeir(args, world());
    expect(end.status, end.stdout + end.stderr).to.equal(status);
    ends.push(end);
    return end;
  };
  const status = async (expected = 0): Promise<Status> =>
    JSON.parse((await run(["relay", "status", "--json"], expected)).stdout) as Status;
  const start = async (): Promise<void> => {
    const relay = startWeir(["relay", "start", "--json", "--listen", `127.0.0.1:${await freePort()}`], world());
    const { url } = JSON.parse(await relay.firstLine) as { url: string };
    relays.set(url, relay);
    balancer.backends.push(url);
    void relay.ended.then((end) => ends.push(end));
  };
  const watch = async (...files: readonly string[]): Promise<bigint> => {
    const { deployment } = local;
    const signer = privateKeySigner(generatePrivateKey());
    await local.mint(local.wallet(1).account.address, parseEther("2"));
    await openAccount(local.wallet(1), { deployment, signer, amount: parseEther("2") });
    const stream = { publisher: publisher.address, name: "film", manifest: "/film/weir.json", relays: [balancer.url] };
    const budget = parseEther("2");
    const viewer = createViewer({ deployment, signer, ...stream, maxPricePerGiB: parseEther("1000"), budget });
    for (const file of files) await (await viewer.fetch(file)).arrayBuffer();
    return (await viewer.close()).spent;
  };

  it("is checked by the doctor, and a password on the command line is refused", async () => {
    const { stdout } = await run(["relay", "doctor", "--json"], 1);
    const { checks } = JSON.parse(stdout) as { checks: { name: string; verdict: string; found: string }[] };
    const store = checks.find(({ name }) => name === "store");
    // On a busy machine its answers are slow, which is worth a warning.
    expect(store?.verdict, store?.found).to.not.equal("fail");
    expect(store?.found).to.include("PostgreSQL").and.include(new URL(server.url).host);
    const refused = await runWeir(["relay", "status", "--store", server.url.replace("weir@", "weir:word@")], { cwd });
    expect(refused.status).to.equal(2);
    await run(["relay", "status"], 1);
  });

  it("serves through both, settles through one, and through the other when that is killed", async () => {
    await start();
    await start();
    const { processes } = await eventually("both run and one collects", async () => {
      const found = await status();
      const collecting = found.processes.filter(({ collects }) => collects);
      return found.processes.length === 2 && collecting.length === 1 ? found : undefined;
    });
    let spent = await watch("master.m3u8", "240p/segment-0.m4s", "240p/segment-1.m4s");

    const pid = Number(
      processes
        .find(({ collects }) => collects)
        ?.process.split("/")
        .at(-1),
    );
    process.kill(pid, "SIGKILL");
    await eventually("the other collects", async () => {
      const found = await status();
      return found.processes.length === 1 && found.processes[0]?.collects === true ? found : undefined;
    });
    spent += await watch("240p/segment-2.m4s", "240p/segment-3.m4s");
    const { stdout } = await run(["channels", "ls", "--json"], 0);
    expect((JSON.parse(stdout) as { channels: unknown[] }).channels).to.have.length(2);
    await run(["receipts", "verify"], 0);

    for (const relay of relays.values()) relay.signal("SIGTERM");
    await Promise.all([...relays.values()].map(async (relay) => relay.ended));
    const { balance, fees } = await readEarnings(local.publicClient, { deployment: local.deployment, payee: agent });
    expect(balance + fees).to.equal(spent);
    const afterwards = await status(1);
    expect(afterwards).to.deep.include({ running: false, processes: [], channels: 2 });
    expect(parseEther(afterwards.withdrawable)).to.equal(balance);
    expect(afterwards.gas.settlements).to.be.greaterThan(0);
  });

  it("never shows the password", () => {
    const said = ends.map(({ stderr, stdout }) => stdout + stderr);
    expect(said.join("").length).to.be.greaterThan(1_000);
    for (const text of said) expect(text).to.not.include(PASSWORD);
  });
});
