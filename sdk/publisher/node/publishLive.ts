import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SessionSigner } from "../../core/signature.ts";
import { WeirError } from "../../core/weirError.ts";
import { filePath, MANIFEST_FILE } from "./folder.ts";
import { livePublisher } from "./livePublisher.ts";
import type { LiveEvent } from "./livePublisher.ts";
import { replaceFile, TEMPORARY } from "./replaceFile.ts";

/** How a live stream is published. */
export interface PublishLiveOptions {
  /** The publisher's key. */
  readonly signer: SessionSigner;
  /** The publisher's own name for the stream. */
  readonly name: string;
  /** The folder that relays get: empty, or that of the same stream before. `signed` in the encoder's folder if left out. */
  readonly out?: string;
  /** The manifest's file name; `weir.json` if left out. */
  readonly file?: string;
  /**
   * Seconds for which each manifest of the running stream is good, from 10; 120 if left out. So long may a relay withhold
   * news, and so soon do viewers notice that the publisher signs no more. Clocks of viewers may be off by less than that.
   */
  readonly validSeconds?: number;
  /** Seconds for which the last manifest is good; a year if left out. */
  readonly finalSeconds?: number;
  /** Ends it after what is under way. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: LiveEvent | LiveFault) => void;
}

/** The files cannot be read or written just now; it is tried again. */
export interface LiveFault {
  readonly type: "failed";
  readonly error: WeirError;
}

const POLL_MS = 50;
const FAULT_MS = 1_000;
const LEAST_VALID_SECONDS = 10;
const YEAR = 365 * 86_400;

/**
 * Publishes a live HLS stream while an encoder writes it into a folder: copies each segment into the folder that relays get,
 * signs a manifest over what the playlists name and named until a while ago, and only then shows the playlists that name it.
 * Continues where an earlier process ended, however that ended. Byte ranges and parts of segments are refused.
 *
 * @param folder the encoder's, with playlists at any depth
 * @returns `ended` when all playlists have ended and are signed themselves, `stopped` when the signal came first
 * @throws WeirError `manifest-invalid` if the folder for relays holds something else, `manifest-stale` when another process
 * signs the same stream there, `malformed-message` for options out of range
 */
export async function publishLive(folder: string, options: PublishLiveOptions): Promise<"ended" | "stopped"> {
  const { signer, name, file = MANIFEST_FILE, validSeconds = 120, finalSeconds = YEAR, signal, onEvent } = options;
  if (!Number.isSafeInteger(validSeconds) || validSeconds < LEAST_VALID_SECONDS) {
    throw new WeirError("malformed-message", `validSeconds is no whole number from ${LEAST_VALID_SECONDS}`);
  }
  const encoder = path.resolve(folder);
  const out = path.resolve(options.out ?? path.join(folder, "signed"));
  if (`${encoder}${path.sep}`.startsWith(`${out}${path.sep}`)) {
    throw new WeirError("malformed-message", "the folder for relays must not be the encoder's, nor hold it");
  }
  await mkdir(out, { recursive: true });
  await removeTemporary(out);
  const publisher = livePublisher(
    {
      folder: encoder,
      out,
      write: async (name, content, durable) => replaceFile(filePath(out, name), content, durable),
      remove: async (name) => rm(filePath(out, name), { force: true }),
    },
    { signer, name, file, validSeconds, finalSeconds, onEvent: onEvent ?? (() => undefined), now: Date.now },
  );
  await publisher.resume();
  let problem: string | undefined;
  while (signal?.aborted !== true) {
    try {
      if (await publisher.step()) return "ended";
      problem = undefined;
      await pause(POLL_MS, signal);
    } catch (error) {
      if (WeirError.is(error)) throw error;
      const fault = new WeirError("storage-failed", error instanceof Error ? error.message : String(error), {
        cause: error,
      });
      if (fault.message !== problem) onEvent?.({ type: "failed", error: fault });
      problem = fault.message;
      await pause(FAULT_MS, signal);
    }
  }
  return "stopped";
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  // Rejects only when the signal comes, and then the loop ends.
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

/** What a process that was killed left half written. */
async function removeTemporary(out: string): Promise<void> {
  for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
    if (entry.name.startsWith(TEMPORARY)) await rm(path.join(entry.parentPath, entry.name), { force: true });
  }
}
