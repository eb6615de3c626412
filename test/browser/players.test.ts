import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { corrupting } from "../../scripts/demo/misbehaviour.ts";
import { readEarnings } from "../../sdk/chain/index.ts";
import { eventually } from "../helpers/eventually.ts";
import { servePage } from "../helpers/browserBundle.ts";
import type { PageServer } from "../helpers/browserBundle.ts";
import { browserFilm, FILM_SEGMENT_SECONDS } from "../helpers/browserFilm.ts";
import { launchChromium, openPage } from "../helpers/browserLaunch.ts";
import { BUDGET, openStage, PRICE, STREAM } from "../helpers/stage.ts";
import type { Stage, StagedRelay } from "../helpers/stage.ts";
import type { PlayOrder, PlayReport } from "./playersPage.ts";

/** As many as all tests of players encode, so that it is done once. */
const SEGMENTS = 5;
const SECONDS = SEGMENTS * FILM_SEGMENT_SECONDS;

describe("a player in a browser, with one relay that corrupts every other segment", function () {
  this.timeout(120_000);
  let stage: Stage;
  let honest: StagedRelay;
  let corrupt: StagedRelay;
  let browser: Browser;
  let server: PageServer;
  let page: Page;
  let errors: readonly string[];
  /** Token base units that the relays had collected after the last film. */
  let collected = 0n;

  before(async () => {
    const film = await browserFilm(SEGMENTS);
    [stage, browser, server] = await Promise.all([
      openStage(100, film),
      launchChromium(),
      servePage("test/browser/playersPage.ts", { body: "" }),
    ]);
    const { deployment } = stage.local;
    honest = await stage.startRelay();
    corrupt = await stage.startRelay({
      tamper: (relay, agentKey) => corrupting(relay, 2, { deployment, agentKey }).fetch,
    });
    ({ page, errors } = await openPage(await browser.newContext(), server.url));
  });

  after(async () => {
    await browser.close();
    await server.stop();
    await stage.stop();
  });

  async function play(player: PlayOrder["player"], file: string, seekTo?: number): Promise<PlayReport> {
    const { key } = await stage.openPayer();
    const relays = [corrupt.url, honest.url];
    return page.evaluate(
      async (order) => (window as unknown as { play(order: PlayOrder): Promise<PlayReport> }).play(order),
      {
        ...{ player, key, relays, name: STREAM, manifest: `/${STREAM}/weir.json` },
        url: `${honest.url}/${STREAM}/${file}`,
        deployment: JSON.stringify(stage.local.deployment),
        publisher: stage.publisher.address,
        maxPricePerGiB: PRICE.toString(),
        budget: BUDGET.toString(),
        ...(seekTo !== undefined && { seekTo }),
      } satisfies PlayOrder,
    );
  }

  /** What was paid for is what the relays collect, to the base unit. */
  async function expectPaid({ acknowledged, spent }: PlayReport): Promise<void> {
    expect(acknowledged.reduce((sum, amount) => sum + BigInt(amount), 0n)).to.equal(BigInt(spent));
    const { deployment, publicClient: client } = stage.local;
    const earned = async (): Promise<bigint> => {
      let sum = 0n;
      for (const { account } of [honest, corrupt]) {
        const { balance, fees } = await readEarnings(client, { deployment, payee: account.address });
        sum += balance + fees;
      }
      return sum;
    };
    const expected = collected + BigInt(spent);
    await eventually("both relays have collected everything", async () =>
      (await earned()) === expected ? true : undefined,
    );
    collected = expected;
  }

  for (const [player, file] of [
    ["hls.js", "master.m3u8"],
    ["dash.js", "manifest.mpd"],
    ["shaka", "manifest.mpd"],
    ["shaka", "master.m3u8"],
  ] as const) {
    it(`${player} plays ${file} to its end, and pays each relay for what was right`, async () => {
      const report = await play(player, file);
      expect(report.complaints, "the player hears of nothing").to.deep.equal([]);
      expect(report.duration).to.be.closeTo(SECONDS, 0.2);
      expect(report.playedTo).to.be.closeTo(SECONDS, 0.2);
      expect(report.frames).to.be.greaterThan(0);
      expect(report.corrupt).to.be.greaterThan(0);
      expect(BigInt(report.refusedBytes) > 0n).to.equal(true);
      expect(report.verified.filter((name) => name === file)).to.have.length(1);
      await expectPaid(report);
    });
  }

  for (const [player, file] of [
    ["hls.js", "master.m3u8"],
    ["dash.js", "manifest.mpd"],
    ["shaka", "manifest.mpd"],
  ] as const) {
    it(`${player} seeks past what it is loading, and plays on`, async () => {
      const report = await play(player, file, SECONDS - 3);
      expect(report.complaints).to.deep.equal([]);
      expect(report.playedTo).to.be.closeTo(SECONDS, 0.2);
      await expectPaid(report);
    });
  }

  it("keeps the books of all parties in balance, and the page without an error", async () => {
    expect(errors).to.deep.equal([]);
    await stage.expectConserved();
  });
});
