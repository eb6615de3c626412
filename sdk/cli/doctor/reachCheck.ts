import { isSameAddress } from "../../core/index.ts";
import type { Address } from "../../core/index.ts";
import { parseTerms, TERMS_PATH } from "../../http/index.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

const TIMEOUT_MS = 10_000;
/** A page somewhere else, as every player's is. */
const FOREIGN_ORIGIN = "https://player.example";

/** Whether viewers reach the relay at its public URL: TLS, the relay behind it, and what browsers ask before a receipt. */
export async function reachChecks(publicUrl: string, payee: Address): Promise<Check[]> {
  const { hostname, protocol } = new URL(publicUrl);
  const isLoopback = protocol === "http:";
  const tls = isLoopback
    ? warn(
        "tls",
        `${hostname} is loopback: only this machine can watch`,
        "Set relay.publicUrl once a proxy speaks TLS.",
      )
    : undefined;
  let response: Response;
  try {
    response = await ask(`${publicUrl}${TERMS_PATH}`, "GET");
  } catch (error) {
    return [...(tls === undefined ? [] : [tls]), unreachable(publicUrl, error)];
  }
  const checks = [tls ?? ok("tls", `the certificate of ${hostname} is valid`)];
  checks.push(await termsCheck(response, publicUrl, payee));
  checks.push(await corsCheck(response, publicUrl));
  return checks;
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
  if (/CERT|SELF_SIGNED|TLS|ALTNAME/.test(code)) {
    return fail("tls", `${publicUrl}: ${code}`, "Browsers refuse it, too: get a certificate for that name.");
  }
  if (code === "ECONNREFUSED") {
    const cure = "Start it with weir relay start, and look again while it runs; else check proxy and firewall.";
    return warn("reach", `nothing listens at ${publicUrl}`, cure);
  }
  const reason = code === "" ? "no answer" : code;
  const cure = "Check the name, the proxy and the firewall; from outside, not from this network alone.";
  return fail("reach", `${publicUrl}: ${reason}`, cure);
}

async function termsCheck(response: Response, publicUrl: string, payee: Address): Promise<Check> {
  const name = "reach";
  if (response.status === 503) return warn(name, "the relay is starting", "Look again in a moment.");
  try {
    const terms = parseTerms(await response.text(), new URL(publicUrl).origin);
    if (isSameAddress(terms.payee, payee)) return ok(name, `the relay of ${payee} answers`);
    return fail(
      name,
      `a relay of ${terms.payee} answers`,
      "Another relay runs there: check relay.publicUrl and proxy.",
    );
  } catch {
    // Whatever it is, it does not speak the protocol.
    const found = `${publicUrl}${TERMS_PATH} answers with ${response.status}, and not as a relay`;
    return fail(name, found, "Let the proxy pass every path to relay.listen unchanged, Host header included.");
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
