import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { privateKeySigner } from "../../../sdk/core/index.ts";
import type { Hex } from "../../../sdk/core/index.ts";
import { parseAuthorization, parseReceiptPost, parseSessionRequest } from "../../../sdk/http/index.ts";
import type { Credential, ReceiptPost } from "../../../sdk/http/index.ts";
import type { RelayOptions } from "../../../sdk/relay/index.ts";
import { createViewer } from "../../../sdk/viewer/index.ts";
import type { Viewer, ViewerEvent, ViewerOptions } from "../../../sdk/viewer/index.ts";
import { paperDeployment, publisher, startRelayFixture, testKey, testStream } from "../../helpers/relayFixture.ts";
import type { MemorySource, RelayFixture } from "../../helpers/relayFixture.ts";

/** Stands between a relay and its viewers: answers itself, or asks the relay and changes what it says. */
export type Tamper = (request: Request, relay: (request: Request) => Promise<Response>) => Promise<Response> | Response;

/** A real relay behind real HTTP on loopback, which a test can make misbehave. */
export interface NetworkRelay extends Pick<RelayFixture, "chain" | "source"> {
  readonly origin: string;
  /** Every receipt post that reached it, whatever became of it. */
  readonly posts: ReceiptPost[];
  /** Every credential that reached it. */
  readonly credentials: Credential[];
  /** Session tokens that were presented to it. */
  readonly tokens: Set<string>;
  /** Names of the resources that were asked for, in order. */
  readonly asked: string[];
  tamper: Tamper | undefined;
  /** Breaks all connections and takes no more. */
  die(): Promise<void>;
  /** Starts again with the same keys and an empty store and chain. */
  forget(): Promise<void>;
}

/** What opens a session, in the body of a request; undefined if the request asks for a challenge. */
export function credentialOf(body: string): Credential | undefined {
  return parseAuthorization(parseSessionRequest(body).authorization ?? "");
}

/** Relays that serve the same stream. */
export interface RelayNetwork {
  readonly relays: readonly NetworkRelay[];
  readonly source: MemorySource;
  /** What the relays have, by name. */
  readonly bytes: (name: string) => Uint8Array;
  stop(): Promise<void>;
}

/** The key with which relays sign deliveries, and under which they are paid. */
export const relayKey = (index: number): Hex => testKey(100 + index);

/** Starts relays with a stream of `count` files of `size` bytes at `/video/`. */
export async function startNetwork(
  changes: readonly Partial<RelayOptions>[],
  { count = 8, size = 100_000, source }: { count?: number; size?: number; source?: MemorySource } = {},
): Promise<RelayNetwork> {
  const shared = source ?? (await testStream(count, size));
  const relays = await Promise.all(changes.map(async (change, index) => startRelay(shared, change, index)));
  return {
    relays,
    source: shared,
    bytes: (name) => shared.files.get(name) ?? new Uint8Array(),
    async stop() {
      await Promise.all(relays.map(async (relay) => relay.stop()));
    },
  };
}

async function startRelay(
  source: MemorySource,
  change: Partial<RelayOptions>,
  index: number,
): Promise<NetworkRelay & { stop(): Promise<void> }> {
  const server: Server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const start = async (): Promise<RelayFixture> =>
    startRelayFixture({
      publicUrl: origin,
      clock: () => Math.floor(Date.now() / 1_000),
      payee: privateKeySigner(relayKey(index)).address,
      agent: relayKey(index),
      streams: [{ path: "/video/", source, publisher: publisher.address }],
      ...change,
    });
  let fixture = await start();
  const handle = async (request: Request): Promise<Response> => fixture.relay.fetch(request);
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  const relay = {
    origin,
    source,
    get chain() {
      return fixture.chain;
    },
    posts: [] as ReceiptPost[],
    credentials: [] as Credential[],
    tokens: new Set<string>(),
    asked: [] as string[],
    tamper: undefined as Tamper | undefined,
    die: close,
    async forget() {
      const { stop } = fixture;
      fixture = await start();
      await stop();
    },
    async stop() {
      await close();
      await fixture.stop();
    },
  };
  const listener = getRequestListener(async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const token = searchParams.get("weir");
    if (token !== null) relay.tokens.add(token);
    const isPost = pathname === "/weir/receipts" && request.method === "POST";
    if (isPost) relay.posts.push(parseReceiptPost(await request.clone().text()));
    const isSession = pathname === "/weir/sessions" && request.method === "POST";
    const credential = isSession ? credentialOf(await request.clone().text()) : undefined;
    if (credential !== undefined) relay.credentials.push(credential);
    if (pathname.startsWith("/video/")) relay.asked.push(pathname.slice("/video/".length));
    return relay.tamper === undefined ? handle(request) : relay.tamper(request, handle);
  });
  server.on("request", (request, response) => void listener(request, response));
  return relay;
}

/** A viewer of the test stream, with what it said. */
export interface TestedViewer extends Viewer {
  readonly events: ViewerEvent[];
  /** The bytes of a resource. */
  get(name: string, options?: Parameters<Viewer["fetch"]>[1]): Promise<Uint8Array>;
}

/** The session key of `startViewer`. */
export const sessionKey: Hex = testKey(77);

/** A viewer of all relays of a network, impatient enough for tests. */
export function startViewer(network: RelayNetwork, change: Partial<ViewerOptions> = {}): TestedViewer {
  const { timing, policy, ...rest } = change;
  const viewer = createViewer({
    deployment: paperDeployment,
    signer: privateKeySigner(sessionKey),
    publisher: publisher.address,
    name: "test stream",
    manifest: "/video/weir.json",
    relays: network.relays.map(({ origin }) => origin),
    maxPricePerGiB: 10n ** 18n,
    budget: 10n ** 20n,
    timing: { request: 2_000, giveUp: 10_000, ...timing },
    policy: { postSeconds: 1, ...policy },
    ...rest,
  });
  const events: ViewerEvent[] = [];
  viewer.on((event) => events.push(event));
  return {
    ...viewer,
    events,
    async get(name, options) {
      const response = await viewer.fetch(name, options);
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}
