import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect } from "chai";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { parseEther } from "viem";
import type { Address, Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { readContract } from "viem/actions";
import { startShowcase } from "../../scripts/serve/startShowcase.ts";
import type { Showcase } from "../../scripts/serve/startShowcase.ts";
import { weirTestTokenAbi } from "../../sdk/abis/weirTestToken.ts";
import { readEarnings } from "../../sdk/chain/index.ts";
import { formatManifest, parseManifest } from "../../sdk/core/index.ts";
import type { Manifest } from "../../sdk/core/index.ts";
import { signManifest } from "../../sdk/publisher/index.ts";
import { launchChromium } from "../helpers/browserLaunch.ts";
import { eventually } from "../helpers/eventually.ts";

const SCREENSHOTS = join(import.meta.dirname, "../../screenshots");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DESKTOP = { width: 1_280, height: 900 };
const PHONE = { width: 360, height: 780 };
/** From the faucet, when the session is opened and when its budget is raised. */
const GIFT = parseEther("10");
const VIEWS: Readonly<Record<string, typeof DESKTOP>> = { light: DESKTOP, dark: DESKTOP, phone: PHONE };
/** Enough for a state that differs from another by a message. */
const BRIEF = ["dark", "phone"];
/** As relays answer. */
const CORS = { "access-control-allow-origin": "*" };
/** Bytes: the smallest quality of the test card alone is more than that, times the relays. */
const CREDIT = 65_536n;
/** More than any page needs. */
const MAX_TABS = 60;

describe("the player page, in a browser, on a local chain", function () {
  this.timeout(120_000);
  const complaints: string[] = [];
  const foreign: string[] = [];
  let browser: Browser;
  let showcase: Showcase;
  let page: Page;

  /** The address of a page's throwaway wallet. */
  const ownerOf = async (of: Page): Promise<Address> => {
    const key = await of.evaluate(() => localStorage.getItem("weir/player/throwaway-key"));
    return privateKeyToAccount(key as Hex).address;
  };

  const exact = async (selector: string): Promise<bigint> => {
    const value = await page.getAttribute(`${selector} [data-exact]`, "data-exact");
    return parseEther(value ?? "0");
  };

  /** Goes to an element as who has no mouse does. */
  const tabTo = async (selector: string): Promise<void> => {
    for (let presses = 0; presses < MAX_TABS; presses++) {
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`the keyboard does not reach ${selector}`);
  };

  const runAxe = async (of: Page): Promise<AxeResults> => {
    // Not as an element of the page: its policy lets no such script in.
    await of.evaluate(AXE);
    return of.evaluate(async () => {
      const { axe } = globalThis as unknown as { readonly axe: { run(): Promise<AxeResults> } };
      return axe.run();
    });
  };

  /** What axe finds in light, in dark and on a phone, with pictures of all. */
  const look = async (name: string, of = page, views = Object.keys(VIEWS)): Promise<string[]> => {
    const found: string[] = [];
    for (const view of views) {
      const size = VIEWS[view] ?? DESKTOP;
      await of.emulateMedia({ colorScheme: view === "dark" ? "dark" : "light" });
      await of.setViewportSize(size);
      const { violations } = await runAxe(of);
      found.push(...violations.map(({ id, nodes }) => `${view} ${id}: ${nodes.map(({ html }) => html).join()}`));
      const [wide, shown] = await of.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      if (wide > shown) found.push(`${view} scrolls sideways: ${wide} > ${shown}`);
      await of.screenshot({ path: join(SCREENSHOTS, `${name}-${view}.png`), fullPage: true });
    }
    await of.setViewportSize(DESKTOP);
    return found;
  };

  /** Somebody else, in a browser of his own. @param prepare runs in the page before its scripts */
  const visit = async (prepare: () => void = () => undefined): Promise<Page> => {
    const context = await browser.newContext({ viewport: DESKTOP });
    await context.addInitScript(prepare);
    const made = await context.newPage();
    await made.goto(showcase.playerUrl);
    await made.waitForSelector("main[aria-busy=false]");
    return made;
  };

  /** Watches with a throwaway wallet, as who has a mouse does. */
  const watch = async (of: Page): Promise<void> => {
    await of.click("#watch");
    await of.click("#wallet-list button");
    await playing(of);
  };

  const playing = async (of: Page, after = 0.5): Promise<number> =>
    eventually("the picture moves", async () => {
      const seconds = await of.$eval("video", (video) => (video.paused ? 0 : video.currentTime));
      return seconds > after ? seconds : undefined;
    });

  const notice = async (of: Page, title: string): Promise<void> =>
    eventually(`it says: ${title}`, async () =>
      (await of.innerText("#notice")).startsWith(title) ? true : undefined,
    ).then(() => undefined);

  const noNotice = async (of: Page): Promise<void> =>
    of.waitForSelector("#notice", { state: "hidden" }).then(() => undefined);

  before(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    [showcase, browser] = await Promise.all([
      startShowcase({ withFilm: false, baseCredit: CREDIT, onLine: () => undefined }),
      launchChromium(),
    ]);
    const context = await browser.newContext({ viewport: DESKTOP });
    page = await context.newPage();
    // A violation of the content security policy is an error on the console too.
    page.on("console", (message) => {
      // A browser calls both an error; here they say what a session has to answer, and that a channel was closed.
      const isRelays = /status of (?:402 \(Payment Required\)|410 \(Gone\))$/.test(message.text());
      if (["error", "warning"].includes(message.type()) && !isRelays) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (new URL(request.url()).hostname !== "127.0.0.1") foreign.push(request.url());
    });
    await page.goto(showcase.playerUrl);
    await page.waitForSelector("main[aria-busy=false]");
  });
  after(async () => {
    await browser.close();
    await showcase.stop();
  });

  it("offers its streams so that everybody can read and reach them", async () => {
    expect(await page.locator("#streams input[type=radio]").count()).to.equal(2);
    for (const role of ["banner", "main", "contentinfo"] as const) {
      expect(await page.getByRole(role).count(), role).to.equal(1);
    }
    expect(await look("player-choose")).to.deep.equal([]);
  });

  it("opens a session and plays by the keyboard alone, and the meter moves", async () => {
    await tabTo("#watch");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#wallets[open]");
    expect(await look("player-wallets", page, BRIEF)).to.deep.equal([]);
    await tabTo("#wallet-list button");
    await page.keyboard.press("Enter");
    await playing(page, 1);
    expect(await page.isVisible("#wallet-mark"), "the throwaway wallet is marked").to.equal(true);
    const first = await exact("#spent");
    expect(first > 0n).to.equal(true);
    await eventually("the meter moves", async () => ((await exact("#spent")) > first ? true : undefined));
    expect(Number(await page.getAttribute("#left-bar", "aria-valuenow"))).to.be.within(50, 99.9);
    const { publicClient } = showcase.local;
    const address = await ownerOf(page);
    expect(await publicClient.getBalance({ address }), "no coin was needed").to.equal(0n);
    expect(await publicClient.getTransactionCount({ address }), "a relay sent the deposit").to.equal(0);
  });

  it("shows who delivers, whom it refused, and the hash of every segment", async () => {
    await eventually("a relay is refused", async () =>
      (await page.locator("#relays").innerText()).includes("Refused") ? true : undefined,
    );
    expect(await page.locator("#strip .wrong").count()).to.be.greaterThan(0);
    expect(await page.locator("#shares-chart rect").count()).to.be.greaterThan(0);
    await tabTo("#strip");
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector("#proof-facts:not([hidden])");
    expect(await page.innerText("#proof-facts")).to.match(/0x[0-9a-f]{64}/);
    expect(await page.innerText("#manifest-facts")).to.match(/0x[0-9a-f]{64}/);
    expect(await look("player-watch")).to.deep.equal([]);
  });

  it("raises the budget when it is asked to, and plays on", async () => {
    await tabTo("#raise");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#raising[open]");
    await tabTo("#raise-by");
    await page.keyboard.press("Enter");
    await eventually("the budget is raised", async () =>
      (await page.innerText("#left")).endsWith("of 1 WTT") ? true : undefined,
    );
    const before = await page.$eval("video", (video) => video.currentTime);
    await eventually("it plays on", async () => {
      const { at, ended } = await page.$eval("video", (video) => ({ at: video.currentTime, ended: video.ended }));
      return at > before || ended ? true : undefined;
    });
  });

  it("goes on after a reload without asking the wallet", async () => {
    await page.reload();
    await page.waitForSelector("main[aria-busy=false]");
    expect(await page.innerText("#start-note")).to.include("without asking the wallet");
    await tabTo("#watch");
    await page.keyboard.press("Enter");
    await playing(page, 1);
  });

  it("closes, and what comes back and what relays got add up to the wei", async () => {
    const { local, relays } = showcase;
    const { deployment, publicClient } = local;
    await tabTo("#leave");
    await page.keyboard.press("Enter");
    const title = await eventually("everything is back", async () => {
      const shown = await page.innerText("#over-title");
      // A relay that was busy lets go a moment later: then there is one more button to press.
      if (await page.isVisible("#close-again")) await page.press("#close-again", "Enter");
      return shown.startsWith("Closed. Everything") ? shown : undefined;
    });
    const facts = await page
      .locator("#over-facts [data-exact]")
      .evaluateAll((found) => found.map((each) => each.getAttribute("data-exact") ?? ""));
    const [deposited = 0n, withdrawn = 0n, paid = 0n] = facts.map((each) => parseEther(each));
    expect(title).to.equal("Closed. Everything left is back.");
    expect(paid > 0n).to.equal(true);
    expect(withdrawn + paid).to.equal(deposited);
    const earned = await Promise.all(
      relays.map(async ({ part }) => {
        const { balance, fees } = await readEarnings(publicClient, { deployment, payee: part.operator.address });
        return balance + fees;
      }),
    );
    expect(earned.reduce((sum, amount) => sum + amount, 0n)).to.equal(paid);
    const call = { address: deployment.token.address, abi: weirTestTokenAbi, functionName: "balanceOf" } as const;
    const owner = await ownerOf(page);
    const held = await readContract(publicClient, { ...call, args: [owner] });
    expect(held).to.equal(2n * GIFT - paid);
    expect(await look("player-closed")).to.deep.equal([]);
  });

  it("swaps segments with another viewer when it is switched on, and shows the offload", async () => {
    const pages = await Promise.all([visit(), visit()]);
    for (const each of pages) {
      await watch(each);
      expect(await each.isHidden("#peers-facts"), "off unless switched on").to.equal(true);
      await each.focus("#share");
      await each.keyboard.press("Space");
      await each.waitForSelector("#peers-facts", { state: "visible" });
    }
    const [first, second] = pages;
    await eventually("they are connected", async () =>
      (await first.innerText("#peer-count")) === "1" ? true : undefined,
    );
    // It was left on, so the next visit begins with it.
    await second.reload();
    await second.click("#watch");
    await eventually("segments come from the first", async () =>
      Number.parseInt(await second.innerText("#offload")) > 0 ? true : undefined,
    );
    expect(await second.locator("#strip .peer").count()).to.be.greaterThan(0);
    expect(await look("player-peers", second)).to.deep.equal([]);
    await second.click("#share");
    await eventually("it is switched off", async () =>
      (await second.innerText("#peer-count")) === "off" ? true : undefined,
    );
    for (const each of pages) await each.context().close();
  });

  it("says that the budget is used up, and plays on when it is raised", async () => {
    const other = await visit();
    await other.fill("#budget", "0.0001");
    await watch(other);
    await notice(other, "The budget is used up");
    // Relays that only miss money are there: another word than for one that does not answer.
    await eventually("relays miss money, and none is away", async () => {
      const words = await other.$$eval("#relays .tag", (tags) => tags.map(({ textContent }) => textContent));
      return words.includes("Unfunded") && !words.includes("Away") ? true : undefined;
    });
    expect(await look("player-budget", other, BRIEF)).to.deep.equal([]);
    await other.click("#notice-act");
    await other.waitForSelector("#raising[open]");
    expect(await look("player-raise", other, BRIEF)).to.deep.equal([]);
    await other.press("#raise-by", "Enter");
    await noNotice(other);
    await playing(other, 3);
    await other.context().close();
  });

  /** Relays go away under it while it plays, and come back. */
  const loseRelays = async (other: Page): Promise<void> => {
    const away = new Set(showcase.relays.map(({ url }) => new URL(url).origin));
    await watch(other);
    await other.route(
      ({ origin }) => away.has(origin),
      async (route) => route.abort("connectionrefused"),
    );
    await notice(other, "No relay delivers the stream");
    await other.unrouteAll();
    await noNotice(other);
  };

  /** What the publisher signed runs out while it plays, and nothing newer comes. */
  const loseThePublisher = async (other: Page): Promise<void> => {
    const { publisher, relays } = showcase;
    const kept = parseManifest(await (await fetch(`${relays[0]?.url ?? ""}/testcard/weir.json`)).text());
    let until = 0;
    let ending: Promise<Manifest> | undefined;
    await other.route("**/weir.json", async (route) => {
      until ||= Math.floor(Date.now() / 1_000) + 6;
      ending ??= signManifest({ ...kept, notAfter: BigInt(until) }, publisher);
      await route.fulfill({ body: formatManifest(await ending), headers: CORS });
    });
    await watch(other);
    await eventually("it has run out", async () => Promise.resolve(Date.now() > (until + 1) * 1_000 || undefined));
    // All of it may be loaded by now. With the switch it is loaded anew.
    await other.click("#share");
    await notice(other, "The publisher stopped signing");
  };

  it("says that no relay is there and goes on when one is, and that the publisher stopped signing", async () => {
    const pages = await Promise.all([visit(), visit()]);
    await Promise.all([loseRelays(pages[0]), loseThePublisher(pages[1])]);
    for (const each of pages) await each.context().close();
  });

  it("takes a wallet's no, says so, and has spent nothing", async () => {
    const other = await visit(() => {
      const provider = { request: async () => Promise.reject(Object.assign(new Error("no"), { code: 4_001 })) };
      const info = { uuid: crypto.randomUUID(), name: "Stubborn", rdns: "example.stubborn", icon: "data:image/png," };
      addEventListener("eip6963:requestProvider", () => {
        dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
      });
    });
    await other.click("#watch");
    await other.click("#wallet-list button:has-text('Stubborn')");
    await notice(other, "The wallet said no");
    expect(await other.isVisible("#choose")).to.equal(true);
    expect(await look("player-declined", other, BRIEF)).to.deep.equal([]);
    await other.context().close();
  });

  it("teaches a wallet that is on another chain its own", async () => {
    const other = await visit(() => {
      const asked: string[] = [];
      const answers: Record<string, unknown> = {
        eth_chainId: "0x1",
        eth_accounts: ["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"],
        eth_requestAccounts: ["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"],
      };
      Object.assign(globalThis, {
        asked,
        ethereum: {
          request: async ({ method }: { readonly method: string }) => {
            asked.push(method);
            // EIP-3085: it does not have the chain.
            if (method === "wallet_switchEthereumChain") throw Object.assign(new Error("unknown"), { code: 4_902 });
            return Promise.resolve(answers[method] ?? null);
          },
        },
      });
    });
    await other.click("#watch");
    await other.click("#wallet-list button:has-text('Browser wallet')");
    await notice(other, "The wallet is on another chain");
    await other.click("#notice-act");
    await noNotice(other);
    const asked = await other.evaluate(() => (globalThis as unknown as { readonly asked: string[] }).asked);
    expect(asked.at(-1)).to.equal("wallet_addEthereumChain");
    expect(asked).to.not.include("eth_sendTransaction");
    await other.context().close();
  });

  it("offers a button where the browser lets nothing play by itself", async () => {
    const other = await visit(() => {
      const play = Reflect.get<HTMLMediaElement, "play">(HTMLMediaElement.prototype, "play");
      let isPressed = false;
      addEventListener(
        "click",
        ({ target }) => (isPressed ||= target instanceof Element && target.id === "play"),
        true,
      );
      HTMLMediaElement.prototype.play = async function () {
        if (!isPressed) throw new DOMException("a person has to press play", "NotAllowedError");
        return play.call(this);
      };
    });
    await other.click("#watch");
    await other.click("#wallet-list button");
    await other.waitForSelector("#play", { state: "visible" });
    expect(await look("player-blocked", other, BRIEF)).to.deep.equal([]);
    expect(await other.evaluate(() => document.activeElement?.id)).to.equal("play");
    await other.keyboard.press("Enter");
    await playing(other);
    expect(await other.isHidden("#cover")).to.equal(true);
    await other.context().close();
  });

  it("says so in a browser that cannot play", async () => {
    const other = await visit(() => {
      for (const name of ["MediaSource", "ManagedMediaSource", "WebKitMediaSource"]) {
        Object.defineProperty(globalThis, name, { value: undefined });
      }
    });
    await notice(other, "This browser cannot play the stream");
    expect(await other.isDisabled("#watch")).to.equal(true);
    await other.context().close();
  });

  it("leads to the page of a relay's operator, who has earned", async () => {
    const other = await visit();
    await other.click("#operator");
    await other.waitForSelector("main[aria-busy=false]");
    await eventually("it shows what was earned", async () =>
      /[1-9]/.test(await other.innerText("#settled")) ? true : undefined,
    );
    expect(await look("operator", other)).to.deep.equal([]);
    await other.context().close();
  });

  it("had nothing to complain about, and asked nobody but this machine", () => {
    expect(complaints).to.deep.equal([]);
    expect(foreign).to.deep.equal([]);
  });
});
