import { WeirError } from "../core/index.ts";
import type { Logger } from "../relay/index.ts";
import type { Output } from "./output.ts";

/** How much a relay logs; each level with those after it. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

/** A level of the log. */
export type LogLevel = (typeof logLevels)[number];

/**
 * Writes a relay's log to standard error, one line an entry: JSON if nobody watches, else text.
 *
 * @param isText whether a person reads it
 */
export function relayLog(output: Output, least: LogLevel, isText: boolean): Logger {
  const write =
    (level: LogLevel) =>
    (facts: object, message: string): void => {
      if (logLevels.indexOf(level) < logLevels.indexOf(least)) return;
      const plain = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, plainValue(value)]));
      const time = new Date().toISOString();
      output.say(
        isText
          ? `${time} ${level.padEnd(5)} ${message}${factsText(plain)}`
          : JSON.stringify({ time, level, message, ...plain }),
      );
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** Errors as code and message: their causes can quote requests, and with them credentials. */
function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (!(value instanceof Error)) return value;
  if (!WeirError.is(value)) return { message: value.message.split("\n", 1)[0] };
  const { code, details, shortMessage } = value;
  return { code, message: shortMessage, ...(details === undefined ? {} : { details }) };
}

function factsText(facts: Readonly<Record<string, unknown>>): string {
  const text = Object.entries(facts).map(([name, value]) => {
    return `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`;
  });
  return text.length === 0 ? "" : ` (${text.join(", ")})`;
}
