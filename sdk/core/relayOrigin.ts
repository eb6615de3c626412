const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL's host name is this machine, to which nobody can listen in. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/**
 * The origin at which a relay is reached, such as `https://relay.example`. Plain HTTP is for loopback only: on any other
 * way tokens could be read and segments withheld by whoever stands between.
 *
 * @returns the origin as URLs spell it, or `undefined` if `url` is something else, a path and credentials included
 */
export function relayOrigin(url: string): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) return undefined;
  const { protocol, hostname, pathname, search, hash, username, password, origin } = parsed;
  const isSafe = protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
  return isSafe && pathname === "/" && search + hash + username + password === "" ? origin : undefined;
}
