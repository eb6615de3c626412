/** How a film was played, as the video element and the buffers behind it tell. */
export interface Playback {
  /** Milliseconds from the begin of everything until the first picture is shown and the film moves. */
  readonly startupMs: number;
  /** Seconds that the film took beyond its own length, from there to its end. */
  readonly stallSeconds: number;
  /** How often the element waited for data after it had begun. */
  readonly waits: number;
  /** Mean number of lines of the picture: what quality was played. */
  readonly lines: number;
  /** SHA-256 of everything that was given to the decoder, in hexadecimal. */
  readonly appended: readonly string[];
}

/** Whoever feeds the video element. */
export interface FilmPlayer {
  /** Called when the film cannot go on. */
  readonly onFatal: (handler: (reason: string) => void) => void;
  readonly stop: () => void;
}

const SAMPLE_MS = 100;

/**
 * Plays a film from its first picture to its last and watches the video element meanwhile. Nothing here asks the player or the
 * viewer how it goes.
 *
 * @param start makes whatever the player needs: what it takes counts as part of the startup
 * @throws Error when the film ends before its end
 */
export async function playFilm(start: (video: HTMLVideoElement) => FilmPlayer): Promise<Playback> {
  const video = document.body.appendChild(document.createElement("video"));
  video.muted = true;
  video.autoplay = true;
  const appends = recordAppends();
  let waits = 0;
  let lines = 0;
  let samples = 0;
  let first: { readonly at: number; readonly position: number } | undefined;
  // A picture may be there before it moves: the film has begun when it does.
  const firstFrame = new Promise<void>((resolve) => {
    video.requestVideoFrameCallback(() => {
      resolve();
    });
  });
  const playing = new Promise<void>((resolve) => {
    video.addEventListener("playing", () => {
      resolve();
    });
  });
  const begun = Promise.all([firstFrame, playing]).then(() => {
    first = { at: performance.now(), position: video.currentTime };
  });
  video.addEventListener("waiting", () => {
    if (first !== undefined && !isAtEnd(video)) waits += 1;
  });
  const sampler = setInterval(() => {
    if (first === undefined) return;
    lines += video.videoHeight;
    samples += 1;
  }, SAMPLE_MS);
  const began = performance.now();
  const player = start(video);
  try {
    await new Promise<void>((resolve, reject) => {
      player.onFatal((reason) => {
        reject(new Error(`the player gave up at ${video.currentTime.toFixed(2)} s: ${reason}`));
      });
      video.addEventListener("ended", () => {
        resolve();
      });
      video.addEventListener("error", () => {
        reject(new Error(`the element gave up: ${video.error?.message ?? "for no reason"}`));
      });
    });
    const endedAt = performance.now();
    await begun;
    if (first === undefined) throw new Error("the film ended without a picture");
    const stallSeconds = (endedAt - first.at) / 1_000 - (video.duration - first.position);
    return {
      startupMs: first.at - began,
      stallSeconds,
      waits,
      lines: lines / samples,
      appended: await appends.hashes(),
    };
  } finally {
    clearInterval(sampler);
    appends.stop();
    player.stop();
    video.remove();
  }
}

/** A player that fetches nothing more waits at the end too. */
function isAtEnd({ currentTime, duration }: HTMLVideoElement): boolean {
  return duration - currentTime < 0.2;
}

/** Hashes what is appended to source buffers from now on. */
function recordAppends(): { readonly hashes: () => Promise<string[]>; readonly stop: () => void } {
  const original = Object.getOwnPropertyDescriptor(SourceBuffer.prototype, "appendBuffer")?.value as (
    this: SourceBuffer,
    data: BufferSource,
  ) => void;
  const hashes: Promise<string>[] = [];
  SourceBuffer.prototype.appendBuffer = function (data) {
    hashes.push(hash(data));
    original.call(this, data);
  };
  return {
    hashes: async () => Promise.all(hashes),
    stop() {
      SourceBuffer.prototype.appendBuffer = original;
    },
  };
}

async function hash(data: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return `0x${Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
