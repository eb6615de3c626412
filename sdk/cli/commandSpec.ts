import type { Config } from "./loadConfig.ts";
import type { Output } from "./output.ts";
import type { SettingKey } from "./settings.ts";

/** An option of one command that is no setting. */
export interface OptionSpec {
  /** Without dashes. */
  readonly flag: string;
  /** What it takes, such as `<file>`; a switch if left out. */
  readonly placeholder?: string;
  readonly about: string;
}

/** A command as the list of all shows it. */
export interface CommandEntry {
  /** The words after `weir`. */
  readonly name: string;
  /** Positional arguments, such as `<folder>`, with what they are. */
  readonly args?: Readonly<Record<string, string>>;
  /** One line. */
  readonly summary: string;
  /** Loads the command and what it needs, which may be half the SDK: when it runs or explains itself, and not before. */
  readonly load: () => Promise<CommandSpec>;
}

/** One command, as data: the parser, the help and the documentation are made from it. */
export interface CommandSpec {
  /** A paragraph: what it does, who may run it, what it costs or risks. */
  readonly description: string;
  /** Settings that can be given as options. */
  readonly settings?: readonly SettingKey[];
  readonly options?: readonly OptionSpec[];
  /** Whether it writes the settings' file instead of reading it. */
  readonly writesConfig?: boolean;
  /** A command line, and what it is for. */
  readonly examples: readonly (readonly [commandLine: string, purpose: string])[];
  readonly run: (context: CommandContext) => Promise<CommandResult>;
}

/** What a command gets. */
export interface CommandContext {
  /** Positional arguments, in order; commander made sure that none is missing. */
  readonly args: readonly string[];
  /** What an option was given. */
  readonly option: (flag: string) => string | undefined;
  /** Whether a switch was given. */
  readonly isOn: (flag: string) => boolean;
  readonly config: Config;
  readonly output: Output;
  readonly json: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** What a command came to. */
export interface CommandResult {
  /** The document of `--json`; left out if the result was written already. */
  readonly json?: unknown;
  /** The same for people. */
  readonly lines: readonly string[];
  /** Whether what was looked at is in order; it is if left out. */
  readonly ok?: boolean;
}

/** Options of every command. */
export const commonOptions: readonly OptionSpec[] = [
  { flag: "config", placeholder: "<file>", about: "settings; ./weir.toml or $WEIR_CONFIG if left out" },
  { flag: "json", about: "one JSON document on standard output; everything else goes to standard error" },
  { flag: "debug", about: "show stack traces" },
];

/** Options of commands that send transactions. */
export const sendOptions: readonly OptionSpec[] = [
  { flag: "yes", about: "send without asking" },
  { flag: "dry-run", about: "simulate and show gas and cost; send nothing" },
];
