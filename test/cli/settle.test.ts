import { cpSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { formatEther, parseEther } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { getWeirEvents, openAccount, readEarnings } from "../../sdk/chain/index.ts";
import { owed, privateKeySigner } from "../../sdk/core/index.ts";
import type { Address, Hex, SessionSigner } from "../../sdk/core/index.ts";
import { measuredGas } from "../../sdk/exchange/index.ts";
import { publishFolder } from "../../sdk/publisher/node/index.ts";
import { createViewer } from "../../sdk/viewer/index.ts";
import { startLocalDeployment } from "../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../scripts/local/localDeployment.ts";
import { freePort } from "../helpers/freePort.ts";
import { runWeir, startWeir, weirJson } from "../helpers/weirCommand.ts";
import type { RunningCommand } from "../helpers/weirCommand.ts";

const TESTCARD = join(import.meta.dirname, "../media/testcard");
const SEGMENT = "240p/segment-0.m4s";

interface Plan {
  readonly value: string;
  readonly rows: readonly { readonly channel: Hex; readonly value: string; readonly why: string; byItself: string }[];
}

interface Done {
  readonly collections: readonly { readonly hash: Hex; readonly value: string; readonly closes: number }[];
  readonly pending: readonly unknown[];
}

describe("settling from the command line, on a real node", function () {
  this.timeout(120_000);
  let local: LocalDeployment;
  let cwd: string;
  let agent: Address;
  let port: number;
  let relay: RunningCommand;
  /** What one segment costs. */
  let value: bigint;
  const publisher: SessionSigner = privateKeySigner(generatePrivateKey());

  before(async () => {
    cwd = mkdtempSync(join(tmpdir(), "weir-settle-cli-"));
    local = await startLocalDeployment({ feeBps: 0 });
    cpSync(TESTCARD, join(cwd, "film"), { recursive: true });
    await publishFolder(join(cwd, "film"), { signer: publisher, name: "film" });
    writeFileSync(join(cwd, "wtt.json"), JSON.stringify(local.deployment));
    port = await freePort();
    value = owed(BigInt(statSync(join(cwd, "film", SEGMENT)).size), parseEther("100"));
    // A segment pays for a transaction of its own, but not five times: the relay waits for more.
    const gas = measuredGas.transactionGas + measuredGas.settleGas + measuredGas.fundGas;
    const cost = gas * (await local.publicClient.getGasPrice());
    const made = await weirJson<{ agent: Address }>(
      [
        ...["relay", "init", "--yes", "--generate-password", "--rpc", local.anvil.url, "--deployment", "wtt.json"],
        ...["--public-url", `http://127.0.0.1:${port}`, "--listen", `127.0.0.1:${port}`, "--price-per-gib", "100"],
        ...["--token-per-ether", formatEther((value * 8n * parseEther("1")) / (10n * cost))],
        ...["--stream", "/film/=film", "--publisher", publisher.address],
      ],
      { cwd },
    );
    agent = made.agent;
    await local.testClient.setBalance({ address: agent, value: parseEther("1") });
    relay = startWeir(["relay", "start", "--json"], { cwd });
    await relay.firstLine;
  });
  after(async () => {
    relay.signal("SIGKILL");
    await local.stop();
    rmSync(cwd, { recursive: true });
  });

  const watch = async (): Promise<void> => {
    const { deployment } = local;
    const signer = privateKeySigner(generatePrivateKey());
    await local.mint(local.wallet(1).account.address, parseEther("2"));
    await openAccount(local.wallet(1), { deployment, signer, amount: parseEther("2") });
    const stream = { publisher: publisher.address, name: "film", manifest: "/film/weir.json" };
    const relays = [`http://127.0.0.1:${port}`];
    const prices = { maxPricePerGiB: parseEther("1000"), budget: parseEther("2") };
    const viewer = createViewer({ deployment, signer, ...stream, relays, ...prices });
    await (await viewer.fetch(SEGMENT)).arrayBuffer();
    expect((await viewer.close()).spent).to.equal(value);
  };
  const earned = async (): Promise<bigint> =>
    (await readEarnings(local.publicClient, { deployment: local.deployment, payee: agent })).balance;

  it("shows channel by channel what it would settle, and what the relay would do by itself", async () => {
    await watch();
    const plan = await weirJson<Plan>(["settle", "--dry-run"], { cwd });
    expect(parseEther(plan.value)).to.equal(value);
    expect(plan.rows.map(({ why, byItself }) => [why, byItself])).to.deep.equal([["order", "waits"]]);
    expect(await earned()).to.equal(0n);
  });

  it("is done by the relay that runs", async () => {
    const { collections, pending } = await weirJson<Done>(["settle"], { cwd });
    expect(collections.map((each) => parseEther(each.value))).to.deep.equal([value]);
    expect(pending).to.deep.equal([]);
    expect(await earned()).to.equal(value);
    const receipt = await local.publicClient.getTransactionReceipt({ hash: collections[0]!.hash });
    expect(receipt.from).to.equal(agent.toLowerCase());
  });

  it("is done by the command itself while no relay runs, and so is closing a channel", async () => {
    await watch();
    relay.signal("SIGTERM");
    const { status, stderr } = await relay.ended;
    expect(status, stderr).to.equal(0);
    expect(await earned()).to.equal(value);
    const dear = await runWeir(["settle", "--max-gas-price", "0.000001", "--wait-seconds", "1"], { cwd });
    expect(dear.status, dear.stderr).to.equal(1);
    expect(dear.stderr).to.include("taken back");

    const [row] = (await weirJson<Plan>(["settle", "--dry-run"], { cwd })).rows;
    const { collections } = await weirJson<Done>(["channels", "close", row!.channel], { cwd });
    expect(collections.map((each) => [parseEther(each.value), each.closes])).to.deep.equal([[value, 1]]);
    expect(await earned()).to.equal(2n * value);
    const { deployment, publicClient } = local;
    const closed = await getWeirEvents(publicClient, { deployment, eventNames: ["Closed"] });
    expect(closed.map(({ args }) => args.channelId)).to.deep.equal([row!.channel]);
    const again = await weirJson<{ closed: boolean }>(["channels", "close", row!.channel], { cwd });
    expect(again.closed).to.equal(true);
  });
});
