import { isSameAddress } from "../../core/index.ts";
import type { Address } from "../../core/index.ts";
import { parseTerms, TERMS_PATH } from "../../http/index.ts";
import type { RelayTerms } from "../../http/index.ts";
import type { StreamSetting } from "../settings.ts";
import { addressChecks } from "./addressChecks.ts";
import { servedCertificateCheck } from "./certificateChecks.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";
import { identityCheck } from "./identityCheck.ts";
import type { LocalRelay } from "./identityCheck.ts";

const TIMEOUT_MS = 10_000;
/** A page somewhere else, as every player's is. */
const FOREIGN_ORIGIN = "https://player.example";

/** What is known of the relay beside its URL; nothing, where the doctor only looks from outside. */
export interface ReachOptions {
  readonly payee?: Address;
  readonly local?: LocalRelay;
  readonly streams?: readonly StreamSetting[];
}

/**
 * Whether viewers reach the relay at its public URL: where its name leads, TLS, the relay behind it, and what browsers ask
 * before a receipt.
 */
export async function reachChecks(publicUrl: string, options: ReachOptions = {}): Promise<Check[]> {
  const { local, payee, streams = [] } = options;
  const { hostname, protocol } = new URL(publicUrl);
  const isLoopback = protocol === "http:";
  const cure = "Set relay.publicUrl once a proxy, or the relay with relay.tlsCertificate, speaks TLS.";
  const checks = isLoopback
    ? [warn("tls", `${hostname} is loopback: only this machine can watch`, cure)]
    : await addressChecks(publicUrl);
  let response: Response;
  try {
    response = await ask(`${publicUrl}${TERMS_PATH}`, "GET");
  } catch (error) {
    return [...checks, unreachable(publicUrl, error)];
  }
  if (!isLoopback) checks.push(await servedCertificateCheck(publicUrl));
  const { check, terms } = await termsCheck(response, publicUrl, payee);
  checks.push(check, await corsCheck(response, publicUrl));
  if (terms === undefined || local === undefined || check.verdict === "fail") return checks;
  return [...checks, ...(await identityCheck({ publicUrl, terms, local, streams }))];
}

async function ask(url: string, method: "GET" | "OPTIONS", headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method,
    headers: { origin: FOREIGN_ORIGIN, ...headers },
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

function unreachable(publicUrl: string, error: unknown): Check {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  // What is neither the system's nor the HTTP client's own comes from TLS, which has a name for everything it refuses.
  if (code !== "" && !/^(?:E(?!PROTO)[A-Z0-9]+|UND_ERR_.*)$/.test(code)) {
    const cure =
      "Browsers refuse it, too: get a certificate for that name, and give the whole chain, not the first certificate alone.";
    return fail("tls", `${publicUrl}: ${code}`, cure);
  }
  if (code === "ECONNREFUSED") {
    const cure = "Start it with weir relay start, and look again while it runs; else check proxy and firewall.";
    return warn("reach", `nothing listens at ${publicUrl}`, cure);
  }
  const reason = code === "" ? "no answer" : code;
  const cure =
    "Check name, router, proxy and firewall. Many routers do not lead from inside to their own outside address: look from " +
    `another network with weir relay doctor --reach ${publicUrl}`;
  return fail("reach", `${publicUrl}: ${reason}`, cure);
}

async function termsCheck(
  response: Response,
  publicUrl: string,
  payee: Address | undefined,
): Promise<{ readonly check: Check; readonly terms?: RelayTerms }> {
  const name = "reach";
  if (response.status === 503) return { check: warn(name, "the relay is starting", "Look again in a moment.") };
  const body = await response.text().catch(() => "");
  const { origin } = new URL(publicUrl);
  const realm = realmOf(body);
  if (realm !== undefined && realm !== origin) {
    const cure =
      "Viewers refuse it: set relay.publicUrl to where they reach it and restart the relay, then: weir operator update";
    return { check: fail(name, `the relay there says that it is ${realm}`, cure) };
  }
  let terms: RelayTerms;
  try {
    terms = parseTerms(body, origin);
  } catch {
    // Whatever it is, it does not speak the protocol.
    const found = `${publicUrl}${TERMS_PATH} answers with ${response.status}, and not as a relay`;
    const cure = "Let the proxy pass every path to relay.listen unchanged, Host header included.";
    return { check: fail(name, found, cure) };
  }
  if (payee === undefined || isSameAddress(terms.payee, payee)) {
    return { check: ok(name, `the relay of ${terms.payee} answers`), terms };
  }
  const cure = "Another relay runs there: check relay.publicUrl and proxy.";
  return { check: fail(name, `a relay of ${terms.payee} answers`, cure) };
}

/** What a terms document says that it is the terms of, whatever else is wrong with it. */
function realmOf(body: string): string | undefined {
  try {
    const document = JSON.parse(body) as { readonly realm?: unknown } | null;
    return typeof document?.realm === "string" ? document.realm.slice(0, 512) : undefined;
  } catch {
    return undefined;
  }
}

/** Browsers send receipts from another origin, after a preflight. */
async function corsCheck(response: Response, publicUrl: string): Promise<Check> {
  const name = "cors";
  const cure = "Let the proxy pass OPTIONS and all headers, and set no CORS headers of its own.";
  const allowed = response.headers.get("access-control-allow-origin");
  if (allowed !== "*" && allowed !== FOREIGN_ORIGIN) return fail(name, "players on other sites are refused", cure);
  const preflight = await ask(`${publicUrl}/weir/receipts`, "OPTIONS", {
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type",
  }).catch(() => undefined);
  const methods = preflight?.headers.get("access-control-allow-methods") ?? "";
  return preflight?.ok === true && methods.includes("POST")
    ? ok(name, "players on other sites can pay")
    : fail(name, "the preflight before a receipt is refused", cure);
}
