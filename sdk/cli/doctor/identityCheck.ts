import { randomBytes } from "node:crypto";
import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { bytesToHex, privateKeySigner } from "../../core/index.ts";
import type { Hex } from "../../core/index.ts";
import { encodeSessionRequest, formatAuthorization, parseProblem, parseWwwAuthenticate } from "../../http/index.ts";
import type { Challenge, RelayTerms } from "../../http/index.ts";
import type { StreamSetting } from "../settings.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

const TIMEOUT_MS = 10_000;

/** Where the relay of these settings listens. */
export interface LocalRelay {
  readonly hostname: string;
  readonly port: number;
  /** Whether it speaks TLS itself. */
  readonly isSecure: boolean;
}

/** What the check is about. */
export interface IdentityOptions {
  readonly publicUrl: string;
  /** What the relay at the public URL says about itself. */
  readonly terms: RelayTerms;
  readonly local: LocalRelay;
  readonly streams: readonly StreamSetting[];
}

/**
 * Whether it is this very relay that answers at the public URL, and not another with the same terms. A challenge from there
 * is answered here, with a signature that nobody accepts: whoever issued it, and nobody else, gets as far as the signature.
 */
export async function identityCheck({ local, publicUrl, streams, terms }: IdentityOptions): Promise<readonly Check[]> {
  const name = "identity";
  const metered = streams.find(({ free }) => free !== true);
  if (metered === undefined) return [];
  const manifest = `${metered.path.replace(/\/?$/, "/")}${metered.manifest ?? "weir.json"}`;
  const body = encodeSessionRequest({ manifest });
  const cure =
    "Another relay runs there, or this one was started with other settings: check relay.publicUrl, relay.listen and proxy.";
  const asked = await fetch(`${publicUrl}${terms.sessions}`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => undefined);
  const challenge = parseWwwAuthenticate(asked?.headers.get("www-authenticate") ?? "");
  if (challenge === undefined) {
    return [fail(name, `${publicUrl} does not offer ${metered.path} for payment`, cure)];
  }
  const authorization = await unacceptable(challenge, terms);
  let code: string;
  try {
    code = await postLocally(local, terms, { body, authorization, publicUrl });
  } catch {
    const found = `nothing answers at relay.listen, ${local.hostname}:${String(local.port)}, on this machine`;
    return [warn(name, found, "Run the doctor where the relay runs, and while it runs.")];
  }
  return [
    code === "wrong-signer"
      ? ok(name, "it is the relay on this machine that answers there")
      : fail(name, `the relay on this machine does not know what was issued there (${code})`, cure),
  ];
}

/** A credential for a channel of somebody whose key nobody has. */
async function unacceptable(
  challenge: Challenge,
  { chainId, gracePeriod, payee, pricePerGiB }: RelayTerms,
): Promise<string> {
  const anyone = privateKeySigner(randomHex(32));
  const signer = privateKeySigner(randomHex(32)).address;
  const signature = await anyone.signDigest(randomHex(32));
  const channel = { signer, payee, pricePerGiB, gracePeriod, nonce: 0n };
  const payload = { channel, signature, seed: randomHex(32) };
  return formatAuthorization({ challenge, payload, source: { chainId, signer } });
}

function randomHex(bytes: number): Hex {
  return bytesToHex(new Uint8Array(randomBytes(bytes)));
}

/** Answers a challenge to the relay on this machine. Resolves to the code of its refusal. */
async function postLocally(
  { hostname, isSecure, port }: LocalRelay,
  { sessions }: RelayTerms,
  {
    authorization,
    body,
    publicUrl,
  }: { readonly authorization: string; readonly body: string; readonly publicUrl: string },
): Promise<string> {
  const { host, hostname: servername } = new URL(publicUrl);
  // A relay that listens everywhere listens on loopback, too.
  const local = hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
  const headers = {
    ...{ host, authorization, "content-type": "application/json" },
    "content-length": Buffer.byteLength(body),
  };
  const options = { host: local, port, path: sessions, method: "POST", headers, timeout: TIMEOUT_MS };
  return new Promise((resolve, reject) => {
    // Nothing here is secret or believed for its certificate, and loopback has none.
    const sent = isSecure
      ? secureRequest({ ...options, servername, rejectUnauthorized: false })
      : plainRequest(options);
    sent.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        resolve(codeOf(text, response.statusCode ?? 0));
      });
      response.on("error", reject);
    });
    sent.once("timeout", () => sent.destroy(new Error("no answer")));
    sent.once("error", reject);
    sent.end(body);
  });
}

function codeOf(body: string, status: number): string {
  try {
    return parseProblem(body, status).error.code;
  } catch {
    // Whatever listens there, it does not speak the protocol.
    return `status ${String(status)}`;
  }
}
