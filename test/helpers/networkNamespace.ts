import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";

/** A network of its own on this machine: its addresses, routes, ports and firewall are nobody else's. */
export interface NetworkNamespace {
  readonly name: string;
  /** What comes before a command that is to run inside. */
  readonly prefix: readonly string[];
  /** Runs a short command inside, such as `ip addr add …`. @throws Error with what it said */
  readonly run: (...command: readonly string[]) => string;
  /** Ends what still runs inside, and removes it. */
  readonly remove: () => void;
}

/**
 * Makes a namespace with loopback alone.
 *
 * @throws Error that says what the machine lacks; never a reason to skip a test
 */
export function addNamespace(): NetworkNamespace {
  const name = `weir-${randomBytes(4).toString("hex")}`;
  const prefix = ["ip", "netns", "exec", name];
  const added = spawnSync("ip", ["netns", "add", name], { encoding: "utf8" });
  if (added.status !== 0) {
    const reason = added.error?.message ?? added.stderr.trim();
    throw new Error(
      "This environment has no network namespaces, which the test needs: run it as root on Linux, with the package " +
        `iproute2 and the capability CAP_SYS_ADMIN (in a container: --privileged). ip netns add said: ${reason}`,
    );
  }
  const run = (...command: readonly string[]): string => runCommand([...prefix, ...command]);
  run("ip", "link", "set", "lo", "up");
  return {
    name,
    prefix,
    run,
    remove() {
      // Whatever runs in there was started in there.
      for (const pid of runCommand(["ip", "netns", "pids", name]).split("\n").filter(Boolean)) {
        process.kill(Number(pid), "SIGKILL");
      }
      runCommand(["ip", "netns", "delete", name]);
    },
  };
}

/** Runs a command to its end. @throws Error with what it said */
export function runCommand([program = "", ...args]: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
