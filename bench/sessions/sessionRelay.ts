import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { testStream } from "../../test/helpers/relayFixture.ts";
import type { RelayMemory, SessionRelayConfig } from "./relayMain.ts";

/** Segments of the stream, and the bytes of each. */
export const SEGMENTS = 8;
export const SEGMENT_SIZE = 16_384;

/** A relay in a process of its own, with its database on disk. */
export interface SessionRelay {
  readonly url: string;
  readonly memory: () => Promise<RelayMemory>;
  readonly stop: () => Promise<void>;
}

const MAIN = fileURLToPath(new URL("./relayMain.ts", import.meta.url));

/** Starts the relay that is measured. It dies with this process. */
export async function startSessionRelay(): Promise<SessionRelay> {
  const root = await mkdtemp(join(tmpdir(), "weir-bench-sessions-"));
  const folder = join(root, "stream");
  await mkdir(folder);
  const { files } = await testStream(SEGMENTS, SEGMENT_SIZE);
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);

  const child = fork(MAIN, { execArgv: ["--expose-gc"], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);
  const exited = once(child, "exit");
  const answer = async (): Promise<unknown> =>
    Promise.race([
      once(child, "message").then(([message]) => message as unknown),
      exited.then(([code]) => {
        throw new Error(`the relay ended with ${String(code)}`);
      }),
    ]);
  child.send({ store: join(root, "relay.db"), folder } satisfies SessionRelayConfig);
  const url = (await answer()) as string;
  return {
    url,
    async memory() {
      const memory = answer();
      child.send("memory");
      return (await memory) as RelayMemory;
    },
    async stop() {
      process.removeListener("exit", kill);
      kill();
      await exited;
      await rm(root, { recursive: true });
    },
  };
}
