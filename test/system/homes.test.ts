import { execFile } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { spawnGuarded } from "../../scripts/local/spawnGuarded.ts";
import type { Check } from "../../sdk/cli/doctor/check.ts";
import { certificateAuthority, testCertificate } from "../helpers/certificate.ts";
import { buildHomeNetwork, nft } from "../helpers/homeNetwork.ts";
import type { HomeNetwork } from "../helpers/homeNetwork.ts";
import type { HomeRelayConfig } from "../helpers/homeRelayMain.ts";
import { runCommand } from "../helpers/networkNamespace.ts";
import type { NetworkNamespace } from "../helpers/networkNamespace.ts";

const HELPERS = join(import.meta.dirname, "../helpers");
const WEIR = join(import.meta.dirname, "../../sdk/cli/main.ts");
const PORT = 8402;
const URL = `https://relay.example:${String(PORT)}`;

describe("a relay at home, on networks of this machine", function () {
  this.timeout(120_000);
  let folder: string;
  let network: HomeNetwork;
  const running: ChildProcessWithoutNullStreams[] = [];

  /** Starts what keeps running, and waits until it says so. */
  const start = async ({ prefix }: NetworkNamespace, command: readonly string[], ready: RegExp): Promise<void> => {
    const child = spawnGuarded([...prefix, ...command]);
    running.push(child);
    let said = "";
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          said += text;
          if (ready.test(said)) resolve();
        });
      }
      child.once("exit", () => {
        reject(new Error(`${command.join(" ")} ended: ${said}`));
      });
    });
  };
  /** Runs Node.js where viewers are, trusting the authority that signed the relay's certificate. */
  const away = async (...args: readonly string[]): Promise<string> => {
    const [program = "", ...rest] = [...network.away.prefix, process.execPath, ...args];
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, "authority.pem") };
    return (await promisify(execFile)(program, rest, { env, timeout: 60_000 })).stdout;
  };
  const watch = async (): Promise<string> => away(join(HELPERS, "awayViewerMain.ts"), URL);
  const verdicts = async (): Promise<Record<string, string>> => {
    const { checks } = JSON.parse(await away(WEIR, "relay", "doctor", "--reach", URL, "--json")) as {
      readonly checks: readonly Check[];
    };
    return Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]));
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "weir-homes-"));
    network = buildHomeNetwork();
    const authority = certificateAuthority();
    const { cert, key } = testCertificate({ names: ["relay.example"], issuer: authority });
    const tls = { certificate: join(folder, "fullchain.pem"), key: join(folder, "privkey.pem") };
    writeFileSync(tls.certificate, cert);
    writeFileSync(tls.key, key, { mode: 0o600 });
    writeFileSync(join(folder, "authority.pem"), authority.cert);
    const config: HomeRelayConfig = { port: PORT, publicUrl: URL, tls, database: join(folder, "relay.db") };
    const main = join(HELPERS, "homeRelayMain.ts");
    await start(network.home, [process.execPath, main, JSON.stringify(config)], /serving/);
  });
  after(() => {
    for (const child of running) child.stdin.end();
    network.remove();
    rmSync(folder, { recursive: true });
  });

  it("is out of reach until the router lets somebody in", () => {
    const probe = `</dev/tcp/203.0.113.2/${String(PORT)}`;
    expect(() => network.away.run("timeout", "2", "bash", "-c", probe)).to.throw();
  });

  it("is paid through a port forward of its router, and well by a doctor outside", async () => {
    nft(network.router, `add rule inet router in iifname wan tcp dport ${String(PORT)} dnat ip to 192.168.77.2`);
    network.name("relay.example", ["203.0.113.2"]);
    expect(await watch()).to.equal("300000\n");
    expect(await verdicts()).to.deep.equal({ address: "ok", ipv4: "ok", tls: "ok", reach: "ok", cors: "ok" });
  });

  it("is paid over IPv6, through a hole in the router's firewall", async () => {
    network.name("relay.example", ["2001:db8:77::2"]);
    const open = `ip6 daddr 2001:db8:77::2 tcp dport ${String(PORT)} accept`;
    nft(network.router, `add rule inet router through ${open}`);
    expect(await watch()).to.equal("300000\n");
    network.name("relay.example", ["203.0.113.2", "2001:db8:77::2"]);
    expect(await verdicts()).to.include({ address: "ok", ipv4: "ok", ipv6: "ok", reach: "ok" });
  });

  it("is paid through a tunnel that it opened from inside, when the router lets nobody in", async () => {
    nft(network.router, "flush chain inet router in");
    const identity = join(folder, "identity");
    for (const file of [identity, join(folder, "host")])
      runCommand(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file]);
    const settings = [
      ...["ListenAddress 203.0.113.5", `HostKey ${join(folder, "host")}`, `AuthorizedKeysFile ${identity}.pub`],
      ...["StrictModes no", "UsePAM no", "PidFile none", "PermitRootLogin prohibit-password"],
      "GatewayPorts clientspecified",
    ];
    writeFileSync(join(folder, "sshd_config"), `${settings.join("\n")}\n`);
    chmodSync(folder, 0o700);
    mkdirSync("/run/sshd", { recursive: true });
    await start(network.server, ["/usr/sbin/sshd", "-D", "-e", "-f", join(folder, "sshd_config")], /Server listening/);
    const trust = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-i", identity];
    const forward = `0.0.0.0:${String(PORT)}:127.0.0.1:${String(PORT)}`;
    const tunnel = ["ssh", "-v", "-N", "-o", "ExitOnForwardFailure=yes", "-R", forward, ...trust, "root@203.0.113.5"];
    await start(network.home, tunnel, /remote forward success/);
    network.name("relay.example", ["203.0.113.5"]);
    expect(await watch()).to.equal("300000\n");
    expect(await verdicts()).to.deep.equal({ address: "ok", ipv4: "ok", tls: "ok", reach: "ok", cors: "ok" });
  });
});
