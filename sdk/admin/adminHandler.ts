import { WeirError } from "../core/index.ts";
import type { Logger, Readiness } from "../relay/index.ts";
import type { AdminAccess } from "./adminAccess.ts";
import { answer, answerJson, answerProblem } from "./answers.ts";
import type { ApiRoute } from "./operatorApi.ts";
import { pageFiles } from "./pageFiles.ts";
import type { PageFile } from "./pageFiles.ts";
import type { RelayMetrics } from "./relayMetrics.ts";

/** What the admin listener answers with. */
export interface AdminHandlerContext {
  readonly access: AdminAccess;
  readonly metrics: Pick<RelayMetrics, "contentType" | "scrape">;
  readonly readiness: () => Promise<Readiness>;
  readonly api: Readonly<Record<string, ApiRoute>>;
  readonly logger: Logger;
}

/** Largest form that is read, in bytes. */
const MAX_FORM_BYTES = 4_096;

/**
 * Answers everything that the admin listener is asked: health, metrics, the API and the page. It changes nothing but who
 * is logged in, and never rejects.
 */
export function adminHandler(context: AdminHandlerContext): (request: Request) => Promise<Response> {
  const { access, logger, metrics } = context;
  let files: ReadonlyMap<string, PageFile> | undefined;

  const route = async (request: Request): Promise<Response> => {
    access.assertOwnOrigin(request);
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/healthz") return read(request, () => answer(200, "alive\n", PLAIN));
    if (pathname === "/readyz") return read(request, async () => answerReadiness(await context.readiness(), request));
    if (pathname === "/login" && request.method === "POST") return logIn(request);
    if (pathname === "/logout") return logOut(request);
    files ??= pageFiles();
    const file = files.get(pathname);
    const isOpen = file?.open === true;
    if (!isOpen && !access.isAllowed(request)) return refuse(pathname);
    return read(request, async () => {
      if (file !== undefined) return answerFile(file, request);
      if (pathname === "/metrics") return answer(200, await metrics.scrape(), { "content-type": metrics.contentType });
      const document = Object.hasOwn(context.api, pathname) ? context.api[pathname] : undefined;
      if (document === undefined) throw new WeirError("not-found", "nothing is shown under this path");
      return answerJson(200, await document(searchParams));
    });
  };

  /** Whether every check, or only the sum, is for whoever asks. */
  const answerReadiness = (readiness: Readiness, request: Request): Response =>
    answerJson(readiness.ready ? 200 : 503, access.isAllowed(request) ? readiness : { ready: readiness.ready });

  const logIn = async (request: Request): Promise<Response> => {
    const site = request.headers.get("sec-fetch-site");
    if (site !== null && site !== "same-origin" && site !== "none") {
      throw new WeirError("admin-host-foreign", "a page of another origin sent the form");
    }
    if (Number(request.headers.get("content-length") ?? MAX_FORM_BYTES + 1) > MAX_FORM_BYTES) {
      throw new WeirError("oversized-message", "the form is too long");
    }
    const form = new URLSearchParams(await request.text());
    const cookie = access.logIn((form.get("token") ?? "").trim());
    if (cookie !== undefined) return answer(303, null, { location: "/", "set-cookie": cookie });
    logger.warn({}, "somebody tried to log in to the operator's page with a wrong token");
    return answer(303, null, { location: "/login#wrong" });
  };

  const logOut = (request: Request): Response => {
    if (request.method !== "POST") throw new WeirError("method-not-allowed");
    return answer(303, null, { location: "/login", "set-cookie": access.logOut() });
  };

  return async (request) => {
    try {
      return await route(request);
    } catch (error) {
      const problem = WeirError.is(error) ? error : new WeirError("internal", undefined, { cause: error });
      if (problem.code === "internal") logger.error({ err: error }, "a request to the operator's page failed");
      return answerProblem(problem, problem.code === "method-not-allowed" ? { allow: "GET, HEAD" } : {});
    }
  };
}

const PLAIN = { "content-type": "text/plain; charset=utf-8" };

/** Programs are told what is missing; people are shown where to type it. */
function refuse(pathname: string): Response {
  if (pathname === "/") return answer(303, null, { location: "/login" });
  return answerProblem(new WeirError("admin-token-missing"), { "www-authenticate": 'Bearer realm="weir admin"' });
}

/** Answers a request that reads: nothing here can be changed from outside. */
async function read(request: Request, make: () => Response | Promise<Response>): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") throw new WeirError("method-not-allowed");
  const made = await make();
  return request.method === "HEAD" ? new Response(null, { status: made.status, headers: made.headers }) : made;
}

function answerFile({ bytes, etag, type }: PageFile, { headers }: Request): Response {
  const caching = { etag, "cache-control": "no-cache" };
  if (headers.get("if-none-match") === etag) return answer(304, null, caching);
  return answer(200, bytes, { "content-type": type, ...caching });
}
