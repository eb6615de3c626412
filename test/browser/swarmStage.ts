import type { Page } from "playwright-core";
import { startTracker } from "../../scripts/local/tracker.ts";
import { streamId } from "../../sdk/core/index.ts";
import { servePage } from "../helpers/browserBundle.ts";
import { launchChromium, openPage } from "../helpers/browserLaunch.ts";
import { startPlainOrigin } from "../helpers/browserOrigin.ts";
import { BUDGET, openStage, PRICE, STREAM } from "../helpers/stage.ts";
import type { Stage, StagedPayer, StagedRelay } from "../helpers/stage.ts";
import type { Pollution } from "./pages/polluter.ts";
import type { SwarmReport, SwarmTask } from "./pages/swarmPage.ts";

/** A page that plays and shares. */
export interface SwarmViewer {
  readonly page: Page;
  readonly payer: StagedPayer;
  /** What it says about itself now. */
  report(): Promise<SwarmReport>;
  /** Waits until it has played to the end. Rejects if it does not. */
  ended(): Promise<SwarmReport>;
}

/** A page that does harm. */
export interface SwarmPolluter {
  readonly page: Page;
  report(): Promise<Pollution>;
}

/** Relays, a tracker and a browser. */
export interface SwarmStage {
  readonly stage: Stage;
  readonly relays: readonly StagedRelay[];
  /** Opens a page in a context of its own, and starts playing. */
  watch(playlist: string, options?: Partial<Pick<SwarmTask, "awaitPeer" | "rate" | "tuning">>): Promise<SwarmViewer>;
  /** Opens a page that claims to have so many segments, of so many bytes each. */
  pollute(playlist: string, segments: number, bytes: number): Promise<SwarmPolluter>;
  stop(): Promise<void>;
}

/** For half a minute of film, on a machine that is busy with something else. */
const PATIENCE_MS = 120_000;

/** The bundle that browsers load: the package's other files are for bundlers that stand in for Node.js. */
const ALIAS = { "p2p-media-loader-core": "./node_modules/p2p-media-loader-core/dist/p2p-media-loader-core.es.js" };

/** Starts everything. Call `stop` when done. */
export async function openSwarmStage(film?: string): Promise<SwarmStage> {
  const [stage, browser, pages, tracker] = await Promise.all([
    openStage(100, film),
    launchChromium(),
    servePage("test/browser/pages/swarmPage.ts", { alias: ALIAS }),
    startTracker(),
  ]);
  const relays = [await stage.startRelay(), await stage.startRelay()];
  const origin = await startPlainOrigin(stage.media);
  const { publisher } = stage;
  const { deployment } = stage.local;
  const open = async (): Promise<Page> => (await openPage(await browser.newContext(), pages.url)).page;

  return {
    stage,
    relays,
    async watch(playlist, options = {}) {
      const payer = await stage.openPayer();
      const page = await open();
      const task: SwarmTask = {
        ...{ deployment, key: payer.key, publisher: publisher.address, name: STREAM, directory: `/${STREAM}/` },
        ...{ relays: relays.map(({ url }) => url), tracker: tracker.url, playlist },
        ...{ awaitPeer: false, rate: 1, ...options },
        ...{ maxPricePerGiB: PRICE.toString(), budget: BUDGET.toString() },
      };
      await page.evaluate((what) => {
        window.swarmPage.start(what);
      }, task);
      const report = async (): Promise<SwarmReport> => page.evaluate(async () => window.swarmPage.report());
      return {
        page,
        payer,
        report,
        async ended() {
          await page.waitForFunction(() => window.swarmPage.isOver(), undefined, { timeout: PATIENCE_MS });
          const now = await report();
          if (now.fatal !== undefined) throw new Error(now.fatal);
          return now;
        },
      };
    },
    async pollute(playlist, segments, bytes) {
      const page = await open();
      const swarmId = streamId(publisher.address, STREAM);
      const task = { playlist: origin.url + playlist, tracker: tracker.url, swarmId, segments, bytes };
      await page.evaluate(async (what) => window.swarmPage.pollute(what), task);
      return { page, report: async () => page.evaluate(async () => window.swarmPage.pollute()) };
    },
    async stop() {
      await browser.close();
      await Promise.all([stage.stop(), pages.stop(), tracker.stop(), origin.stop()]);
    },
  };
}
