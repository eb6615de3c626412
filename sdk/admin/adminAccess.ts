import { WeirError } from "../core/index.ts";
import type { AdminToken } from "./adminToken.ts";

/** Who may come in. */
export interface AdminAccessOptions {
  /** What visitors must know; nothing if left out, and then only this machine may get here at all. */
  readonly token?: AdminToken;
  /** The origin under which a proxy shows the page, for example `https://admin.example`. */
  readonly origin?: string;
  /** The address that it listens at. */
  readonly hostname: string;
  /** Seconds since the epoch. */
  readonly clock: () => number;
}

/** Decides about requests before anything is looked up for them. */
export interface AdminAccess {
  /**
   * Refuses what a page of somebody else's may have sent. A name that resolves to this machine is not enough: whoever owns
   * a domain can make it resolve to 127.0.0.1 (DNS rebinding).
   *
   * @throws WeirError `admin-host-foreign`
   */
  readonly assertOwnOrigin: (request: Request) => void;
  /** Whether the request proves that it may see everything. */
  readonly isAllowed: (request: Request) => boolean;
  /** The cookie of a visitor who typed the token, or `undefined` if it was another. */
  readonly logIn: (typed: string) => string | undefined;
  /** The cookie that ends it. */
  readonly logOut: () => string;
}

const COOKIE = "weir-admin";

/** Seconds for which a login holds. */
const LOGIN_SECONDS = 43_200;

/** Checks origins and tokens. */
export function adminAccess({ clock, hostname, origin, token }: AdminAccessOptions): AdminAccess {
  const own = origin === undefined ? undefined : new URL(origin);
  // A browser sends a secure cookie over HTTPS alone; without a proxy that speaks it, it would never come back.
  const attributes = `Path=/; HttpOnly; SameSite=Strict${own?.protocol === "https:" ? "; Secure" : ""}`;
  return {
    assertOwnOrigin(request) {
      const { host, hostname: asked } = new URL(request.url);
      const isOwn = isLoopback(asked) || host === own?.host || asked === hostname || asked === `[${hostname}]`;
      if (!isOwn) throw new WeirError("admin-host-foreign", "the request names a host that is not this page's");
      if (request.headers.get("sec-fetch-site") === "cross-site") {
        const mode = request.headers.get("sec-fetch-mode");
        if (mode !== "navigate" || request.method !== "GET") {
          throw new WeirError("admin-host-foreign", "a page of another origin sent the request");
        }
      }
    },
    isAllowed({ headers }) {
      if (token === undefined) return true;
      const [, bearer] = /^Bearer +([\x21-\x7e]+)$/i.exec(headers.get("authorization") ?? "") ?? [];
      if (bearer !== undefined) return token.matches(bearer);
      const now = clock();
      return cookies(headers).some((value) => token.acceptsCookie(value, now));
    },
    logIn(typed) {
      if (token?.matches(typed) !== true) return undefined;
      return `${COOKIE}=${token.cookie(clock() + LOGIN_SECONDS)}; Max-Age=${LOGIN_SECONDS}; ${attributes}`;
    },
    logOut: () => `${COOKIE}=; Max-Age=0; ${attributes}`,
  };
}

/** Whether a host name always means this machine, whatever a name server says. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname === "::1" ||
    hostname === "[::1]" ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  );
}

function cookies(headers: Headers): string[] {
  return (headers.get("cookie") ?? "").split(";").flatMap((pair) => {
    const [name, value] = pair.trim().split("=", 2);
    return name === COOKIE && value !== undefined ? [value] : [];
  });
}
