import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** What a link is like. */
export interface LinkOptions {
  /** In each direction. */
  readonly bitsPerSecond: number;
  /** Milliseconds from a packet's departure to the arrival of its answer, on an idle link. */
  readonly roundTripMs: number;
}

/** The link that the comparisons are made over: 20 Mbit/s, 40 ms there and back. */
export const HOME_LINK: LinkOptions = { bitsPerSecond: 20_000_000, roundTripMs: 40 };

/** A request as it was seen on the wire, by neither of its ends. */
export interface LinkRequest {
  /** Milliseconds since the link was started. */
  readonly at: number;
  readonly port: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/** What a link has carried. */
export interface LinkTraffic {
  readonly requests: readonly LinkRequest[];
  /** Bytes that arrived at the browser, by the port that they came from. */
  readonly received: ReadonlyMap<number, number>;
}

/** The response in the middle of which a machine died. */
export interface CutResponse {
  /** What was asked for, without the query. */
  readonly path: string;
  /** What of the response had arrived, its head included. */
  readonly bytes: number;
}

/** The line that connects one browser with everything on this machine. */
export interface BrowserLink {
  /** For `browser.newContext({ proxy })`. */
  readonly proxy: { readonly server: string; readonly bypass: string };
  traffic(): Promise<LinkTraffic>;
  /**
   * The first response from this port of which so many bytes have arrived, and more are to come, is the last: the machine there
   * is gone. Its connections are reset and no new ones open. Resolves when that has happened.
   *
   * @param pid of a process that is killed at that moment
   */
  dieHalfway(port: number, bytes: number, pid?: number): Promise<CutResponse>;
  stop(): Promise<void>;
}

/** What the thread is told. Every order is answered by a message with its number. */
export type LinkOrder =
  | { readonly id: number; readonly type: "traffic" }
  | {
      readonly id: number;
      readonly type: "dieHalfway";
      readonly port: number;
      readonly bytes: number;
      readonly pid: number | undefined;
    };

/** What the thread answers. */
export interface LinkReport {
  readonly id: number;
  readonly traffic?: LinkTraffic;
  readonly cut?: CutResponse;
}

/**
 * Starts a shaped link, in a thread of its own so that a busy test does not slow it down. It is a SOCKS proxy for one browser
 * context, loopback included: all connections of the page, to whatever origin, share it as the devices of a home share
 * their line. No request is changed, so relays keep their origins. What it is modelled on stands in `browserLinkThread.ts`.
 */
export async function startLink(options: LinkOptions = HOME_LINK): Promise<BrowserLink> {
  const worker = new Worker(new URL("./browserLinkThread.ts", import.meta.url), { workerData: options });
  const [port] = (await once(worker, "message")) as [number];
  const waiting = new Map<number, (report: LinkReport) => void>();
  let orders = 0;
  worker.on("message", (report: LinkReport) => {
    waiting.get(report.id)?.(report);
    waiting.delete(report.id);
  });

  const order = async (what: WithoutId<LinkOrder>): Promise<LinkReport> => {
    const id = ++orders;
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      worker.postMessage({ ...what, id });
    });
  };

  return {
    proxy: { server: `socks5://127.0.0.1:${port}`, bypass: "<-loopback>" },
    async traffic() {
      const { traffic } = await order({ type: "traffic" });
      if (traffic === undefined) throw new Error("the link answered something else");
      return traffic;
    },
    async dieHalfway(from, bytes, pid) {
      const { cut } = await order({ type: "dieHalfway", port: from, bytes, pid });
      if (cut === undefined) throw new Error("the link answered something else");
      return cut;
    },
    async stop() {
      await worker.terminate();
    },
  };
}

type WithoutId<Order> = Order extends unknown ? Omit<Order, "id"> : never;
