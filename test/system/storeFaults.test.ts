import { execFileSync, fork, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parseProblem } from "../../sdk/http/index.ts";
import { sqliteStore } from "../../sdk/relay/index.ts";
import { eventually } from "../helpers/eventually.ts";
import { paperDomain, testStream } from "../helpers/relayFixture.ts";
import { testViewer } from "../helpers/testViewer.ts";
import type { TestViewer } from "../helpers/testViewer.ts";

const MAIN = fileURLToPath(new URL("../helpers/paperRelayMain.ts", import.meta.url));
const SEGMENTS = 4;
const SIZE = 20_000;
/** So little that a few dozen receipts fill it. */
const DISK_BYTES = 768 * 1024;

/** Locks a database as a careless program would, says so, and lets it go when its input ends. */
const LOCKING = `
  const { DatabaseSync } = require("node:sqlite");
  const database = new DatabaseSync(process.argv[1], { timeout: 5_000 });
  database.exec("BEGIN EXCLUSIVE");
  process.stdout.write("locked");
  process.stdin.resume().on("end", () => database.exec("COMMIT"));
`;

describe("a relay whose store fails", function () {
  this.timeout(120_000);

  let folder: string;
  let disk: string;
  let child: ChildProcess;
  let url = "";

  const kill = async (): Promise<void> => {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  const killNow = (): void => {
    child.kill("SIGKILL");
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "weir-faults-"));
    disk = join(folder, "disk");
    mkdirSync(disk);
    mkdirSync(join(folder, "video"));
    const { files } = await testStream(SEGMENTS, SIZE);
    for (const [name, bytes] of files) writeFileSync(join(folder, "video", name), bytes);
  });
  afterEach(async () => {
    process.removeListener("exit", killNow);
    await kill();
    rmSync(folder, { recursive: true });
  });

  const start = async (): Promise<void> => {
    child = fork(MAIN, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    process.once("exit", killNow);
    child.send({ store: join(disk, "relay.db"), folder: join(folder, "video"), port: 0 });
    [url] = (await once(child, "message")) as [string];
  };
  const openViewer = async (): Promise<TestViewer> => {
    const viewer = await testViewer({
      fetch: async (path, init) => fetch(url + path, init),
      origin: url,
      domain: paperDomain,
    });
    await viewer.open();
    return viewer;
  };
  /** What the relay said no to, or `none`. */
  const refusal = async (work: Promise<unknown>): Promise<string> => {
    try {
      await work;
      return "none";
    } catch (error) {
      const problem = /\{.*\}$/s.exec((error as Error).message)?.[0];
      if (problem === undefined) throw error;
      return parseProblem(problem, 503).error.code;
    }
  };
  /** Downloads a segment if nothing waits to be paid, and pays. */
  const play = async (viewer: TestViewer, i: number): Promise<string> => {
    if (viewer.entries.length > 0) return refusal(viewer.pay());
    const refused = await refusal(viewer.download(`segment-${i % SEGMENTS}.m4s`));
    return refused === "none" ? refusal(viewer.pay()) : refused;
  };

  it("locked by another program: waits, refuses, acknowledges nothing, and goes on", async () => {
    await start();
    const viewer = await openViewer();
    await viewer.download("segment-0.m4s");
    await viewer.pay();
    const before = viewer.acknowledged.deliveredBytes;
    await viewer.download("segment-1.m4s");
    const locker = spawn(process.execPath, ["-e", LOCKING, join(disk, "relay.db")], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(locker.stdout, "data");
    const codes = await Promise.all(Array.from({ length: 3 }, async () => refusal(viewer.pay())));
    expect(codes).to.deep.equal(["storage-failed", "storage-failed", "storage-failed"]);
    const other = await fetch(`${url}/weir/sessions`, { method: "POST", body: "{}" });
    expect(other.status, "the relay still answers").to.equal(400);
    await other.body?.cancel();
    locker.stdin.end();
    await once(locker, "exit");
    await eventually("it is taken", async () => ((await play(viewer, 1)) === "none" ? true : undefined));
    expect(viewer.acknowledged.deliveredBytes).to.equal(before + BigInt(SIZE));
    await expectHeld(viewer);
  });

  it("with a full disk: refuses, acknowledges nothing, and goes on when there is room", async () => {
    const room = makeSmallDisk(disk);
    try {
      await start();
      const viewer = await openViewer();
      const pid = child.pid!;
      await viewer.download("segment-0.m4s");
      await viewer.pay();
      room.fill(pid);
      let code = "none";
      for (let i = 1; code === "none" && i < 500; i++) code = await play(viewer, i);
      expect(code).to.equal("storage-failed");
      const { deliveredBytes } = viewer.acknowledged;
      expect(await play(viewer, 0), "it stays so").to.equal("storage-failed");
      expect(viewer.acknowledged.deliveredBytes).to.equal(deliveredBytes);
      room.free(pid);
      await eventually("it goes on", async () => ((await play(viewer, 0)) === "none" ? true : undefined));
      expect(viewer.acknowledged.deliveredBytes > deliveredBytes).to.equal(true);
      await expectHeld(viewer);
    } finally {
      await kill();
      room.remove();
      await start();
    }
  });

  /** Ends the relay without warning and looks into its database. */
  async function expectHeld(viewer: TestViewer): Promise<void> {
    await kill();
    const store = sqliteStore(join(disk, "relay.db"));
    await store.start();
    try {
      const { state } = (await store.readChannel(viewer.id))!;
      expect(state.acknowledged.deliveredBytes).to.equal(viewer.acknowledged.deliveredBytes);
      const log = await store.readLog(viewer.id);
      expect(log.at(-1)?.receipt.deliveredBytes).to.equal(viewer.acknowledged.deliveredBytes);
      for (const [i, { prev }] of log.entries()) {
        expect(prev.deliveredBytes).to.equal(log[i - 1]?.receipt.deliveredBytes ?? 0n);
      }
    } finally {
      await store.stop();
    }
    await start();
  }
});

interface SmallDisk {
  readonly fill: (pid: number) => void;
  readonly free: (pid: number) => void;
  readonly remove: () => void;
}

/** A disk of its own where that may be mounted; else the process may write no file beyond a size. */
function makeSmallDisk(folder: string): SmallDisk {
  const filler = join(folder, "filler");
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    // No right to mount.
    const limit = (pid: number, bytes: string): void => {
      execFileSync("prlimit", [`--pid=${pid}`, `--fsize=${bytes}:`]);
    };
    return {
      fill: (pid) => {
        limit(pid, String(DISK_BYTES / 4));
      },
      free: (pid) => {
        limit(pid, "unlimited");
      },
      remove: () => undefined,
    };
  }
  return {
    fill() {
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(filler, new Uint8Array(Math.max(bavail * bsize - 16_384, 0)));
    },
    free() {
      rmSync(filler);
    },
    remove() {
      execFileSync("umount", [folder]);
    },
  };
}
