import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Gift, PlayerConfig } from "../../apps/player/src/playerConfig.ts";
import { adminAccess } from "../../sdk/admin/adminAccess.ts";
import { isHex, WeirError } from "../../sdk/core/index.ts";
import type { Address } from "../../sdk/core/index.ts";
import { encodeProblem, PROBLEM_MEDIA_TYPE, problemStatus } from "../../sdk/http/index.ts";

/** What the page's server answers with. */
export interface PlayerPageOptions {
  /** The built page. */
  readonly folder: string;
  readonly config: PlayerConfig;
  /** Pictures by file name. */
  readonly posters: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Gives a wallet test tokens, or coin for a few transactions. */
  readonly give: (address: Address, what: Gift) => Promise<void>;
}

interface ServedFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  /** Whether its name changes with its content. */
  readonly isHashed: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".jpg": "image/jpeg",
};

/** Wallets that the faucet has filled are few: whoever asks more often is no person. */
const MAX_GIFTS_PER_MINUTE = 20;
const MINUTE_MS = 60_000;
const MAX_BODY_BYTES = 1_024;

/** Answers requests for the player page. Everything is read once; nothing outside the built folder can be named. */
export function playerPage(options: PlayerPageOptions): (request: Request) => Promise<Response> {
  const { config, folder, give, posters } = options;
  const headers = pageHeaders(config);
  const access = adminAccess({ hostname: "127.0.0.1", clock: () => Math.floor(Date.now() / 1_000) });
  const files = new Map<string, ServedFile>();
  for (const name of globSync("**/*.*", { cwd: folder })) {
    files.set(`/${name.replaceAll("\\", "/")}`, servedFile(name, readFileSync(path.join(folder, name))));
  }
  const index = files.get("/index.html");
  if (index !== undefined) files.set("/", index);
  for (const [name, bytes] of posters) files.set(`/posters/${name}`, servedFile(name, bytes));
  files.set("/player.json", servedFile("player.json", new TextEncoder().encode(JSON.stringify(config))));
  let gifts: number[] = [];

  async function gift(request: Request): Promise<Response> {
    // Only scripts of this very page can send it: a form of another origin has no way to name this type.
    if (request.method !== "POST") throw new WeirError("method-not-allowed");
    if (request.headers.get("content-type") !== "application/json") throw new WeirError("malformed-message");
    if (Number(request.headers.get("content-length") ?? MAX_BODY_BYTES + 1) > MAX_BODY_BYTES) {
      throw new WeirError("oversized-message");
    }
    const { address, what } = (await request.json().catch(() => ({}))) as {
      readonly address?: unknown;
      readonly what?: unknown;
    };
    if (!isHex(address, 20)) throw new WeirError("malformed-message", "address must be one");
    if (what !== "tokens" && what !== "coin") throw new WeirError("malformed-message", "what must be tokens or coin");
    const now = Date.now();
    gifts = gifts.filter((at) => at > now - MINUTE_MS);
    if (gifts.length >= MAX_GIFTS_PER_MINUTE) throw new WeirError("too-many-requests");
    gifts.push(now);
    await give(address, what);
    return new Response(null, { status: 204, headers });
  }

  function answerFile(file: ServedFile, request: Request): Response {
    if (request.method !== "GET" && request.method !== "HEAD") throw new WeirError("method-not-allowed");
    const { bytes, etag, isHashed, type } = file;
    const caching = { etag, "cache-control": isHashed ? "public, max-age=31536000, immutable" : "no-cache" };
    if (request.headers.get("if-none-match") === etag) {
      return new Response(null, { status: 304, headers: { ...headers, ...caching } });
    }
    const body = request.method === "HEAD" ? null : bytes;
    return new Response(body, { headers: { ...headers, ...caching, "content-type": type } });
  }

  return async (request) => {
    try {
      access.assertOwnOrigin(request);
      const { pathname } = new URL(request.url);
      if (pathname === "/faucet") return await gift(request);
      const file = files.get(pathname);
      if (file === undefined) throw new WeirError("not-found");
      return answerFile(file, request);
    } catch (error) {
      const problem = WeirError.is(error) ? error : new WeirError("internal", undefined, { cause: error });
      return new Response(encodeProblem(problem), {
        status: problemStatus(problem.code),
        headers: { ...headers, "cache-control": "no-store", "content-type": PROBLEM_MEDIA_TYPE },
      });
    }
  };
}

/**
 * Scripts and styles come from the page's own files alone, text never becomes script, and nobody may frame the page.
 * It speaks to its own server and the chain, to relays and trackers anywhere over TLS, and to those of this machine. Segments for
 * other viewers go through memory, as blobs.
 */
function pageHeaders({ rpc }: PlayerConfig): Readonly<Record<string, string>> {
  const policy = [
    ...[
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "media-src 'self' blob:",
    ],
    `connect-src 'self' ${new URL(rpc).origin} blob: https: http://127.0.0.1:* http://localhost:* ws://127.0.0.1:* wss:`,
    ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"],
  ];
  return {
    "content-security-policy": policy.join("; "),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  };
}

function servedFile(name: string, content: Uint8Array<ArrayBuffer>): ServedFile {
  const bytes = new Uint8Array(content);
  return {
    type: TYPES[path.extname(name)] ?? "application/octet-stream",
    bytes,
    etag: `"${createHash("sha256").update(bytes).digest("base64url")}"`,
    isHashed: name.startsWith("assets"),
  };
}
