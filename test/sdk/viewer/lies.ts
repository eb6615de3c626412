import fc from "fast-check";
import { errorCatalogue } from "../../../sdk/core/index.ts";
import type { Hex, WeirErrorCode } from "../../../sdk/core/index.ts";
import { address, bytes32, hexOf } from "../../helpers/arbitraries.ts";

/** One answer, changed. */
export interface Lie {
  /** For the report of a failed property. */
  readonly what: string;
  readonly tell: (honest: Response, request: Request) => Promise<Response> | Response;
}

const sleep = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A body that a function feeds until it returns false. */
const stream = (feed: (count: number) => Promise<Uint8Array | false> | Uint8Array | false): ReadableStream => {
  let count = 0;
  return new ReadableStream({
    async pull(controller) {
      const piece = await feed(count++);
      if (piece === false) controller.close();
      else controller.enqueue(piece);
    },
  });
};

const codes = Object.keys(errorCatalogue) as WeirErrorCode[];

const acknowledged = fc.record(
  {
    deliveredBytes: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    segmentsRoot: bytes32,
    signature: hexOf(64),
  },
  { requiredKeys: ["deliveredBytes", "segmentsRoot"] },
);

/** Lies that any answer can be. */
const anywhere: fc.Arbitrary<Lie> = fc.oneof(
  fc.constantFrom<Lie>(
    { what: "html", tell: () => new Response("<html>", { headers: { "content-type": "text/html" } }) },
    { what: "server error", tell: () => new Response("oops", { status: 502 }) },
    { what: "nothing", tell: () => new Response(null, { status: 204 }) },
    { what: "redirect", tell: (_, request) => Response.redirect(request.url, 302) },
    { what: "silence", tell: async () => sleep(1_000).then(() => new Response()) },
    {
      what: "endless",
      tell: ({ status }) =>
        new Response(
          stream(() => new Uint8Array(65_536)),
          { status },
        ),
    },
    {
      what: "drip",
      tell: ({ status }) =>
        new Response(
          stream(async (count) => (count < 50 ? sleep(20).then(() => new Uint8Array(1)) : false)),
          { status },
        ),
    },
  ),
  fc
    .record({
      code: fc.constantFrom(...codes),
      retryAfter: fc.option(fc.integer({ min: -1, max: 10 ** 9 }), { nil: undefined }),
      acknowledged: fc.option(acknowledged, { nil: undefined }),
      status: fc.constantFrom(400, 401, 402, 403, 404, 409, 410, 416, 429, 500, 503),
    })
    .map(({ status, ...problem }) => ({
      what: `problem ${problem.code}`,
      tell: () => Response.json(problem, { status, headers: { "content-type": "application/problem+json" } }),
    })),
);

/** Changes members of a JSON answer. */
const rewritten = (changes: fc.Arbitrary<object>): fc.Arbitrary<Lie> =>
  changes.map((change) => ({
    what: `says ${JSON.stringify(change)}`,
    tell: async (honest) => {
      if (!honest.ok) return honest;
      const { status } = honest;
      return Response.json({ ...((await honest.json()) as object), ...change }, { status });
    },
  }));

const bigNumber = fc.oneof(
  fc.bigInt({ min: -1n, max: 2n ** 256n }).map(String),
  fc.constantFrom("0", "1e9", 7, null, "00"),
);

const statement = fc.record(
  {
    acknowledged,
    covered: bigNumber,
    credit: bigNumber,
    token: fc.oneof(fc.string({ maxLength: 40 }), fc.constant("x".repeat(5_000))),
    expires: bigNumber,
  },
  { requiredKeys: [] },
);

const terms = fc.record(
  {
    realm: fc.constantFrom("https://elsewhere.example", ""),
    chainId: fc.integer(),
    token: address,
    paymentChannels: address,
    operatorRegistry: address,
    payee: address,
    agent: address,
    pricePerGiB: bigNumber,
    gracePeriod: fc.integer(),
    credit: bigNumber,
    sessions: fc.constantFrom("//elsewhere.example/", "https://elsewhere.example", "/nowhere", "/weir/receipts"),
    receipts: fc.constantFrom("//elsewhere.example/", "/nowhere", "/weir/sessions"),
  },
  { requiredKeys: [] },
);

/** Something else than the segment. `bytes` is what the relay has. */
const segment = (other: Uint8Array<ArrayBuffer>): fc.Arbitrary<Lie> =>
  fc.oneof(
    fc.nat(other.length - 1).map((at) => ({
      what: `wrong byte ${String(at)}`,
      tell: async (honest: Response) => {
        const bytes = new Uint8Array(await honest.arrayBuffer());
        if (at < bytes.length) bytes[at]! ^= 0xff;
        return new Response(bytes, honest);
      },
    })),
    fc.nat(other.length - 1).map((length) => ({
      what: `cut to ${String(length)}`,
      tell: async (honest: Response) => new Response((await honest.arrayBuffer()).slice(0, length), honest),
    })),
    fc.integer({ min: 1, max: 200_000 }).map((extra) => ({
      what: `${String(extra)} bytes more`,
      tell: async (honest: Response) => new Response(new Blob([await honest.arrayBuffer(), new Uint8Array(extra)])),
    })),
    fc.constantFrom(206, 203, 300, 404, 500).map((status) => ({
      what: `right bytes with status ${String(status)}`,
      tell: async (honest: Response) => new Response(await honest.arrayBuffer(), { status }),
    })),
    fc.constant({ what: "another segment", tell: ({ status }: Response) => new Response(other, { status }) }),
    fc.constant({
      what: "a length that is not true",
      tell: async (honest: Response) =>
        new Response(
          stream((count) => (count === 0 ? new Uint8Array(10) : false)),
          {
            headers: { "content-length": String((await honest.arrayBuffer()).byteLength) },
          },
        ),
    }),
    fc.constant({
      what: "a forged delivery",
      tell: (honest: Response) => {
        const headers = new Headers(honest.headers);
        headers.set("weir-delivery", `0x${"ab".repeat(64)}` satisfies Hex);
        return new Response(new Uint8Array(other.length), { headers });
      },
    }),
  );

/** What a relay answers to each kind of request: the truth or a lie, one after the other, again and again. */
export interface LyingScript {
  readonly terms: readonly (Lie | undefined)[];
  readonly challenge: readonly (Lie | undefined)[];
  readonly session: readonly (Lie | undefined)[];
  readonly receipt: readonly (Lie | undefined)[];
  readonly manifest: readonly (Lie | undefined)[];
  readonly segment: readonly (Lie | undefined)[];
}

/**
 * A relay's lies. The truth is told often enough that a viewer gets past the first request.
 *
 * @param other a body to pass off as that of another resource
 */
export function lyingScript(other: Uint8Array<ArrayBuffer>): fc.Arbitrary<LyingScript> {
  const script = (lie: fc.Arbitrary<Lie>, truth: number): fc.Arbitrary<(Lie | undefined)[]> =>
    fc.array(fc.oneof({ weight: truth, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: lie }), {
      minLength: 1,
      maxLength: 5,
    });
  return fc.record({
    terms: script(fc.oneof(anywhere, rewritten(terms)), 6),
    challenge: script(anywhere, 6),
    session: script(fc.oneof(anywhere, rewritten(statement)), 3),
    receipt: script(fc.oneof(anywhere, rewritten(statement)), 1),
    manifest: script(anywhere, 3),
    segment: script(fc.oneof(anywhere, segment(other)), 1),
  });
}
