import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { OfferedStream } from "../../apps/player/src/playerConfig.ts";
import type { SessionSigner } from "../../sdk/core/index.ts";
import { publishFolder } from "../../sdk/publisher/node/index.ts";
import { canEncode, film } from "../media/film.ts";

const TEST_CARD = path.join(import.meta.dirname, "../../test/media/testcard");

/** Streams in folders, signed, with a picture of each where one could be made. */
export interface PublishedStreams {
  readonly streams: readonly OfferedStream[];
  readonly posters: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** What can be chosen about the streams. */
export interface StreamsOptions {
  /** A folder into which they go, each into one of its own. */
  readonly folder: string;
  readonly publisher: SessionSigner;
  /** Whether the film is wanted; the test card is there in any case, and needs no encoding. */
  readonly withFilm: boolean;
  readonly onLine: (line: string) => void;
}

type Description = Pick<OfferedStream, "about" | "name" | "title">;

const FILM: Description = {
  name: "dusk",
  title: "Dusk on the river",
  about: "A minute of slow water, in two qualities.",
};

const CARD: Description = {
  name: "testcard",
  title: "Test card",
  about: "Twenty-five seconds that count themselves, in three qualities.",
};

/** Publishes the film, if it can be made, and the test card. */
export async function publishStreams(options: StreamsOptions): Promise<PublishedStreams> {
  const { onLine, withFilm } = options;
  const hasEncoder = await canEncode();
  const sources: [Description, string][] = [[CARD, TEST_CARD]];
  if (withFilm && hasEncoder) {
    const made = await film(() => {
      onLine("film       is encoded once, which takes half a minute; next time it is there");
    });
    sources.unshift([FILM, made]);
  } else if (withFilm) {
    onLine("film       ffmpeg is not installed: the test card alone is shown");
  }
  const streams: OfferedStream[] = [];
  const posters = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [description, source] of sources) {
    const { name } = description;
    const folder = path.join(options.folder, name);
    await cp(source, folder, { recursive: true });
    const { leaves } = await publishFolder(folder, { signer: options.publisher, name });
    onLine(`publisher  signed ${leaves.length} resources of “${description.title}”`);
    if (hasEncoder) posters.set(`${name}.jpg`, await posterOf(folder));
    streams.push({
      ...description,
      publisher: options.publisher.address,
      manifest: `/${name}/weir.json`,
      playlist: "master.m3u8",
      ...(hasEncoder && { poster: `posters/${name}.jpg` }),
    });
  }
  return { streams, posters };
}

/** A picture from the stream, as JPEG. */
async function posterOf(folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const output = ["-ss", "3", "-frames:v", "1", "-vf", "scale=640:-2", "-f", "mjpeg", "-q:v", "4", "pipe:1"];
  const { stdout } = await promisify(execFile)(
    "ffmpeg",
    ["-nostdin", "-loglevel", "error", "-i", path.join(folder, "master.m3u8"), ...output],
    { encoding: "buffer", maxBuffer: 1 << 22 },
  );
  return new Uint8Array(stdout);
}
