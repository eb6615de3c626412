import type { Browser, Page } from "playwright-core";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { parseManifest } from "../../sdk/core/index.ts";
import type { Hex, Manifest } from "../../sdk/core/index.ts";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { servePage } from "../helpers/browserBundle.ts";
import type { PageServer } from "../helpers/browserBundle.ts";
import { browserFilm } from "../helpers/browserFilm.ts";
import { launchChromium, openPage } from "../helpers/browserLaunch.ts";
import { startLink } from "../helpers/browserLink.ts";
import type { BrowserLink, CutResponse, LinkTraffic } from "../helpers/browserLink.ts";
import { startPlainOrigin } from "../helpers/browserOrigin.ts";
import type { PlainOrigin } from "../helpers/browserOrigin.ts";
import { startRelayProcess } from "../helpers/relayProcess.ts";
import type { RelayProcess } from "../helpers/relayProcess.ts";
import { BUDGET, openStage, PRICE, STREAM, TOKEN_PER_ETHER } from "../helpers/stage.ts";
import type { Stage, StagedPayer, StagedRelay } from "../helpers/stage.ts";
import type { FilmPlayerName, PaidFilm, PaidPlayback } from "./pages/filmPage.ts";
import type { Playback } from "./pages/playFilm.ts";

/** The relay that dies does so in the middle of the first response that is longer than this: of a picture's segment. */
export const DEATH_BYTES = 250_000;

/** Bytes that relays give in advance. */
const CREDIT = 8_388_608n;

/** Small enough that the account can fund every relay. */
const FUND_BYTES = 2_097_152n;

/** A film that was played, and what its link has carried. */
export interface Played<Result> {
  readonly playback: Result;
  readonly traffic: LinkTraffic;
}

/** A film that was played through relays. */
export interface PlayedPaid extends Played<PaidPlayback> {
  /** What the relay that died was sending. */
  readonly cut: CutResponse;
  /** Bytes of metered resources that the corrupting relay sent as they are. */
  readonly untouchedBytes: bigint;
}

/** A relay in a process of its own, which is killed in the middle of a segment. */
export interface MortalRelay {
  readonly url: string;
  /** Who is paid. */
  readonly address: Hex;
  /** Starts it again where it was, with what it had on disk. Nothing happens if it runs. @returns the number of its process */
  revive(): Promise<number>;
  /** Kills it. Nothing happens if it is dead. */
  kill(): Promise<void>;
}

/** A film on a plain origin, and on three relays of which one sends wrong bytes and one dies while it plays. */
export interface FilmWorld {
  readonly stage: Stage;
  readonly browser: Browser;
  readonly page: PageServer;
  readonly origin: PlainOrigin;
  readonly manifest: Manifest;
  readonly healthy: StagedRelay;
  readonly corrupting: StagedRelay;
  readonly dying: MortalRelay;
  /** Bytes of metered resources that the corrupting relay sent as they are, all films together. */
  untouchedBytes(): bigint;
  /** Plays the film from the plain origin, over a link of its own. */
  playPlain(player: FilmPlayerName): Promise<Played<Playback>>;
  /** Plays it through the relays, over a link of its own. The relay that dies stays dead until the next one. */
  playPaid(player: FilmPlayerName, payer: StagedPayer): Promise<PlayedPaid>;
  film(player: FilmPlayerName, payer: StagedPayer): PaidFilm;
  stop(): Promise<void>;
}

/** What each player begins with. */
const PLAYLISTS: Readonly<Record<FilmPlayerName, string>> = { hls: "master.m3u8", dash: "manifest.mpd" };

