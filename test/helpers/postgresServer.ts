import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { globSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { spawnGuarded } from "../../scripts/local/spawnGuarded.ts";
import { freePort } from "./freePort.ts";

const run = promisify(execFile);

/** A PostgreSQL server of its own, with nothing in it. */
export interface PostgresServer {
  /** Where it is, for whoever may do everything. */
  readonly url: string;
  readonly start: () => Promise<void>;
  /** Ends it and everything that is connected. With `immediate`, as a power failure would. */
  readonly stop: (mode?: "fast" | "immediate") => Promise<void>;
  /** Stops it if it runs, and removes all its data. */
  readonly remove: () => Promise<void>;
}

/**
 * Makes a server from Debian's package on a free loopback port, with its data in a temporary folder, and starts it. It
 * runs as an unprivileged user: PostgreSQL refuses root. It dies with this process.
 *
 * @param more settings as `name=value`
 */
export async function startPostgres(more: readonly string[] = []): Promise<PostgresServer> {
  const [bin] = globSync("/usr/lib/postgresql/*/bin").sort().reverse();
  if (bin === undefined) throw new Error("PostgreSQL is not installed: apt-get install postgresql");
  const user = process.getuid?.() === 0 ? debianUser() : undefined;
  const folder = await mkdtemp(path.join(tmpdir(), "weir-postgres-"));
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const data = path.join(folder, "data");
  const command = async (name: string, ...args: string[]): Promise<void> => {
    await run(path.join(bin, name), args, { ...user, cwd: folder });
  };
  await command("initdb", "-D", data, "-U", "weir", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale", "C");
  const port = await freePort();
  let running: ReturnType<typeof spawnGuarded> | undefined;

  const server: PostgresServer = {
    url: `postgres://weir@127.0.0.1:${port}/postgres`,
    async start() {
      const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", ...more];
      const args = ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
      running = spawnGuarded([path.join(bin, "postgres"), ...args], { ...user, cwd: folder });
      running.stdout.resume();
      const output: string[] = [];
      const lines = createInterface({ input: running.stderr });
      await new Promise<void>((resolve, reject) => {
        lines.on("line", (line) => {
          output.push(line);
          if (line.includes("database system is ready")) resolve();
        });
        running?.once("exit", () => {
          reject(new Error(`PostgreSQL did not start:\n${output.join("\n")}`));
        });
      });
      // What it says later is read and dropped, or it would block on a full pipe.
      output.length = 0;
      lines.removeAllListeners("line").on("line", () => undefined);
    },
    async stop(mode = "fast") {
      if (running === undefined) return;
      const ended = once(running, "exit");
      await command("pg_ctl", "stop", "-D", data, "-m", mode, "-w");
      await ended;
      running = undefined;
    },
    async remove() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

/** The user that Debian's package makes for its servers. */
function debianUser(): { readonly uid: number; readonly gid: number } {
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
