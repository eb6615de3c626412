import { domainSeparator, hashMessage, privateKeySigner, WeirError } from "../../../sdk/core/index.ts";
import type { Hex, SessionSigner, SignedDelivery, WeirMessage } from "../../../sdk/core/index.ts";
import type { Logger, Source } from "../../../sdk/relay/index.ts";
import { paperDomain, payeeKey, publisher, startRelayFixture, testKey } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";
import { BODIES, coalition, NAMES, resourceOf, sha256, STREAMS } from "./coalition.ts";
import type { Coalition, Content, Mood, Publication } from "./coalition.ts";

/** A request of a viewer that asks for whatever it likes. */
export interface Asked {
  readonly viewer: number;
  readonly stream: number;
  readonly path: string;
  readonly method: "GET" | "HEAD";
  readonly headers: Readonly<Record<string, string>>;
}

/** Something that publishers, origins and viewers do. */
export type Move =
  | { readonly type: "publish"; readonly publication: Publication }
  /** Requests at the same time; the origin's moods in turn; a manifest that is published while the first file is read. */
  | {
      readonly type: "ask";
      readonly asked: readonly Asked[];
      readonly moods: readonly Mood[];
      readonly meanwhile: Publication | undefined;
    }
  | { readonly type: "wait"; readonly seconds: number };

/** A delivery that the relay signed, and for which of its streams. */
export interface Witnessed extends SignedDelivery {
  readonly stream: number;
  /** Status of the answer that carried it. */
  readonly status: number;
}

