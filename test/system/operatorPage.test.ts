import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { enlistOperator } from "../../scripts/demo/operators.ts";
import { startLocalDeployment } from "../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../scripts/local/localDeployment.ts";
import type { EarningsDocument } from "../../sdk/admin/apiDocuments.ts";
import { openAccount, readEarnings } from "../../sdk/chain/index.ts";
import { encryptKeystore } from "../../sdk/cli/keystore.ts";
import { formatAmount, privateKeySigner } from "../../sdk/core/index.ts";
import { publishFolder } from "../../sdk/publisher/node/index.ts";
import { createViewer } from "../../sdk/viewer/index.ts";
import { sentCredential } from "../helpers/sentCredential.ts";
import { eventually } from "../helpers/eventually.ts";
import { freePort } from "../helpers/freePort.ts";
import { parseScrape } from "../helpers/parseScrape.ts";
import { startPostgres } from "../helpers/postgresServer.ts";
import type { PostgresServer } from "../helpers/postgresServer.ts";
import { startWeir } from "../helpers/weirCommand.ts";
import type { RunningCommand } from "../helpers/weirCommand.ts";

const TESTCARD = join(import.meta.dirname, "../media/testcard");
const SCREENSHOTS = join(import.meta.dirname, "../../screenshots");
const ARGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync"],
];
const PASSWORD = "correct-horse-battery-staple";
const ADMIN_TOKEN = "5ecret0adm1n0token0of0a0whole0run";
const RPC_KEY = "rpc0key0that0nobody0may0see";
const STORE_PASSWORD = "hunter2hunter2";
const CHARTS = ["earnings-chart", "traffic-chart", "exposure-chart", "gas-chart"];

