import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { openAccount } from "../../sdk/chain/index.ts";
import { encryptKeystore } from "../../sdk/cli/keystore.ts";
import { privateKeySigner } from "../../sdk/core/index.ts";
import { createRelay, sqliteStore, viemChain } from "../../sdk/relay/index.ts";
import type { Relay } from "../../sdk/relay/index.ts";
import { listen } from "../../sdk/servers/index.ts";
import { startLocalDeployment } from "../../scripts/local/localDeployment.ts";
import { spawnGuarded } from "../../scripts/local/spawnGuarded.ts";
import { servePage } from "../helpers/browserBundle.ts";
import { launchChromium, openPage } from "../helpers/browserLaunch.ts";
import { startPlainOrigin } from "../helpers/browserOrigin.ts";
import { eventually } from "../helpers/eventually.ts";
import { startWeir } from "../helpers/weirCommand.ts";
import type { RunningCommand } from "../helpers/weirCommand.ts";
import type { LiveReading, PaidLive } from "./pages/livePage.ts";

/** Seconds of each segment. */
export const LIVE_SEGMENT_SECONDS = 1;

/** What the publisher signs holds so long: as short as it may be. */
const VALID_SECONDS = "10";

const NAME = "news";
const PASSWORD = "live";
const PRICE = parseEther("20");
const BUDGET = parseEther("1");

/** What may be wrong with a relay: its manifest stands still, or all segments that it sends are one old segment. */
export type LiveFault = "manifest lags" | "yesterday's segments";

/** An encoder at work, its publisher, two relays, and a browser. */
export interface LiveWorld {
  /** The publisher's process, which may be killed and started again. */
  readonly publisher: () => RunningCommand;
  startPublisher(): Promise<void>;
  /** Of whichever relay is asked first from now on; all are whole again if left out. */
  setFault(fault?: LiveFault): void;
  /** Tabs in which nothing is played yet. */
  openTab(): Promise<Page>;
  /** Follows what the encoder writes, as it writes it, from a plain web server. */
  followPlain(tab: Page): Promise<void>;
  /** Funds a session key, with which the stream can be followed through the relays. */
  fund(): Promise<PaidLive>;
  followPaid(tab: Page, stream: PaidLive): Promise<void>;
  read(tab: Page): Promise<LiveReading>;
  stop(): Promise<void>;
}

/** Starts everything. One relay serves the publisher's folder, the other one asks a web server for it. */
export async function openLiveWorld(): Promise<LiveWorld> {
  const folder = await mkdtemp(join(tmpdir(), "weir-live-world-"));
  const encoded = join(folder, "encoder");
  const signed = join(folder, "signed");
  await mkdir(encoded);
  await mkdir(signed);
  const key = generatePrivateKey();
  const { address } = privateKeyToAccount(key);
  await writeFile(join(folder, "publisher.json"), encryptKeystore(key, PASSWORD, 2));
  const [local, origin, page, browser] = await Promise.all([
    startLocalDeployment(),
    startPlainOrigin(folder),
    servePage("test/browser/pages/livePage.ts"),
    launchChromium(),
  ]);
  const encoder = spawnGuarded(encoderCommand(encoded));
  const { deployment } = local;
  const context = await browser.newContext();
  const relays: { readonly relay: Relay; readonly server: Awaited<ReturnType<typeof listen>> }[] = [];
  let publisher: RunningCommand | undefined;
  let fault: LiveFault | undefined;
  /** Who has it, and what it sent first. */
  let culprit: { readonly url: string; readonly kept: Promise<Response> } | undefined;

  const faulty =
    (serve: Relay["fetch"], url: string): Relay["fetch"] =>
    async (request, info) => {
      const { pathname } = new URL(request.url);
      const isHit = pathname.endsWith(fault === "manifest lags" ? "/weir.json" : ".m4s");
      if (fault === undefined || !isHit || (culprit !== undefined && culprit.url !== url)) return serve(request, info);
      culprit ??= { url, kept: serve(request, info) };
      return (await culprit.kept).clone();
    };

  const startRelay = async (source: string): Promise<void> => {
    const server = await listen();
    const agent = generatePrivateKey();
    const relay = createRelay({
      ...{ deployment, agent, payee: privateKeyToAccount(agent).address, pricePerGiB: PRICE, gracePeriod: 3_600 },
      publicUrl: server.url,
      streams: [{ path: "/news/", source, publisher: address }],
      store: sqliteStore(join(folder, `${String(relays.length)}.sqlite`)),
      chain: viemChain({ client: local.publicClient, deployment }),
    });
    await relay.start();
    server.serve(faulty(relay.fetch, server.url));
    relays.push({ relay, server });
  };
  const startPublisher = async (): Promise<void> => {
    const args = [
      "publish",
      encoded,
      "--watch",
      "--out",
      signed,
      "--name",
      NAME,
      "--keystore",
      "publisher.json",
      "--json",
      "--valid",
      VALID_SECONDS,
    ];
    publisher = startWeir(args, { cwd: folder, env: { WEIR_WALLET_PASSWORD: PASSWORD } });
    await publisher.firstLine;
  };

  await startPublisher();
  await eventually("the stream is published", async () => {
    const response = await fetch(`${origin.url}signed/index.m3u8`);
    return (await response.text()).split("#EXTINF").length > 3 ? true : undefined;
  });
  await startRelay(signed);
  await startRelay(`${origin.url}signed/`);

  return {
    startPublisher,
    setFault(next) {
      fault = next;
      culprit = undefined;
    },
    publisher() {
      if (publisher === undefined) throw new Error("the publisher was not started");
      return publisher;
    },
    openTab: async () => (await openPage(context, page.url)).page,
    followPlain: async (tab) =>
      tab.evaluate((url) => {
        window.live.followPlain(url);
      }, `${origin.url}encoder/index.m3u8`),
    async fund() {
      const session = generatePrivateKey();
      const wallet = local.wallet(1);
      await local.mint(wallet.account.address, BUDGET);
      await openAccount(wallet, { deployment, signer: privateKeySigner(session), amount: BUDGET });
      return {
        ...{ deployment, publisher: address, name: NAME, manifest: "/news/weir.json", maxPricePerGiB: PRICE },
        ...{ budget: BUDGET, key: session, playlist: "index.m3u8", relays: relays.map(({ server }) => server.url) },
      };
    },
    followPaid: async (tab, stream) =>
      tab.evaluate((paid) => {
        window.live.followPaid(paid);
      }, stream),
    read: async (tab) => tab.evaluate(() => window.live.read()),
    async stop() {
      await browser.close();
      publisher?.signal("SIGKILL");
      encoder.stdin.end();
      for (const { relay, server } of relays) {
        await server.stop();
        await relay.stop();
      }
      await Promise.all([page.stop(), origin.stop(), local.stop()]);
      await publisher?.ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A camera that never ends: half a megabit a second, cheap to encode. */
function encoderCommand(folder: string): string[] {
  const gop = String(25 * LIVE_SEGMENT_SECONDS);
  return [
    ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-re"],
    ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"],
    ["-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000"],
    ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1", "-pix_fmt", "yuv420p"],
    ["-b:v", "400k", "-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-c:a", "aac", "-b:a", "64k"],
    ["-f", "hls", "-hls_time", String(LIVE_SEGMENT_SECONDS), "-hls_list_size", "6", "-hls_segment_type", "fmp4"],
    ["-hls_flags", "delete_segments+program_date_time+independent_segments+omit_endlist+temp_file"],
    [join(folder, "index.m3u8")],
  ].flat();
}
