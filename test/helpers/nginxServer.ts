import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { spawnGuarded } from "../../scripts/local/spawnGuarded.ts";

const run = promisify(execFile);

/** Where Debian's package puts it; whoever is not root may not have that folder in the path. */
const BINARY = "/usr/sbin/nginx";
const START_TIMEOUT_MS = 30_000;

/** An nginx of its own. */
export interface NginxServer {
  /** Ids of its processes: the master's and those of its workers. */
  readonly processes: () => readonly number[];
  /** Ends it and everything that is connected, and removes its folder. Safe to call twice. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts nginx from Debian's package with a configuration of its own. As root it runs its workers as the package's user,
 * as Debian does, so that they must be allowed to read what they serve. It dies with this process.
 *
 * @param http what stands in the `http` block
 * @param workers number of worker processes
 * @throws Error with what nginx says about its configuration
 */
export async function startNginx(http: string, workers = 1): Promise<NginxServer> {
  if (!existsSync(BINARY)) throw new Error("nginx is not installed: apt-get install nginx");
  const folder = mkdtempSync(path.join(tmpdir(), "weir-nginx-"));
  chmodSync(folder, 0o755);
  const pidFile = path.join(folder, "nginx.pid");
  const config = path.join(folder, "nginx.conf");
  writeFileSync(config, mainConfig(folder, http, workers));
  const command = [BINARY, "-p", folder, "-c", config, "-e", path.join(folder, "start.log")];
  await run(command[0] ?? "", [...command.slice(1), "-t", "-q"]).catch((error: unknown) => {
    rmSync(folder, { recursive: true });
    throw error;
  });
  // Killed, the master would leave its workers behind.
  const child = spawnGuarded(command, { signal: "TERM" });
  child.stdout.resume();
  child.stderr.resume();
  const ended = once(child, "exit");
  const giveUpAt = performance.now() + START_TIMEOUT_MS;
  while (
    !existsSync(pidFile) ||
    readFileSync(pidFile, "utf8") === "" ||
    childrenOf(masterOf(pidFile)).length < workers
  ) {
    if (child.exitCode !== null || performance.now() > giveUpAt) {
      child.stdin.end();
      throw new Error(`nginx did not start: ${readFileSync(path.join(folder, "start.log"), "utf8")}`);
    }
    await sleep(20);
  }
  const master = masterOf(pidFile);
  return {
    processes: () => [master, ...childrenOf(master)],
    async stop() {
      child.stdin.end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function masterOf(pidFile: string): number {
  return Number(readFileSync(pidFile, "utf8"));
}

function childrenOf(process: number): number[] {
  const text = readFileSync(`/proc/${process}/task/${process}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/** What Debian's nginx.conf says, with every path in a folder of its own. */
function mainConfig(folder: string, http: string, workers: number): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `${process.getuid?.() === 0 ? "user www-data;" : ""}
daemon off;
worker_processes ${workers};
pid nginx.pid;
error_log ${folder}/start.log;
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log off;
  gzip on;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
${http}
}
`;
}
