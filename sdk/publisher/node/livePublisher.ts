import { isSameAddress } from "../../core/hex.ts";
import { formatManifest, parseManifest, verifyManifest } from "../../core/manifest.ts";
import type { SessionSigner } from "../../core/signature.ts";
import { WeirError } from "../../core/weirError.ts";
import { readLivePlaylist } from "../livePlaylist.ts";
import type { LivePlaylist } from "../livePlaylist.ts";
import { liveWindow } from "../liveWindow.ts";
import { signManifest } from "../signManifest.ts";
import { findPlaylists, identityOf, leafOf, readWhole, wasReplaced } from "./encoderFolder.ts";
import { listFiles } from "./folder.ts";

/** What a publisher of a live stream tells. */
export type LiveEvent =
  /** A manifest is in the folder. Times are seconds since the epoch. */
  | {
      readonly type: "signed";
      readonly sequence: bigint;
      readonly resources: number;
      /** Paths that the manifest before it did not list, and those that it listed. */
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly notAfter: bigint;
    }
  /** Viewers do not get to see this state of a playlist; told once for each reason. It is looked at again all the time. */
  | { readonly type: "held"; readonly playlist: string; readonly error: WeirError }
  /** A playlist that was held is in order again. */
  | { readonly type: "released"; readonly playlist: string };

/** Where a live stream is published. */
export interface LivePlace {
  /** The encoder's folder. */
  readonly folder: string;
  /** The folder that relays get; absolute. */
  readonly out: string;
  /** Replaces a file of `out` in one step. */
  readonly write: (path: string, content: string | Uint8Array, durable: boolean) => Promise<void>;
  /** Removes a file of `out`. */
  readonly remove: (path: string) => Promise<void>;
}