/** Sets everything up: a chain, relays, a browser. Call `stop` when done. @param segments of the film, two seconds each */
export async function openFilmWorld(segments: number): Promise<FilmWorld> {
  const folder = await browserFilm(segments);
  const [stage, browser, page, origin] = await Promise.all([
    openStage(100, folder),
    launchChromium(),
    servePage("test/browser/pages/filmPage.ts", { body: "" }),
    startPlainOrigin(folder),
  ]);
  const manifest = parseManifest(await readFile(join(stage.media, "weir.json"), "utf8"));
  let untouched = 0n;
  const policy = { baseCredit: CREDIT };
  const corrupting = await stage.startRelay({
    policy,
    tamper: (serve) => async (request, info) => {
      const response = await serve(request, info);
      if (!response.ok || !response.headers.has("weir-delivery")) return response;
      const body = new Uint8Array(await response.arrayBuffer());
      if (new URL(request.url).pathname.endsWith(".m4s")) body[body.length >> 1]! ^= 1;
      else untouched += BigInt(body.length);
      return new Response(body, response);
    },
  });
  const healthy = await stage.startRelay({ policy });
  const dying = await startMortalRelay(stage);

  const film = (player: FilmPlayerName, payer: StagedPayer): PaidFilm => ({
    deployment: stage.local.deployment,
    key: payer.key,
    publisher: stage.publisher.address,
    name: STREAM,
    manifest: `/${STREAM}/weir.json`,
    relays: [corrupting, dying, healthy].map(({ url }) => url),
    maxPricePerGiB: PRICE,
    budget: BUDGET,
    player,
    playlist: PLAYLISTS[player],
    fundBytes: FUND_BYTES,
  });

  /** Over a link that nothing else uses. */
  async function play<Result>(what: (page: Page, link: BrowserLink) => Promise<Result>): Promise<Result> {
    const link = await startLink();
    const context = await browser.newContext({ proxy: link.proxy });
    try {
      const { errors, page: tab } = await openPage(context, page.url);
      const result = await what(tab, link);
      if (errors.length > 0) throw new Error(`the page complained: ${errors.join("\n")}`);
      return result;
    } finally {
      await context.close();
      await link.stop();
    }
  }

  return {
    ...{ stage, browser, page, origin, manifest, healthy, corrupting, dying, film },
    untouchedBytes: () => untouched,
    playPlain: async (player) =>
      play(async (tab, link) => {
        const playback = await tab.evaluate(async ([name, url]) => window.film.playPlain(name, url), [
          player,
          origin.url + PLAYLISTS[player],
        ] as const);
        return { playback, traffic: await link.traffic() };
      }),
    async playPaid(player, payer) {
      const pid = await dying.revive();
      const before = untouched;
      return play(async (tab, link) => {
        let cut: CutResponse | undefined;
        link.dieHalfway(Number(new URL(dying.url).port), DEATH_BYTES, pid).then(
          (response) => (cut = response),
          () => undefined, // It ends with the link.
        );
        const playback = await tab.evaluate(async (what) => window.film.playPaid(what), film(player, payer));
        const traffic = await link.traffic();
        if (cut === undefined) throw new Error("the relay that is to die sent too little for that");
        return { playback, traffic, cut, untouchedBytes: untouched - before };
      });
    },
    async stop() {
      await browser.close();
      await dying.kill();
      await Promise.all([page.stop(), origin.stop(), stage.stop()]);
    },
  };
}

/** The film's relay that can be killed. Its key, port and store outlive it. */
async function startMortalRelay(stage: Stage): Promise<MortalRelay> {
  const privateKey = generatePrivateKey();
  const { address } = privateKeyToAccount(privateKey);
  await stage.local.testClient.setBalance({ address, value: parseEther("1") });
  const start = async (port: number): Promise<RelayProcess> =>
    startRelayProcess({
      ...{ privateKey, port, deployment: stage.local.deployment, rpcUrl: stage.local.anvil.url },
      ...{ pricePerGiB: String(PRICE), tokenPerEther: String(TOKEN_PER_ETHER), baseCredit: String(CREDIT) },
      ...{ publisher: stage.publisher.address, path: `/${STREAM}/`, folder: stage.media },
      store: join(stage.folder, "dying.sqlite"),
    });
  let running = await start(0);
  const { url } = running;
  return {
    url,
    address,
    async revive() {
      if (!running.isRunning()) running = await start(Number(new URL(url).port));
      return running.pid;
    },
    kill: async () => running.kill(),
  };
}
