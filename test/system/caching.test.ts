import { expect } from "chai";
import { execFileSync, fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, globSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatManifest } from "../../sdk/core/index.ts";
import { startBadOrigin } from "../helpers/badOrigin.ts";
import type { BadOrigin } from "../helpers/badOrigin.ts";
import type { CachingRelayConfig } from "../helpers/cachingRelayMain.ts";
import { randomFile, testManifest } from "../helpers/relayFixture.ts";

const MAIN = fileURLToPath(new URL("../helpers/cachingRelayMain.ts", import.meta.url));
const SEGMENTS = 56;
const SIZE = 400_000;
/** Room for two thirds of the stream. */
const MAX_BYTES = 16 * 1024 * 1024;
const ROUNDS = 3;

interface Relay {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it wrote to standard error. */
  readonly errors: () => string;
}

describe("Caching relays in processes of their own, on one folder", function () {
  this.timeout(120_000);
  let base: string;
  let folder: string;
  let origin: BadOrigin;
  const hashes: string[] = [];
  const children = new Set<ChildProcess>();
  let stores = 0;

  const start = async (): Promise<Relay> => {
    const child = fork(MAIN, { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    children.add(child);
    let errors = "";
    child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    const config: CachingRelayConfig = {
      store: join(base, `relay-${++stores}.db`),
      origin: origin.url,
      cache: { folder, maxBytes: MAX_BYTES },
    };
    child.send(config);
    const [url] = (await once(child, "message")) as [string];
    return { url, child, errors: () => errors };
  };
  const kill = async ({ child }: Relay): Promise<void> => {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    children.delete(child);
  };
  /** The status of a segment; 0 if the relay died. What arrives whole must be right. */
  const ask = async ({ url }: Relay, i: number): Promise<number> => {
    try {
      const response = await fetch(`${url}/free/segment-${i}.m4s`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status === 200) expect(sha256(bytes)).to.equal(hashes[i]);
      return response.status;
    } catch (error) {
      if (error instanceof TypeError) return 0;
      throw error;
    }
  };
  const askAll = async (relay: Relay): Promise<number[]> => {
    const found: number[] = [];
    for (let i = 0; i < SEGMENTS; i++) if ((await ask(relay, i)) === 200) found.push(i);
    return found;
  };
  const bytesIn = (): number =>
    globSync("**", { cwd: folder })
      .map((name) => statSync(join(folder, name), { throwIfNoEntry: false }))
      .reduce((sum, stats) => sum + (stats?.isFile() === true ? stats.size : 0), 0);

  before(async () => {
    base = mkdtempSync(join(tmpdir(), "weir-caching-"));
    folder = join(base, "cache");
    const resources = Array.from({ length: SEGMENTS }, (_, i) => ({
      path: `segment-${i}.m4s`,
      bytes: randomFile(SIZE),
    }));
    hashes.push(...resources.map(({ bytes }) => sha256(bytes)));
    const manifest = new TextEncoder().encode(formatManifest(await testManifest(resources)));
    origin = await startBadOrigin([
      ...resources.map(({ path, bytes }) => [path, bytes] as const),
      ["weir.json", manifest],
    ]);
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await origin.stop();
    rmSync(base, { recursive: true });
  });

  it("are killed while they fill it, and neither exceed its limit nor serve a wrong byte", async () => {
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, bytesIn())), 25);
    const steady = await start();
    for (let round = 0; round < ROUNDS; round++) {
      const doomed = await start();
      const asking = [askAll(steady), askAll(doomed)];
      // Somewhere in the middle of its work, later each time.
      for (let i = 0; i <= round * 12; i += 4) await ask(doomed, (i * 7) % SEGMENTS);
      await kill(doomed);
      await Promise.all(asking);
    }
    clearInterval(watch);
    expect(most).to.be.within(MAX_BYTES / 2, MAX_BYTES);
    expect(steady.errors()).to.equal("");
    await kill(steady);
  });

  it("serve what is in it when the origin is gone, and nothing that was damaged meanwhile", async () => {
    await origin.stop();
    const relay = await start();
    expect((await fetch(`${relay.url}/free/weir.json`)).status).to.equal(200);
    const found = await askAll(relay);
    expect(found.length).to.be.within(SEGMENTS / 4, SEGMENTS - 1);
    await kill(relay);

    const [damaged = 0] = found;
    appendFileSync(join(folder, hashes[damaged]!.slice(0, 2), hashes[damaged]!), "x");
    const again = await start();
    expect(await ask(again, damaged)).to.equal(502);
    expect(await ask(again, found[1]!)).to.equal(200);
    await origin.start();
    expect(await ask(again, damaged)).to.equal(200);
    await kill(again);
  });

  it("serve everything when the disk takes no more", async () => {
    rmSync(folder, { recursive: true });
    const relay = await start();
    // Writes of segments now fail half-way, as they do on a full disk.
    execFileSync("prlimit", ["--pid", String(relay.child.pid), `--fsize=${SIZE / 2}`]);
    expect(await askAll(relay)).to.have.length(SEGMENTS);
    expect(bytesIn()).to.be.below(SIZE);
    await kill(relay);
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