/** How a live stream is published. */
export interface LivePublisherOptions {
  readonly signer: SessionSigner;
  readonly name: string;
  /** File name of the manifest in `out`. */
  readonly file: string;
  /** Seconds for which a manifest of the running stream is good. */
  readonly validSeconds: number;
  /** Seconds for which the last one is good, which lists the playlists too. */
  readonly finalSeconds: number;
  readonly onEvent: (event: LiveEvent) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Publishes what an encoder writes, step by step. */
export interface LivePublisher {
  /** Takes up what an earlier process left. To be called once, before anything else. */
  resume(): Promise<void>;
  /** Looks once at what the encoder wrote, and publishes it. @returns whether the stream has ended and is signed for good */
  step(): Promise<boolean>;
}

/** Milliseconds between two searches for playlists that were not there before. */
const SEARCH_MS = 500;

/**
 * Copies segments, manifest and playlists from the encoder's folder to the one that relays get, in this order: at no moment
 * does a playlist there name what the manifest there does not list, and nothing is listed that is not there. What a name
 * stands for never changes. That holds however the process ends.
 */
export function livePublisher(place: LivePlace, options: LivePublisherOptions): LivePublisher {
  const { folder, out } = place;
  const { file, finalSeconds, name, now, onEvent, signer, validSeconds } = options;
  const window = liveWindow();
  /** Identities of the encoder's files, of those whose content is known. */
  const identities = new Map<string, string>();
  const watched = new Map<string, WatchedPlaylist>();
  let sequence: bigint | undefined;
  let listed: ReadonlySet<string> = new Set();
  let notAfter = 0n;
  let written: string | undefined;
  let searchedAt = -Infinity;
  let isFinal = false;

  const seconds = (): bigint => BigInt(Math.floor(now() / 1_000));
  const readText = async (root: string, path: string): Promise<string> =>
    new TextDecoder("utf-8", { fatal: true }).decode((await readWhole(root, path)).bytes);

  async function resume(): Promise<void> {
    const found = await listFiles(out, file);
    const playlists: LivePlaylist[] = [];
    for (const path of found.filter((each) => /\.m3u8$/i.test(each))) {
      playlists.push(readLivePlaylist(await readText(out, path), path));
    }
    if ((await identityOf(out, file)) === undefined) {
      // What is listed is put in its place before it is signed, and a process may have been killed in between.
      if (playlists.every(({ isMaster }) => isMaster)) return;
      throw new WeirError("manifest-invalid", `${out} holds playlists that nobody signed; name an empty folder`);
    }
    const text = await readText(out, file);
    const manifest = parseManifest(text);
    if (!isSameAddress(manifest.publisher, signer.address) || manifest.name !== name) {
      throw new WeirError("manifest-invalid", `${out} holds another stream; name another folder`, {
        details: `${manifest.name} of ${manifest.publisher}`,
      });
    }
    verifyManifest(manifest, { publisher: signer.address });
    ({ sequence, notAfter } = manifest);
    written = text;
    listed = new Set(manifest.leaves.map(({ path }) => path));
    const present = new Set(found);
    for (const playlist of playlists) window.show(playlist, now());
    for (const leaf of manifest.leaves) if (present.has(leaf.path)) window.add(leaf, now() + window.keepMs());
    // Again, now that the entries are there: what is named stays.
    for (const playlist of playlists) {
      window.show(playlist, now());
      if (playlist.isMaster && present.has(playlist.path)) keepListed(playlist.path);
    }
  }

  function keepListed(path: string): void {
    const leaf = window.leaf(path);
    if (leaf !== undefined) window.add(leaf);
  }

  async function step(): Promise<boolean> {
    if (isFinal) return true;
    const found = await takeFresh();
    const fresh = found.flatMap(({ playlist }) => playlist ?? []);
    const ended = isEnded([...window.shown.values(), ...fresh]);
    const isDue = sequence === undefined || notAfter - seconds() < BigInt(validSeconds) - BigInt(validSeconds) / 3n;
    const nothingYet = window.leaves().length === 0;
    if (fresh.length > 0 || (isDue && !ended && !nothingYet)) await publish(fresh);
    // Not before: what could not be written is looked at again.
    for (const { identity, state } of found) state.taken = identity;
    if (ended) await finish();
    return isFinal;
  }

  /** Playlists that changed, with everything that they name in its place. */
  async function takeFresh(): Promise<FreshPlaylist[]> {
    if (now() - searchedAt >= SEARCH_MS) {
      searchedAt = now();
      for (const path of await findPlaylists(folder, out)) {
        if (!watched.has(path)) watched.set(path, { looked: undefined, taken: undefined, reason: undefined });
      }
    }
    const fresh: FreshPlaylist[] = [];
    for (const [path, state] of watched) {
      const identity = await identityOf(folder, path);
      if (identity === undefined || identity === state.taken) continue;
      const isWhole = identity === state.looked || wasReplaced(state.looked, identity);
      state.looked = identity;
      // One that is written where it is, and not put in its place, is looked at when it has stood still.
      if (!isWhole) continue;
      try {
        fresh.push({ playlist: await take(path), identity, state });
        if (state.reason !== undefined) onEvent({ type: "released", playlist: path });
        state.reason = undefined;
      } catch (error) {
        if (!WeirError.is(error)) throw error;
        if (state.reason !== error.message) onEvent({ type: "held", playlist: path, error });
        state.reason = error.message;
      }
    }
    return fresh;
  }

  /** @returns `undefined` if viewers have this state already, or it has no segment yet */
  async function take(path: string): Promise<LivePlaylist | undefined> {
    const text = await readText(folder, path);
    const before = window.shown.get(path);
    if (before?.text === text) return undefined;
    const playlist = readLivePlaylist(text, path);
    if (before !== undefined && playlist.mediaSequence < before.mediaSequence) {
      throw new WeirError(
        "manifest-stale",
        `the playlist ${path} went back from segment ${before.mediaSequence} to ${playlist.mediaSequence}; viewers would ` +
          "refuse it. Let the encoder go on where it ended (ffmpeg: -hls_flags append_list or -hls_start_number_source " +
          "epoch), or publish under another name into another folder",
      );
    }
    if (playlist.isMaster) {
      await list(path);
      return playlist;
    }
    for (const resource of playlist.resources) await list(resource);
    return playlist.durationMs > 0 ? playlist : undefined;
  }

  /** Puts a file in its place, and into the window; checks that it is what it was, if it is there. */
  async function list(path: string): Promise<void> {
    const known = window.leaf(path);
    if (known !== undefined) {
      const identity = await identityOf(folder, path);
      // The encoder may delete what is still listed.
      if (identity === undefined || identity === identities.get(path)) return;
    }
    const { bytes, identity } = await readWhole(folder, path);
    if (bytes.length === 0) throw new WeirError("manifest-invalid", `${path} is empty`);
    const leaf = leafOf(path, bytes);
    if (known !== undefined && known.contentHash.toLowerCase() !== leaf.contentHash) {
      throw new WeirError(
        "content-mismatch",
        `${path} was signed with other bytes; relays and viewers would refuse it. Give new content a new name`,
      );
    }
    if (known === undefined) await place.write(path, bytes, false);
    identities.set(path, identity);
    window.add(leaf);
  }

  async function publish(fresh: readonly LivePlaylist[], validFor = validSeconds): Promise<void> {
    // A playlist that was listed when it had ended, and goes on, is one that changes again.
    for (const { isMaster, path } of fresh) if (!isMaster) window.remove(path);
    const due = window.expire(now());
    await sign(validFor);
    for (const playlist of fresh) {
      if (!playlist.isMaster) await place.write(playlist.path, playlist.text, false);
      window.show(playlist, now());
    }
    for (const path of due) {
      identities.delete(path);
      await place.remove(path);
    }
  }

  async function sign(validFor: number): Promise<void> {
    await assertAlone();
    const leaves = window.leaves();
    // The time, so that it rises even when the folder was lost; and one more than the last, in case the clock went back.
    const floor = BigInt(now());
    const next = sequence !== undefined && sequence >= floor ? sequence + 1n : floor;
    const content = { publisher: signer.address, name, sequence: next, notAfter: seconds() + BigInt(validFor), leaves };
    const text = formatManifest(await signManifest(content, signer));
    await place.write(file, text, true);
    ({ sequence, notAfter } = content);
    written = text;
    const paths = new Set(leaves.map(({ path }) => path));
    const added = [...paths].filter((path) => !listed.has(path));
    const removed = [...listed].filter((path) => !paths.has(path));
    listed = paths;
    onEvent({ type: "signed", sequence, resources: leaves.length, added, removed, notAfter });
  }

  /** Two that sign one stream would both be refused now and then. */
  async function assertAlone(): Promise<void> {
    const present = (await identityOf(out, file)) === undefined ? undefined : await readText(out, file);
    if (present !== written) {
      throw new WeirError("manifest-stale", `another process writes ${file} in ${out}; stop one of the two`);
    }
  }

  /** The playlists do not change any more, so viewers can check them too. */
  async function finish(): Promise<void> {
    for (const { path, text } of window.shown.values()) window.add(leafOf(path, new TextEncoder().encode(text)));
    if (![...window.shown.keys()].every((path) => listed.has(path))) await publish([], finalSeconds);
    isFinal = true;
  }

  return { resume, step };
}

/** What is known of a playlist in the encoder's folder. */
interface WatchedPlaylist {
  /** Its identity when it was last looked at, and when it was last taken. */
  looked: string | undefined;
  taken: string | undefined;
  /** Why it is held. */
  reason: string | undefined;
}

/** A state of a playlist that was looked at. */
interface FreshPlaylist {
  /** Undefined if there is nothing to show. */
  readonly playlist: LivePlaylist | undefined;
  readonly identity: string;
  readonly state: WatchedPlaylist;
}

function isEnded(playlists: readonly LivePlaylist[]): boolean {
  const newest = new Map(playlists.map((playlist) => [playlist.path, playlist]));
  const media = [...newest.values()].filter(({ isMaster }) => !isMaster);
  return media.length > 0 && media.every(({ ended }) => ended);
}
