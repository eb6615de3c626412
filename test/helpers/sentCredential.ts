import { parseSessionRequest } from "../../sdk/http/index.ts";

/** The credential with which a viewer opens a session, as it stands in the header or the body of its request. */
export function sentCredential(init: RequestInit = {}): string | undefined {
  const header = new Headers(init.headers).get("authorization");
  if (header !== null || typeof init.body !== "string" || !init.body.includes('"authorization"'))
    return header ?? undefined;
  return parseSessionRequest(init.body).authorization;
}