/** A real relay whose publishers, origins and viewers all work together against it. */
export interface CoalitionWorld {
  readonly makers: Coalition;
  /** Everything that the relay's agent ever signed. */
  readonly deliveries: readonly Witnessed[];
  /** How many signatures the agent's key made. */
  readonly signatures: () => number;
  /** Manifests that the relay took, and why it did not take others. */
  readonly accepted: Hex[];
  readonly refused: string[];
  /** Files that origins gave otherwise than they are listed, and manifests that changed while one was read. */
  readonly counts: { lies: number; meanwhile: number };
  readonly do: (move: Move) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const VIEWERS = 2;

const separator = domainSeparator(paperDomain);
const agent = privateKeySigner(payeeKey);
const PLENTY = 1n << 60n;

/** Starts a relay of two streams with a manifest each. */
export async function openWorld(): Promise<CoalitionWorld> {
  const makers = coalition();
  const signed = new Map<Hex, Hex>();
  const deliveries: Witnessed[] = [];
  const accepted: Hex[] = [];
  const refused: string[] = [];
  const counts = { lies: 0, meanwhile: 0 };
  const viewers = new Map<string, Promise<TestViewer | undefined>>();
  /** Contents that went over a wire. */
  const contents = new Map<Hex, Content>();
  let moods: Mood[] = [];
  let meanwhile: Publication | undefined;

  const signer: SessionSigner = {
    address: agent.address,
    signDigest: async (digest) => {
      const signature = await agent.signDigest(digest);
      signed.set(signature, digest);
      return signature;
    },
  };
  const nothing = (): void => undefined;
  const logger: Logger = {
    debug: nothing,
    info(facts, message) {
      if (message === "manifest loaded" && "root" in facts) accepted.push(facts.root as Hex);
    },
    warn(facts, message) {
      if (message.startsWith("manifest not reloaded") && "err" in facts && WeirError.is(facts.err))
        refused.push(facts.err.shortMessage);
    },
    // Transfers whose end comes after that of the relay; faults show in the answers.
    error: nothing,
  };
  const relay = await startRelayFixture({
    agent: signer,
    streams: STREAMS.map((path, i) => ({ path, source: sourceOf(i), publisher: publisher.address })),
    policy: { baseCredit: PLENTY >> 20n, signerCredit: PLENTY, unfundedCredit: PLENTY },
    // Room for two bodies, so that most are read again.
    limits: { reloadSeconds: 1, cacheBytes: 45 },
    logger,
  });

  /** An origin that gives what it likes. */
  function sourceOf(stream: number): Source {
    return {
      async read(path, { maxBytes, range }) {
        await Promise.resolve();
        if (path === "weir.json") return makers.files[stream]!;
        await publishMeanwhile();
        const mood = moods.shift() ?? "right";
        const name = range === undefined ? path : `${path}#${range.first}-${range.last}`;
        const given = distort(makers.bodyOf(name, maxBytes) ?? BODIES[0]!, mood);
        if (given === undefined) throw new WeirError("not-found");
        if (mood !== "right") counts.lies += 1;
        remember(given);
        return given;
      },
    };
  }

  /** Publishes, and makes the relay look at it at once, while the file that it waits for is not there yet. */
  async function publishMeanwhile(): Promise<void> {
    if (meanwhile === undefined) return;
    const { stream } = meanwhile;
    makers.publish(meanwhile);
    meanwhile = undefined;
    counts.meanwhile += 1;
    relay.time.now += 2;
    await relay.fetch(`${STREAMS[stream]!}none.m4s`);
  }

  function remember(bytes: Uint8Array): Content {
    const content = { contentHash: sha256(bytes), size: BigInt(bytes.length) };
    contents.set(content.contentHash, content);
    return content;
  }

  async function open(index: number, stream: number): Promise<TestViewer | undefined> {
    const { fetch, origin } = relay;
    const options = { fetch, origin, domain: paperDomain, directory: STREAMS[stream]!, key: testKey(50 + index) };
    const viewer = await testViewer(options);
    await viewer.open();
    return viewer;
  }

  async function ask({ headers, method, path, stream, viewer: index }: Asked): Promise<void> {
    const key = `${index} ${stream}`;
    const opening = viewers.get(key) ?? open(index, stream);
    viewers.set(key, opening);
    const viewer = await opening;
    if (viewer === undefined) return;
    const response = await viewer.get(path, { headers, method });
    const body = new Uint8Array(await response.arrayBuffer());
    if (response.status === 500) throw new Error(new TextDecoder().decode(body));
    const signature = response.headers.get("weir-delivery") as Hex | null;
    if (signature === null) return;
    const delivery = explain(signature, viewer.id, path, remember(body));
    deliveries.push({ delivery, signature, stream, status: response.status });
  }

  /** What was signed: the header does not say so, but there is not much that it can be. */
  function explain(signature: Hex, channelId: Hex, path: string, sent: Content): WeirMessage<"Delivery"> {
    const digest = signed.get(signature);
    const isLikely = (name: string): number => (name.startsWith(path) ? 0 : 1);
    const names = NAMES.toSorted((a, b) => isLikely(a) - isLikely(b));
    for (const content of [sent, ...contents.values()]) {
      for (const name of names) {
        for (const manifestRoot of [...makers.trees.keys()].reverse()) {
          const delivery = { channelId, manifestRoot, resource: resourceOf(name), ...content };
          if (hashMessage(separator, "Delivery", delivery) === digest) return delivery;
        }
      }
    }
    throw new Error(`the agent signed something about ${path} that nobody can tell`);
  }

  return {
    makers,
    deliveries,
    signatures: () => signed.size,
    accepted,
    refused,
    counts,
    async do(move) {
      if (move.type === "publish") makers.publish(move.publication);
      else if (move.type === "wait") relay.time.now += move.seconds;
      else {
        moods = [...move.moods];
        ({ meanwhile } = move);
        await Promise.all(move.asked.map(ask));
        meanwhile = undefined;
      }
    },
    stop: relay.stop,
  };
}

/** What an origin makes of a body. */
function distort(body: Uint8Array<ArrayBuffer>, mood: Mood): Uint8Array<ArrayBuffer> | undefined {
  switch (mood) {
    case "right":
      return body;
    case "flipped":
      return body.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
    case "cut":
      return body.slice(0, -1);
    case "longer":
      return new Uint8Array([...body, 0]);
    case "other":
      return BODIES.find((each) => each.length === body.length && each !== body) ?? BODIES[3]!;
    case "absent":
      return undefined;
  }
}
