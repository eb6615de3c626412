import { WeirError } from "../core/weirError.ts";
import { MAX_HEADER_LENGTH } from "./headers.ts";

/** One challenge of a `WWW-Authenticate` header: a scheme and its parameters, names in lower case. */
export interface AuthChallenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

// RFC 9110 section 11.6.1. The expressions are sticky and have no nested repetition, so a hostile header costs linear time.
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const QUOTED = /"((?:[^"\\\u0000-\u0008\u000a-\u001f\u007f]|\\[\t -~\u0080-\u{10ffff}])*)"/uy;
const BLANKS = /[ \t]*/y;
const COMMAS = /[ \t,]*/y;

/**
 * The challenges of a `WWW-Authenticate` header. Several may share one header, so a comma separates parameters as well as
 * challenges: a name followed by `=` is a parameter of the challenge before it.
 *
 * @throws WeirError `oversized-message`, or `malformed-message` for a header that does not follow RFC 9110
 */
export function parseAuthChallenges(header: string): AuthChallenge[] {
  if (header.length > MAX_HEADER_LENGTH) throw new WeirError("oversized-message", "WWW-Authenticate is too long");
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match[1] ?? match[0];
  };
  const refuse = (expected: string): never => {
    throw new WeirError("malformed-message", `WWW-Authenticate has no ${expected} at character ${String(at)}`);
  };

  take(COMMAS);
  while (at < header.length) {
    const name = take(TOKEN) ?? refuse("name");
    const afterName = at;
    take(BLANKS);
    if (header[at] !== "=") {
      if (at === afterName && at < header.length && header[at] !== ",") refuse("blank");
      const challenge = { scheme: name, parameters: new Map<string, string>() };
      challenges.push(challenge);
      // A token68 credential such as `Negotiate abc==` has no parameters; it is skipped.
      if (at < header.length && header[at] !== ",") take(TOKEN68);
      take(COMMAS);
      continue;
    }
    at += 1;
    take(BLANKS);
    const current = challenges.at(-1) ?? refuse("scheme");
    const value = header[at] === '"' ? take(QUOTED)?.replace(/\\(.)/gsu, "$1") : take(TOKEN);
    if (value === undefined) return refuse("value");
    const key = name.toLowerCase();
    if (current.parameters.has(key)) throw new WeirError("malformed-message", `WWW-Authenticate states ${key} twice`);
    current.parameters.set(key, value);
    take(BLANKS);
    if (at < header.length && header[at] !== ",") refuse("comma");
    take(COMMAS);
  }
  return challenges;
}

/** `name="value"` pairs, quoted and escaped, in the order given. */
export function formatAuthParameters(parameters: Iterable<readonly [string, string]>): string {
  return Array.from(parameters, ([name, value]) => `${name}="${value.replace(/["\\]/g, "\\$&")}"`).join(", ");
}
