import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import type { CutResponse, LinkOptions, LinkOrder, LinkReport, LinkRequest } from "./browserLink.ts";

/**
 * The thread behind `startLink`. A model of a home's line: in each direction one queue of packets that leaves at the rate of
 * the link and arrives half a round trip later. Each connection sends like TCP: ten packets, then twice as many each round trip, up
 * to twice what fits on the link, and from the beginning again after a pause. A connection takes a round trip to
 * open. A full queue makes the senders wait in turn; nothing is lost.
 */

const PACKET = 1_460;
const INITIAL_WINDOW = 10 * PACKET;
/** RFC 5681, 4.1: after a pause of a retransmission timeout, a sender begins with the initial window again. */
const PAUSE_MS = 250;
/** Bytes of a connection that are read ahead of the link: they stand in the sender's buffer. */
const SEND_BUFFER = 64 * 1024;

const { bitsPerSecond, roundTripMs } = workerData as LinkOptions;
const port = parentPort;
if (port === null) throw new Error("this module is the thread of a link");
const bytesPerMs = bitsPerSecond / 8_000;
const capacity = bytesPerMs * roundTripMs;
const maxWindow = Math.max(2 * capacity, INITIAL_WINDOW);
const received = new Map<number, number>();
const requests: LinkRequest[] = [];
const connections = new Set<Connection>();
/** Who is to die after how many bytes of a response, the process that is killed for it, and who is told. */
const dying = new Map<number, Death>();
const gone = new Set<number>();

/** One direction of one connection. */
interface Flow {
  readonly from: Socket;
  readonly to: Socket;
  readonly onArrival: (size: number) => void;
  waiting: Buffer[];
  waitingBytes: number;
  inFlight: number;
  window: number;
  usedAt: number;
  ended: boolean;
}

interface Death {
  readonly bytes: number;
  readonly pid: number | undefined;
  readonly onDeath: (cut: CutResponse) => void;
}

interface Connection {
  readonly port: number;
  readonly reset: () => void;
}

interface Event {
  readonly at: number;
  readonly happen: () => void;
}

/** What happens at fixed distances from now happens in the order in which it was planned. */
function schedule(): (at: number, happen: () => void) => void {
  const events: Event[] = [];
  let timer: NodeJS.Timeout | undefined;
  const run = (): void => {
    timer = undefined;
    // A timer is exact to a millisecond; what is due within half of one is due.
    const due = performance.now() + 0.5;
    while (events[0] !== undefined && events[0].at <= due) events.shift()?.happen();
    if (events[0] !== undefined) timer ??= setTimeout(run, Math.max(0, events[0].at - performance.now()));
  };
  return (at, happen) => {
    events.push({ at, happen });
    timer ??= setTimeout(run, Math.max(0, at - performance.now()));
  };
}

/** One direction of the link. @returns a function that looks for something to send on a flow */
function direction(): (flow: Flow) => void {
  const arrive = schedule();
  const acknowledge = schedule();
  const leave = schedule();
  const flows = new Set<Flow>();
  let freeAt = 0;
  let isPlanned = false;

  function pump(): void {
    const now = performance.now();
    // The queue of the router holds as much as fits on the link.
    while (freeAt - now < roundTripMs) {
      const flow = Array.from(flows).find(({ inFlight, window }) => inFlight + PACKET <= window);
      if (flow === undefined) return;
      // To the end of the line: the next packet is another connection's.
      flows.delete(flow);
      if (flow.inFlight === 0 && now - flow.usedAt > PAUSE_MS) flow.window = INITIAL_WINDOW;
      const packet = takePacket(flow);
      if (flow.waitingBytes > 0) flows.add(flow);
      freeAt = Math.max(freeAt, now) + packet.length / bytesPerMs;
      flow.inFlight += packet.length;
      arrive(freeAt + roundTripMs / 2, () => {
        deliver(flow, packet);
      });
    }
    if (isPlanned || flows.size === 0) return;
    isPlanned = true;
    leave(now + 1, () => {
      isPlanned = false;
      pump();
    });
  }

  function deliver(flow: Flow, packet: Buffer): void {
    if (!flow.to.destroyed) flow.to.write(packet);
    flow.onArrival(packet.length);
    const now = performance.now();
    acknowledge(now + roundTripMs / 2, () => {
      flow.inFlight -= packet.length;
      flow.usedAt = performance.now();
      flow.window = Math.min(flow.window + packet.length, maxWindow);
      if (flow.ended && flow.inFlight === 0 && flow.waitingBytes === 0) flow.to.end();
      pump();
    });
  }

  return (flow) => {
    if (flow.waitingBytes > 0) flows.add(flow);
    pump();
  };
}

function takePacket(flow: Flow): Buffer {
  const [first = Buffer.alloc(0)] = flow.waiting;
  const packet = first.subarray(0, PACKET);
  if (packet.length === first.length) flow.waiting.shift();
  else flow.waiting[0] = first.subarray(PACKET);
  flow.waitingBytes -= packet.length;
  if (flow.waitingBytes < SEND_BUFFER && flow.from.isPaused()) flow.from.resume();
  return packet;
}