describe("the operator's page, in a browser, of a relay that is paid", function () {
  this.timeout(180_000);
  const agentKey = generatePrivateKey();
  const operator = privateKeyToAccount(generatePrivateKey());
  const publisher = privateKeySigner(generatePrivateKey());
  const secrets = new Set<string>([agentKey.slice(2), PASSWORD, ADMIN_TOKEN, RPC_KEY, STORE_PASSWORD]);
  const complaints: string[] = [];
  let cwd: string;
  let local: LocalDeployment;
  let postgres: PostgresServer;
  let relay: RunningCommand;
  let browser: Browser;
  let page: Page;
  let publicUrl: string;
  let adminUrl: string;

  /** Watches some segments with a new key, notes the tokens that it was given, and pays. */
  const watch = async (files: readonly string[]): Promise<void> => {
    const { deployment } = local;
    const signer = privateKeySigner(generatePrivateKey());
    await local.mint(local.wallet(1).account.address, parseEther("2"));
    await openAccount(local.wallet(1), { deployment, signer, amount: parseEther("2") });
    const viewer = createViewer({
      ...{ deployment, signer, publisher: publisher.address, name: "film", manifest: "/film/weir.json" },
      ...{ relays: [publicUrl], maxPricePerGiB: parseEther("1000"), budget: parseEther("2") },
      async fetch(url, init) {
        const response = await fetch(url, init);
        for (const [, token] of (await response.clone().text()).matchAll(/"token":"([^"]+)"/g))
          secrets.add(token ?? "");
        const credential = sentCredential(init);
        if (credential !== undefined) secrets.add(credential.replace(/^Payment /, ""));
        return response;
      },
    });
    for (const file of files) await (await viewer.fetch(file)).arrayBuffer();
    await viewer.close();
  };

  const openPage = async (colorScheme: "light" | "dark", width: number): Promise<Page> => {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
    const opened = await context.newPage();
    // A violation of the content security policy is an error on the console too.
    opened.on("console", (message) => {
      // Reading pixels, as below, is this test's own doing.
      const isOurs = message.text().includes("willReadFrequently");
      if (["error", "warning"].includes(message.type()) && !isOurs) complaints.push(message.text());
    });
    opened.on("pageerror", (error) => complaints.push(error.message));
    await opened.goto(`${adminUrl}/`);
    await opened.fill("#token", ADMIN_TOKEN);
    await opened.click("button[type=submit]");
    await opened.waitForSelector("main[aria-busy=false]");
    return opened;
  };

  /** How many colours each chart is drawn in. */
  const coloursOf = async (of: Page): Promise<Record<string, number>> =>
    of.evaluate((ids) => {
      const count = (id: string): [string, number] => {
        const canvas = document.querySelector<HTMLCanvasElement>(`#${id} canvas`);
        const pixels = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        const found = new Set<string>();
        for (let i = 0; i < pixels.length; i += 4) {
          if ((pixels[i + 3] ?? 0) === 255) found.add([pixels[i], pixels[i + 1], pixels[i + 2]].join());
        }
        return [id, found.size];
      };
      return Object.fromEntries(ids.map(count));
    }, CHARTS);

  const exact = async (id: string): Promise<string | null> => page.getAttribute(`#${id} [data-exact]`, "data-exact");

  before(async () => {
    cwd = mkdtempSync(join(tmpdir(), "weir-operator-page-"));
    mkdirSync(SCREENSHOTS, { recursive: true });
    [local, postgres, browser] = await Promise.all([
      startLocalDeployment(),
      startPostgres(),
      chromium.launch({ executablePath: "/usr/bin/chromium", args: ARGS }),
    ]);
    const agent = privateKeyToAccount(agentKey);
    for (const { address } of [operator, agent]) {
      await local.testClient.setBalance({ address, value: parseEther("1") });
    }
    const [port, adminPort] = [await freePort(), await freePort()];
    publicUrl = `http://127.0.0.1:${port}`;
    adminUrl = `http://127.0.0.1:${adminPort}`;
    const task = { name: "eu", pricePerGiB: parseEther("100"), endpoint: publicUrl, commissionBps: 500 };
    await enlistOperator(local, { operator, agent, agentKey }, { ...task, stake: parseEther("1000") });
    cpSync(TESTCARD, join(cwd, "film"), { recursive: true });
    await publishFolder(join(cwd, "film"), { signer: publisher, name: "film" });
    writeFileSync(join(cwd, "wtt.json"), JSON.stringify(local.deployment));
    writeFileSync(join(cwd, "agent.json"), encryptKeystore(agentKey, PASSWORD, 1_024), { mode: 0o600 });
    writeFileSync(join(cwd, "admin.token"), `${ADMIN_TOKEN}\n`, { mode: 0o600 });
    writeFileSync(
      join(cwd, "weir.toml"),
      [
        `[chain]\nrpc = ["${local.anvil.url}/?key=${RPC_KEY}"]\ndeployment = "wtt.json"`,
        `[agent]\nkeystore = "agent.json"\n[operator]\naddress = "${operator.address}"`,
        `[relay]\npublicUrl = "${publicUrl}"\nlisten = "127.0.0.1:${port}"`,
        `pricePerGiB = "100"\ntokenPerEther = "0.01"\nadmin = "127.0.0.1:${adminPort}"\nadminTokenFile = "admin.token"`,
        `[[relay.streams]]\npath = "/film/"\nsource = "film"\npublisher = "${publisher.address}"\n`,
      ].join("\n"),
    );
    const env = {
      WEIR_AGENT_PASSWORD: PASSWORD,
      WEIR_RELAY_STORE: postgres.url.replace("weir@", `weir:${STORE_PASSWORD}@`),
    };
    relay = startWeir(["relay", "start", "--json", "--log-level", "debug"], { cwd, env });
    await relay.firstLine;
  });
  after(async () => {
    relay.signal("SIGKILL");
    await relay.ended;
    await Promise.all([browser.close(), local.stop(), postgres.remove()]);
    rmSync(cwd, { recursive: true });
  });

  it("asks for the token, and shows what the chain says to the base unit once it is settled", async () => {
    await watch(["master.m3u8", "240p/segment-0.m4s", "240p/segment-1.m4s", "360p/segment-0.m4s"]);
    await watch(["240p/segment-2.m4s"]);
    const { deployment, publicClient } = local;
    const settled = await eventually("both are settled and final", async () => {
      // What a reorganisation could take back is not in the history yet.
      await local.testClient.mine({ blocks: 70 });
      const response = await fetch(`${adminUrl}/api/earnings`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
      const { total } = (await response.json()) as EarningsDocument;
      const { balance, fees } = await readEarnings(publicClient, { deployment, payee: operator.address });
      const onChain = formatAmount(balance + fees, deployment.token.decimals);
      return balance > 0n && total.value === onChain && total.settles >= 2 ? { balance, value: onChain } : undefined;
    });
    page = await openPage("light", 1_280);
    expect(await exact("settled")).to.equal(settled.value);
    expect(await exact("withdrawable")).to.equal(formatAmount(settled.balance, 18));
    expect(await exact("unsettled")).to.equal("0");
    expect(await page.textContent("#state")).to.equal("Ready");
    expect(await page.textContent("#stake-facts"))
      .to.include("active")
      .and.include("1,000");
    expect(await page.locator("#settlements-table tbody tr").count()).to.be.greaterThan(0);
    expect(await page.locator("#channels-table tbody tr").count()).to.equal(2);
    const values = await page
      .locator("#channels-table tbody td:nth-child(6) [data-exact]")
      .evaluateAll((cells) => cells.map((cell) => cell.getAttribute("data-exact") ?? ""));
    const sum = values.reduce((all, value) => all + parseEther(value), 0n);
    expect(formatAmount(sum, 18), "settled, channel by channel").to.equal(settled.value);
  });

  it("draws its charts, in light and in dark, with a text for who does not see them", async () => {
    const light = await eventually("all charts are drawn", async () => {
      const colours = await coloursOf(page);
      return Object.values(colours).every((count) => count >= 3) ? colours : undefined;
    });
    expect(Object.keys(light)).to.deep.equal(CHARTS);
    const background = async (of: Page): Promise<string> =>
      of.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const lightGround = await background(page);
    for (const id of CHARTS) expect(await page.getAttribute(`#${id}`, "aria-label"), id).to.match(/[0-9]/);
    await page.screenshot({ path: join(SCREENSHOTS, "operator-light.png"), fullPage: true });
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await eventually("all charts are drawn in dark", async () => {
      const colours = await coloursOf(page);
      return Object.values(colours).every((count) => count >= 3) ? await background(page) : undefined;
    });
    expect(dark).to.not.equal(lightGround);
    await page.screenshot({ path: join(SCREENSHOTS, "operator-dark.png"), fullPage: true });
    await page.emulateMedia({ colorScheme: "light" });
  });

  it("is used with the keyboard alone, and read out in its landmarks", async () => {
    await page.focus("#earnings-range input");
    await page.keyboard.press("ArrowRight");
    expect(await page.locator("#earnings-range input:checked").getAttribute("value")).to.equal("90");
    await page.focus("summary");
    await page.keyboard.press("Enter");
    expect(await page.isVisible("#earnings-table table")).to.equal(true);
    for (const role of ["banner", "main", "contentinfo"] as const) {
      expect(await page.getByRole(role).count(), role).to.equal(1);
    }
    const nameless = await page.locator("section:not([aria-label]):not([aria-labelledby]), th:not([scope])").count();
    expect(nameless).to.equal(0);
    expect(await page.locator("table:not(:has(caption))").count()).to.equal(0);
    await page.selectOption("#channels-which", "open");
    await page.waitForFunction(() => document.querySelector("#channels-table .none") !== null);
  });

  it("fits a phone without scrolling sideways", async () => {
    const phone = await openPage("light", 390);
    await eventually("the charts are drawn", async () => {
      return Object.values(await coloursOf(phone)).every((count) => count >= 3) ? true : undefined;
    });
    const [wide, shown] = await phone.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(wide).to.be.at.most(shown);
    await phone.screenshot({ path: join(SCREENSHOTS, "operator-phone.png"), fullPage: true });
    await phone.context().close();
  });

  it("had nothing to complain about: no error, no violation of its own policy", () => {
    expect(complaints).to.deep.equal([]);
  });

  it("is beside metrics that tell the same", async () => {
    const response = await fetch(`${adminUrl}/metrics`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
    const { samples } = parseScrape(await response.text());
    const value = (name: string): number | undefined => samples.find((sample) => sample.name === name)?.value;
    expect(value("weir_receipted_bytes_total")).to.equal(value("weir_served_bytes_total"));
    expect(value("weir_sessions_opened_total")).to.equal(2);
    expect(value("weir_channels")).to.equal(2);
    expect(value("weir_unsettled_tokens")).to.equal(0);
    expect(samples.filter(({ name, value: ok }) => name === "weir_check_ok" && ok !== 1)).to.deep.equal([]);
    expect(value("weir_head_block")).to.be.a("number");
  });

  it("leaves a log of the whole run without a secret in it, and the page tells when the relay is gone", async () => {
    relay.signal("SIGTERM");
    const { status, stderr, stdout } = await relay.ended;
    expect(status, stderr).to.equal(0);
    const entries = stderr.split("\n").filter((line) => line.startsWith("{"));
    expect(entries.length).to.be.greaterThan(3);
    for (const entry of entries) expect(JSON.parse(entry)).to.include.keys("time", "level", "message");
    expect(secrets.size).to.be.greaterThan(8);
    for (const secret of secrets) expect(stderr + stdout).to.not.include(secret);
    await page.waitForSelector("#trouble:not([hidden])", { timeout: 30_000 });
    expect(await page.textContent("#state")).to.equal("Unreachable");
  });
});
