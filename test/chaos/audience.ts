import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { playHls } from "../../scripts/demo/player.ts";
import type { ByteRange } from "../../scripts/demo/player.ts";
import { WeirError } from "../../sdk/core/index.ts";
import { memoryStore } from "../../sdk/viewer/index.ts";
import type { Viewer, ViewerStore } from "../../sdk/viewer/index.ts";
import type { Stage, StagedPayer } from "../helpers/stage.ts";
import type { SeededRandom } from "./seededRandom.ts";
import type { Witness } from "./witness.ts";

/** Viewers that watch until they are sent home. */
export interface Audience {
  /** Times that the stream was watched from its first segment to its last. */
  readonly played: () => number;
  /** Resources that a player was handed with other bytes than were published. */
  readonly wrong: () => number;
  /** Sends everybody home: they pay what they owe if they can, and end their sessions. */
  readonly leave: () => Promise<void>;
}

/** Whom to watch, and how. */
export interface AudienceOptions {
  readonly stage: Stage;
  /** One more account. */
  readonly openPayer: () => Promise<StagedPayer>;
  readonly witness: Witness;
  readonly random: SeededRandom;
  /** Origin of the relay. */
  readonly relay: string;
  readonly viewers: number;
}

/** Much faster than real time, with a pause whenever the buffer is full. */
const SPEEDS = [20, 40, 80] as const;
const BUFFER_SECONDS = 20;
/** Plays after which a viewer ends its session and comes back. */
const MOST_PLAYS = 3;
/** Times in a row that a viewer may be turned away, and milliseconds until it comes back. */
const MOST_TURNED_AWAY = 240;
const COME_BACK_MS = 500;
/** Milliseconds; a relay that was killed is back within seconds, even on a busy machine. */
const TIMING = { request: 5_000, stall: 3_000, giveUp: 120_000, close: 3_000 };
/** Whoever does not get through asks anew every second, instead of ever more seldom. */
const POLICY = { maxFailures: 2, dropSeconds: 1 };

/** Lets so many viewers in. */
export function openAudience({ openPayer, random, relay, stage, viewers, witness }: AudienceOptions): Audience {
  const home = new AbortController();
  const isOver = (): boolean => home.signal.aborted;
  let played = 0;
  let wrong = 0;

  const enter = (payer: StagedPayer, store: ViewerStore): Viewer =>
    stage.viewer(payer, [relay], { store, fetch: witness.fetch, timing: TIMING, policy: POLICY });

  const play = async (viewer: Viewer): Promise<void> => {
    const load = async (file: string, range?: ByteRange): Promise<Uint8Array> => {
      const answer = await viewer.fetch(file, { range, signal: home.signal });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const published = await readFile(path.join(stage.media, file));
      if (!published.subarray(range?.first, range && range.last + 1).equals(bytes)) wrong += 1;
      return bytes;
    };
    await playHls("master.m3u8", load, {
      speed: random.pick(SPEEDS),
      startSeconds: 0,
      bufferSeconds: BUFFER_SECONDS,
    });
    played += 1;
  };

  /** Watches with one account until that is used up, or everybody goes. */
  const useUp = async (payer: StagedPayer): Promise<void> => {
    const store = memoryStore();
    let turnedAway = 0;
    while (!isOver()) {
      const viewer = enter(payer, store);
      try {
        for (let plays = random.between(1, MOST_PLAYS); plays > 0; plays--) {
          await play(viewer);
          turnedAway = 0;
        }
      } catch (error) {
        if (isOver()) return;
        if (WeirError.is(error, "budget-exhausted")) return;
        // Whoever comes while the relay is gone has no manifest yet. One who never gets in is a failure.
        if (!WeirError.is(error, "no-relay-left") || ++turnedAway > MOST_TURNED_AWAY) throw error;
        await sleep(COME_BACK_MS);
        continue;
      } finally {
        await viewer.close();
      }
    }
  };

  const seats = Array.from({ length: viewers }, async () => {
    while (!isOver()) await useUp(await openPayer());
  });
  const over = Promise.all(seats);
  over.catch(() => undefined); // `leave` states it.
  return {
    played: () => played,
    wrong: () => wrong,
    async leave() {
      home.abort();
      await over;
    },
  };
}
