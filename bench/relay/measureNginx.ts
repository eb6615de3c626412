import { mkdtempSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Secp256k1 } from "../../sdk/core/index.ts";
import { documentedNginx } from "../../test/helpers/documentedNginx.ts";
import { freePort } from "../../test/helpers/freePort.ts";
import { startNginx } from "../../test/helpers/nginxServer.ts";
import { median } from "../median.ts";
import { processorTime } from "../processorTime.ts";
import { startBenchRelay } from "./benchRelay.ts";
import { download, segmentAt } from "./downloads.ts";
import { CONNECTIONS, pace } from "./pace.ts";
import { openPayers } from "./payer.ts";

/** Alternating pairs that are measured. */
export const NGINX_PAIRS = 7;
/** Share of plain nginx's own full speed that is offered to both arms. */
export const OFFERED_SHARE = 0.5;
/** Segments that each connection downloads in an arm of a pair. */
const TURNS = 48;
/** Downloads at full speed that say what half of it is. */
const CALIBRATIONS = 3;

/** What one arm of a pair delivered, in MiB per second, and the processor time that all servers took for it. */
export interface NginxArm {
  readonly perSecond: number;
  /** Seconds. */
  readonly processor: number;
}

/** What was measured. */
export interface NginxMeasurement {
  /** MiB per second that were asked for, the same in both arms. */
  readonly offeredLoad: number;
  /** MiB per second of plain nginx when as much as possible is asked for. */
  readonly fullSpeed: number;
  readonly pairs: readonly { readonly plain: NginxArm; readonly paid: NginxArm }[];
  /** Processor seconds of all servers for each GiB: nginx, and the relay behind it. */
  readonly cpuPerGiB: { readonly plain: number; readonly paid: number };
}

/**
 * Measures nginx in front of a relay, as documented but without TLS, beside the same nginx with the same files and no relay.
 * Both are asked for the same load, half of what the second can do on this machine together with these clients: there is
 * room for both, and none for an arm that takes twice the time.
 */
export async function measureNginx(secp256k1: Secp256k1): Promise<NginxMeasurement> {
  const [port, plainPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const relay = await startBenchRelay({ accel: "/weir-files/", publicUrl: url });
  const logs = mkdtempSync(join(tmpdir(), "weir-bench-nginx-"));
  const { folder } = relay;
  const paidServer = documentedNginx({
    port,
    relayPort: Number(new URL(relay.url).port),
    path: "/paid/",
    folder,
    logs,
  });
  const plainServer = `server {
    listen 127.0.0.1:${plainPort};
    access_log ${logs}/plain.log weir;
    location / { alias ${folder}/; }
  }`;
  const nginx = await startNginx(`${paidServer}\n${plainServer}`, availableParallelism());
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  try {
    return await measure();
  } finally {
    agent.destroy();
    await nginx.stop();
    await relay.stop();
    rmSync(logs, { recursive: true });
  }

  async function measure(): Promise<NginxMeasurement> {
    await paid(Infinity);
    const speeds: number[] = [];
    for (let i = 0; i < CALIBRATIONS; i++) speeds.push((await plain(Infinity)).perSecond);
    const fullSpeed = median(speeds);
    const offeredLoad = fullSpeed * OFFERED_SHARE;
    const pairs: { plain: NginxArm; paid: NginxArm }[] = [];
    for (let pair = 0; pair < NGINX_PAIRS; pair++) {
      // Each arm goes first as often as the other.
      const before = pair % 2 === 0 ? undefined : await plain(offeredLoad);
      const paidArm = await paid(offeredLoad);
      pairs.push({ plain: before ?? (await plain(offeredLoad)), paid: paidArm });
    }
    const perGiB = (arm: "plain" | "paid"): number =>
      (pairs.reduce((sum, each) => sum + each[arm].processor, 0) / (NGINX_PAIRS * CONNECTIONS * TURNS)) * 1_024;
    return { offeredLoad, fullSpeed, pairs, cpuPerGiB: { plain: perGiB("plain"), paid: perGiB("paid") } };
  }

  async function plain(offered: number): Promise<NginxArm> {
    const downloadOne = async (turn: number): Promise<void> => {
      await download(`http://127.0.0.1:${plainPort}/${segmentAt(turn)}`, agent);
    };
    return timed(async () => pace(TURNS, downloadOne, { offered }));
  }

  /** The last receipts are part of the work; opening the sessions is not. */
  async function paid(offered: number): Promise<NginxArm> {
    const payers = await openPayers(CONNECTIONS, url, agent, secp256k1);
    return timed(async () => pace(TURNS, payers.download, { offered, finish: payers.finish }));
  }

  async function timed(run: () => Promise<number>): Promise<NginxArm> {
    const processes = [...nginx.processes(), relay.pid];
    const before = processorTime(processes);
    const perSecond = await run();
    return { perSecond, processor: processorTime(processes) - before };
  }
}
