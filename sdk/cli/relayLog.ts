import pino from "pino";
import { WeirError } from "../core/index.ts";
import type { Logger } from "../relay/index.ts";
import type { Output } from "./output.ts";

/** How much a relay logs; each level with those after it. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

/** A level of the log. */
export type LogLevel = (typeof logLevels)[number];

/** Facts of these names are never written, at the top or one level down, whoever logs them. */
const SECRET_NAMES = ["authorization", "cookie", "key", "password", "privateKey", "raw", "secret", "token"];

/**
 * What gives itself away by its form, wherever it stands: session tokens, in a URL or alone; credentials of HTTP; user and
 * password in a URL. What has no form of its own, such as keys and passwords, the output knows: see `Output.hide`.
 */
const SECRET_FORMS: readonly (readonly [form: RegExp, instead: string])[] = [
  [/([?&]weir=)[^&\s"'\\]+/g, "$1[redacted]"],
  [/\b[0-9a-f]{172}[A-Za-z0-9_-]{43}/g, "[redacted]"],
  [/\b(Payment|Bearer|Basic) +[A-Za-z0-9._~+/=-]{8,}/g, "$1 [redacted]"],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s"'\\@]+@/gi, "$1[redacted]@"],
];

/**
 * Writes a relay's log to standard error, one line an entry: JSON if nobody watches, else text. What is secret is taken
 * out by its name, by its form, and by what the output was told to hide.
 *
 * @param isText whether a person reads it
 */
export function relayLog(output: Output, least: LogLevel, isText: boolean): Logger {
  return pino(
    {
      level: least,
      base: null,
      messageKey: "message",
      timestamp: pino.stdTimeFunctions.isoTime,
      // Its own adds a stack to whatever has a message.
      serializers: { err: (err: unknown) => err },
      formatters: { level: (label) => ({ level: label }), log: plainFacts },
      redact: { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" },
    },
    {
      write(line: string) {
        const clean = SECRET_FORMS.reduce((text, [form, instead]) => text.replaceAll(form, instead), line.trimEnd());
        output.say(isText ? textOf(clean) : clean);
      },
    },
  );
}

function plainFacts(facts: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, plainValue(value)]));
}

/** Errors as code and message: their causes can quote requests, and with them credentials. */
function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (!(value instanceof Error)) return value;
  if (!WeirError.is(value)) return { message: value.message.split("\n", 1)[0] };
  const { code, details, shortMessage } = value;
  return { code, message: shortMessage, ...(details === undefined ? {} : { details }) };
}

/** An entry for a person: when, how bad, what, and the facts behind it. */
function textOf(line: string): string {
  const { level, message, time, ...facts } = JSON.parse(line) as Record<string, unknown>;
  const told = Object.entries(facts).map(([name, value]) => {
    // A text with blanks stands in quotes, so that nobody can make one entry look like two.
    const isPlain = typeof value === "string" && /^[\x21-\x7e]+$/.test(value);
    return `${name}=${isPlain ? value : JSON.stringify(value)}`;
  });
  const head = `${String(time)} ${String(level).padEnd(5)} ${String(message)}`;
  return told.length === 0 ? head : `${head} (${told.join(", ")})`;
}
