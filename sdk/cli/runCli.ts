import { CommanderError } from "commander";
import { CliError } from "./cliError.ts";
import type { CommandContext } from "./commandSpec.ts";
import { describeError, formatError } from "./describeError.ts";
import { exitCodes } from "./exitCodes.ts";
import { loadConfig } from "./loadConfig.ts";
import { openOutput } from "./output.ts";
import type { Output } from "./output.ts";
import { packageVersion } from "./packageVersion.ts";
import { weirProgram } from "./program.ts";
import type { Invocation } from "./program.ts";
import { settings } from "./settings.ts";
import type { SettingKey } from "./settings.ts";

/**
 * Runs one command line.
 *
 * @param args without the program's own name
 * @returns the exit code
 */
export async function runCli(args: readonly string[]): Promise<number> {
  const json = args.includes("--json");
  const output = openOutput(json);
  let exitCode: number = exitCodes.ok.code;
  try {
    const program = weirProgram(packageVersion(), async (invocation) => {
      exitCode = (await runCommand(invocation, output, json)) ? exitCodes.ok.code : exitCodes.failed.code;
    });
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return exitCodes.ok.code;
    const error = thrown instanceof CommanderError ? usageError(thrown) : thrown;
    const description = describeError(error);
    output.say(formatError(description));
    if (args.includes("--debug") && error instanceof Error) output.say(stackOf(error));
    if (json) output.result({ error: description }, []);
    return description.exitCode;
  }
}

async function runCommand({ args, options, spec }: Invocation, output: Output, json: boolean): Promise<boolean> {
  const optionOf = (flag: string): string | undefined => {
    const value = options[flag];
    return typeof value === "string" ? value : undefined;
  };
  const flags: Partial<Record<SettingKey, string>> = {};
  for (const key of spec.settings ?? []) {
    const value = optionOf(settings[key].flag);
    if (value !== undefined) flags[key] = value;
  }
  const { env } = process;
  const cwd = process.cwd();
  const config = loadConfig({ file: spec.writesConfig === true ? false : optionOf("config"), env, flags, cwd });
  for (const warning of config.warnings) output.say(`weir: ${warning}`);
  hideUrls(config.get("chain.rpc") ?? [], output);
  const isOn = (flag: string): boolean => options[flag] === true;
  const context: CommandContext = { args, option: optionOf, isOn, config, output, json, env, cwd };
  const { ok = true, ...result } = await spec.run(context);
  output.result(result.json, result.lines);
  return ok;
}

/** What follows an endpoint's origin is often its key. */
function hideUrls(urls: readonly string[], output: Output): void {
  for (const url of urls) {
    const { host, origin, protocol } = new URL(url);
    const bare = origin === "null" ? `${protocol}//${host}` : origin;
    if (url !== bare && url !== `${bare}/`) output.hide(url, `${bare}/…`);
  }
}

function usageError(error: CommanderError): CliError {
  const message = error.message.replace(/^error: /, "").split("\n");
  const hint = message.slice(1).join(" ").trim();
  const isHelp = error.code === "commander.help";
  return new CliError(
    "usage",
    isHelp ? "which command?" : (message[0] ?? ""),
    hint === "" ? "Add --help to see what there is." : hint,
    error,
  );
}

function stackOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\nCaused by: ${stackOf(error.cause)}` : own;
}
