import { WeirError } from "weir/core";
import type { Viewer, ViewerEvent } from "weir/viewer";
import { meter } from "weir/viewer/meter";
import type { MeterReading } from "weir/viewer/meter";
import type { SharedViewer, Swarm, SwarmEvent } from "weir/viewer/p2p";
import type { ViewerSession } from "weir/viewer/wallet";
import { byId, setText } from "../../../sdk/admin/page/dom.ts";
import { hash } from "../../../sdk/admin/page/format.ts";
import { LOW_PERCENT, showCost } from "./meterView.ts";
import { hideNotice, say, showError, showNotice } from "./notices.ts";
import { peersView } from "./peersView.ts";
import { startPlayback } from "./playback.ts";
import type { Playback } from "./playback.ts";
import type { PlayerConfig } from "./playerConfig.ts";
import { proofView } from "./proofView.ts";
import { relayLooks } from "./relayNames.ts";
import { relaysView } from "./relaysView.ts";
import { sharesChart } from "./sharesChart.ts";
import type { PickedStream } from "./streamPicker.ts";
import { openSwarm } from "./swarm.ts";

/** A stream that is being watched. */
export interface Watching {
  /** Ends the picture; money is not touched. */
  stop(): void;
  /** Goes on with a new viewer, because the limits are others now. */
  renew(): Promise<void>;
}

/** What watching needs of the rest of the page. */
export interface WatchingOptions {
  readonly config: PlayerConfig;
  readonly picked: PickedStream;
  readonly session: ViewerSession;
  readonly onRaise: () => void;
}

const CHART_MS = 1_000;
/** Relays come and go; when all are away for so long, whoever watches is told. */
const ALONE_SECONDS = 2;
/** Milliseconds before loading is tried again, when no relay was left. */
const RETRY_MS = 3_000;

/** Plays a stream in the stage, and shows what it costs, who delivers it and that it is verified. */
export async function startWatching({ config, onRaise, picked, session }: WatchingOptions): Promise<Watching> {
  const { token } = config.deployment;
  const { relays: origins, stream } = picked;
  const video = byId("video") as HTMLVideoElement;
  const lookOf = relayLooks(config.relays, origins);
  const relays = relaysView(lookOf, token);
  const chart = sharesChart(origins, lookOf);
  const peers = peersView(config.peers !== undefined, (on) => {
    switchSharing(on).catch(showError);
  });
  const timers: number[] = [];
  let isLow = false;
  let alone = 0;
  let viewer: Viewer;
  let playback: Playback;
  let swarm: Swarm | undefined;
  let spentBefore = 0n;
  let unsubscribe = (): void => undefined;

  function hear(event: ViewerEvent): void {
    proof.hear(event);
    if (event.type === "verified") chart.add(event.relay, event.bytes);
    if (event.type === "corrupt") say(`${lookOf(event.relay).name} sent a wrong byte and is not asked again.`);
    if (event.type === "expired") showError(new WeirError("publisher-silent"));
    if (event.type === "manifest" && event.sequence > 0n) hideNotice();
  }

  function hearSwarm(event: SwarmEvent): void {
    proof.hearSwarm(event);
    if (event.type === "dropped") say("Another viewer sent a wrong byte and is not asked again.");
    if (event.type !== "stopped") return;
    const cure = "Too much of what they sent was wrong. Segments come from relays alone from now on.";
    showNotice({ title: "Swapping with other viewers was ended", cure });
  }

  function show(reading: MeterReading): void {
    const percent = showCost(reading, token);
    relays.show(reading);
    peers.show(reading.swarm);
    if (percent < LOW_PERCENT && !isLow) {
      const title = "Little is left of the budget";
      showNotice({
        title,
        cure: "Raise it to go on without a break.",
        act: { label: "Raise the budget", run: onRaise },
      });
    }
    isLow = percent < LOW_PERCENT;
  }

  /** Tells when nobody delivers any more, while what is loaded still plays; and when somebody does again. */
  function watchRelays(): void {
    const problems = viewer.status().relays.map(({ problem }) => problem);
    const seconds = problems.includes(undefined) ? 0 : alone + 1;
    if (seconds === ALONE_SECONDS) {
      const isBroke = problems.includes("budget-exhausted");
      onTrouble(new WeirError(isBroke ? "budget-exhausted" : "no-relay-left"), false);
    }
    if (seconds === 0 && alone >= ALONE_SECONDS) hideNotice();
    alone = seconds;
  }

  function onTrouble(error: WeirError, isStopped = true): void {
    if (error.code === "budget-exhausted") {
      showError(error, { label: "Raise the budget", run: onRaise });
      return;
    }
    showError(error, isStopped ? { label: "Try again", run: resume } : undefined);
    if (!isStopped) return;
    timers.push(window.setTimeout(resume, RETRY_MS));
  }

  function resume(): void {
    playback.resume();
  }

  async function share(shared: SharedViewer): Promise<Swarm | undefined> {
    swarm = config.peers && peers.wanted() ? await openSwarm(shared, config.peers) : undefined;
    swarm?.on(hearSwarm);
    return swarm;
  }

  /** Plays from a moment on, in seconds of the video. */
  async function playFrom(at: number): Promise<void> {
    const [first = ""] = origins;
    const { manifest, playlist } = stream;
    const source = { manifestUrl: first + manifest, playlist, at, share };
    playback = await startPlayback(video, viewer, source, {
      onTrouble,
      onPlaying() {
        byId("cover").hidden = true;
        hideNotice();
      },
      onBlocked() {
        byId("cover").hidden = false;
        setText("cover-text", "Ready");
        byId("steps").replaceChildren();
        byId("play").hidden = false;
        byId("play").focus();
      },
    });
    unsubscribe();
    unsubscribe = meter(viewer, { media: video, spentBefore, ...(swarm && { swarm }) }).subscribe(show);
  }

  async function begin(at: number): Promise<void> {
    const { publisher, name, manifest } = stream;
    viewer = await session.viewer({ publisher, name, manifest, relays: origins });
    viewer.on(hear);
    spentBefore = (await session.balance()).spent;
    await playFrom(at);
  }

  async function switchSharing(on: boolean): Promise<void> {
    if (swarm !== undefined) {
      swarm.setActive(on);
      return;
    }
    if (!on) return;
    const at = video.currentTime;
    playback.stop();
    await playFrom(at);
    say("Segments are swapped with other viewers.");
  }

  setText("title", stream.title);
  byId("signed").replaceChildren("Signed by ", hash(stream.publisher));
  byId("play").onclick = () => {
    byId("cover").hidden = true;
    resume();
  };
  const proof = proofView(async (reference, range) => viewer.listed(reference, { range }), stream, lookOf);
  await begin(0);
  timers.push(
    window.setInterval(() => {
      chart.tick();
      watchRelays();
    }, CHART_MS),
  );
  video.addEventListener(
    "playing",
    () => {
      say(`${stream.title} plays.`);
    },
    { once: true },
  );

  return {
    stop() {
      for (const timer of timers) clearTimeout(timer);
      unsubscribe();
      playback.stop();
    },
    async renew() {
      const at = video.currentTime;
      playback.stop();
      await viewer.close();
      await begin(at);
    },
  };
}
