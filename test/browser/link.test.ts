import { expect } from "chai";
import type { Browser } from "playwright-core";
import { launchChromium } from "../helpers/browserLaunch.ts";
import { HOME_LINK, startLink } from "../helpers/browserLink.ts";
import type { BrowserLink } from "../helpers/browserLink.ts";
import { startPlainOrigin } from "../helpers/browserOrigin.ts";
import type { PlainOrigin } from "../helpers/browserOrigin.ts";

const folder = new URL("../media/testcard/", import.meta.url).pathname;
const SEGMENT = "360p/segment-1.m4s";

describe("the link that comparisons are made over", function () {
  this.timeout(60_000);
  let browser: Browser;
  let link: BrowserLink;
  let origins: PlainOrigin[];

  before(async () => {
    [browser, link, ...origins] = await Promise.all([
      launchChromium(),
      startLink(),
      startPlainOrigin(folder),
      startPlainOrigin(folder),
    ]);
  });

  after(async () => {
    await browser.close();
    await Promise.all([link.stop(), ...origins.map(async (origin) => origin.stop())]);
  });

  it("carries all origins of a page, never faster than it is, and tells what was asked", async () => {
    const [first, second] = origins as [PlainOrigin, PlainOrigin];
    const context = await browser.newContext({ proxy: link.proxy });
    const page = await context.newPage();
    const { bytes, milliseconds } = await page.evaluate(
      async (urls) => {
        const began = performance.now();
        const bodies = await Promise.all(
          urls.map(async (url) => (await fetch(url, { cache: "no-store" })).arrayBuffer()),
        );
        const loaded = bodies.reduce((sum, body) => sum + body.byteLength, 0);
        return { bytes: loaded, milliseconds: performance.now() - began };
      },
      [first, second, first, second].map(({ url }) => url + SEGMENT),
    );
    // A busy machine may be slower; nothing may be faster.
    expect(milliseconds).to.be.greaterThan((8_000 * bytes) / HOME_LINK.bitsPerSecond + HOME_LINK.roundTripMs);
    const { received, requests } = await link.traffic();
    const asked = requests.filter(({ path }) => path === `/${SEGMENT}`);
    expect(asked.map(({ method, port }) => `${method} ${port}`).sort()).to.deep.equal(
      [first, first, second, second].map(({ port }) => `GET ${port}`).sort(),
    );
    for (const { port } of origins) expect(received.get(port)).to.be.greaterThan(bytes / 2);
    await context.close();
  });

  it("cuts off who dies, in the middle of what it was sending, for good", async () => {
    const { port, url } = origins[0]!;
    const context = await browser.newContext({ proxy: link.proxy });
    const page = await context.newPage();
    const death = link.dieHalfway(port, 20_000);
    const load = async (): Promise<string> =>
      page.evaluate(
        async (address) =>
          fetch(address, { cache: "no-store" })
            .then(async (response) => response.arrayBuffer())
            .then(({ byteLength }) => `${byteLength} bytes`, String),
        url + SEGMENT,
      );
    expect(await load()).to.match(/TypeError/);
    const { bytes, path } = await death;
    expect(path).to.equal(`/${SEGMENT}`);
    expect(bytes).to.be.within(20_000, 80_331);
    expect(await load()).to.match(/TypeError/);
    await context.close();
  });
});