const sendUp = direction();
const sendDown = direction();

/** Connects both ends by a flow in each direction. */
function join(client: Socket, server: Socket, target: number): void {
  // Of the answer to the last request: what was sent, and what of it has arrived.
  let sent = 0;
  let arrived = 0;
  let asked = "";
  startFlow(
    server,
    client,
    sendDown,
    (size) => {
      received.set(target, (received.get(target) ?? 0) + size);
      arrived += size;
      const end = dying.get(target);
      if (end === undefined || arrived < end.bytes || arrived >= sent) return;
      dying.delete(target);
      gone.add(target);
      if (end.pid !== undefined) process.kill(end.pid, "SIGKILL");
      for (const connection of connections) if (connection.port === target) connection.reset();
      end.onDeath({ path: asked, bytes: arrived });
    },
    (chunk) => {
      sent += chunk.length;
    },
  );
  startFlow(
    client,
    server,
    sendUp,
    () => undefined,
    (chunk) => {
      sent = arrived = 0;
      const [, method, path] = /^([A-Z]{3,7}) (\/[^ ?]*)[^ ]* HTTP\/1\.1\r\n/.exec(chunk.toString("latin1")) ?? [];
      if (method !== undefined && path !== undefined) {
        asked = path;
        requests.push({ at: performance.now(), port: target, method, path });
      }
    },
  );
}

function startFlow(
  from: Socket,
  to: Socket,
  send: (flow: Flow) => void,
  onArrival: Flow["onArrival"],
  onChunk: (chunk: Buffer) => void,
): Flow {
  const flow: Flow = {
    ...{ from, to, onArrival, waiting: [], waitingBytes: 0, inFlight: 0 },
    ...{ window: INITIAL_WINDOW, usedAt: performance.now(), ended: false },
  };
  from.on("data", (chunk: Buffer) => {
    onChunk(chunk);
    flow.waiting.push(chunk);
    flow.waitingBytes += chunk.length;
    if (flow.waitingBytes >= SEND_BUFFER) from.pause();
    send(flow);
  });
  from.on("end", () => {
    flow.ended = true;
    if (flow.inFlight === 0 && flow.waitingBytes === 0) to.end();
  });
  from.resume();
  return flow;
}

/** RFC 1928 without authentication, for connections to loopback alone. */
async function accept(client: Socket): Promise<void> {
  client.setNoDelay(true);
  client.on("error", ignore);
  await read(client);
  client.write(Uint8Array.of(5, 0));
  const request = await read(client);
  const target = request.readUInt16BE(request.length - 2);
  // Chromium names hosts, even those that are addresses.
  const isLoopback = request[1] === 1 && request[3] === 3 && request.subarray(5, -2).toString() === "127.0.0.1";
  const opening = performance.now();
  const server = connect({ host: "127.0.0.1", port: isLoopback && !gone.has(target) ? target : 0, noDelay: true });
  const isOpen = await Promise.race([once(server, "connect").then(yes, no), once(server, "close").then(no, no)]);
  server.on("error", ignore);
  // The handshake of TCP takes a round trip, whether it succeeds or not.
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, opening + roundTripMs - performance.now())));
  client.write(Uint8Array.of(5, isOpen ? 0 : 5, 0, 1, 0, 0, 0, 0, 0, 0));
  if (!isOpen) {
    client.end();
    return;
  }
  const connection: Connection = {
    port: target,
    reset() {
      client.resetAndDestroy();
      server.resetAndDestroy();
    },
  };
  connections.add(connection);
  for (const [end, other] of [
    [client, server],
    [server, client],
  ] as const) {
    end.once("close", (hadError) => {
      connections.delete(connection);
      if (hadError) other.resetAndDestroy();
    });
  }
  join(client, server, target);
}

async function read(socket: Socket): Promise<Buffer> {
  const arrived = once(socket, "data");
  socket.resume();
  const [chunk] = (await arrived) as [Buffer];
  socket.pause();
  return chunk;
}

const yes = (): boolean => true;
const no = (): boolean => false;

function ignore(): void {
  // Its end is what counts, and that is heard of by "close".
}

port.on("message", (order: LinkOrder) => {
  const report = (rest: Omit<LinkReport, "id"> = {}): void => {
    port.postMessage({ id: order.id, ...rest } satisfies LinkReport);
  };
  switch (order.type) {
    case "traffic":
      report({ traffic: { requests, received } });
      return;
    case "dieHalfway":
      dying.set(order.port, {
        ...{ bytes: order.bytes, pid: order.pid },
        onDeath(cut) {
          report({ cut });
        },
      });
      return;
  }
});

const proxy = createServer({ allowHalfOpen: true }, (client) => {
  accept(client).catch(() => client.destroy());
}).listen(0, "127.0.0.1");
await once(proxy, "listening");
port.postMessage((proxy.address() as AddressInfo).port);
