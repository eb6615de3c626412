import { fork } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { testStream } from "../../test/helpers/relayFixture.ts";
import type { BenchRelayConfig } from "./relayMain.ts";

/** Bytes of a segment. */
export const SEGMENT_SIZE = 1 << 20;
/** Segments of the stream; downloads go through them again and again. */
export const SEGMENTS = 8;
/** The publisher's name for the stream. */
export const STREAM_NAME = "benchmark";

/** A relay in a process of its own, with its database on disk and a stream of whole MiBs. */
export interface BenchRelay {
  readonly url: string;
  /** Its process. */
  readonly pid: number;
  /** Where the stream's files are; anybody may read them. */
  readonly folder: string;
  readonly stop: () => Promise<void>;
}

const MAIN = fileURLToPath(new URL("./relayMain.ts", import.meta.url));

/**
 * Starts the relay that is measured.
 *
 * @param front what it is told about an nginx in front
 */
export async function startBenchRelay(front: BenchRelayConfig["front"] = {}): Promise<BenchRelay> {
  const root = await mkdtemp(join(tmpdir(), "weir-bench-relay-"));
  await chmod(root, 0o755);
  const folder = join(root, "stream");
  await mkdir(folder);
  const { files } = await testStream(SEGMENTS, SEGMENT_SIZE, STREAM_NAME);
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);

  const child = fork(MAIN, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  child.send({ store: join(root, "relay.db"), folder, front } satisfies BenchRelayConfig);
  const exited = once(child, "exit");
  const url = await Promise.race([
    once(child, "message").then(([message]) => message as string),
    exited.then(([code]) => {
      throw new Error(`the relay ended with ${String(code)} before it served`);
    }),
  ]);
  const { pid } = child;
  if (pid === undefined) throw new Error("the relay has no process");
  return {
    ...{ url, pid, folder },
    async stop() {
      child.kill();
      await exited;
      await rm(root, { recursive: true });
    },
  };
}
