import { Command } from "commander";
import { commonOptions } from "./commandSpec.ts";
import type { CommandEntry, CommandSpec, OptionSpec } from "./commandSpec.ts";
import { commands, groups } from "./commands/index.ts";
import { exitCodesText } from "./exitCodes.ts";
import { settings, variableOf } from "./settings.ts";
import type { SettingKey } from "./settings.ts";

/** What was typed: a command, its arguments and its options by flag. */
export interface Invocation {
  readonly spec: CommandSpec;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string | true>>;
}

/** Topics of `weir help` that are no commands. */
const topics: Readonly<Record<string, { readonly about: string; readonly text: () => string }>> = {
  "exit-codes": { about: "what the exit codes mean", text: exitCodesText },
  settings: { about: "every setting, in the file, the environment and on the command line", text: settingsText },
};

/** Loads a command, so that commander knows its options. Nothing for what is no command of ours. */
type Completion = (command: Command) => Promise<void>;

/**
 * The tree of commands, of which only names and summaries are there until one is typed. It throws commander's errors
 * instead of ending the process.
 *
 * @param invoke called with what was typed, once it makes sense
 */
export function weirProgram(version: string, invoke: (invocation: Invocation) => Promise<void>): Command {
  const entries = new Map<Command, CommandEntry>();
  const complete: Completion = async (command) => {
    const entry = entries.get(command);
    if (entry !== undefined) completeCommand(command, await entry.load(), invoke);
  };
  const program = new Command("weir")
    .description("Pay and be paid for streamed video: relays, operators, stake and publishers.")
    .version(version, "-V, --version", "the version")
    .addHelpText("after", () => topicsText())
    .helpCommand(false);
  configure(program).hook("preSubcommand", async (_parent, command) => complete(command));
  const parents = new Map<string, Command>();
  for (const [name, summary] of Object.entries(groups)) {
    const group = configure(program.command(name).summary(summary).description(summary).helpCommand(false));
    parents.set(
      name,
      group.hook("preSubcommand", async (_parent, command) => complete(command)),
    );
  }
  for (const entry of commands) {
    const words = entry.name.split(" ");
    const parent = words.length === 1 ? program : parents.get(words[0] ?? "");
    if (parent === undefined) throw new Error(`the command ${entry.name} has no group`);
    const command = configure(parent.command(words.at(-1) ?? "").summary(entry.summary));
    for (const [term, about] of Object.entries(entry.args ?? {})) command.argument(term, about);
    entries.set(command, entry);
  }
  addHelpCommand(program, complete);
  return program;
}

/** What an option looks like on the command line. */
export function optionTerm({ flag, placeholder }: OptionSpec): string {
  return placeholder === undefined ? `--${flag}` : `--${flag} ${placeholder}`;
}

/** The options of a command: its own, then settings, then those of every command. */
export function optionsOf({ options = [], settings: keys = [] }: CommandSpec): readonly OptionSpec[] {
  return [...options, ...keys.map(settingOption), ...commonOptions];
}

function settingOption(key: SettingKey): OptionSpec {
  const { about, flag, placeholder } = settings[key];
  return { flag, placeholder, about: `${about} [${key}]` };
}

function completeCommand(command: Command, spec: CommandSpec, invoke: (invocation: Invocation) => Promise<void>): void {
  command.description(spec.description);
  for (const option of optionsOf(spec)) command.option(optionTerm(option), option.about);
  const examples = spec.examples.map(([line, purpose]) => `  $ ${line}\n      ${purpose}`);
  command.addHelpText("after", `\nExamples:\n${examples.join("\n")}`);
  command.action(async () => {
    const typed = command.opts<Record<string, string | boolean | undefined>>();
    const options = Object.fromEntries(
      optionsOf(spec).flatMap(({ flag }) => {
        const value = typed[flag.replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase())];
        return value === undefined || value === false ? [] : [[flag, value] as const];
      }),
    );
    await invoke({ spec, args: command.args, options });
  });
}

function configure(command: Command): Command {
  return command
    .exitOverride()
    .configureHelp({ helpWidth: 100, sortOptions: false })
    .configureOutput({ outputError: () => undefined });
}

/** `weir help`, `weir help relay start` and `weir help exit-codes`. */
function addHelpCommand(program: Command, complete: Completion): void {
  configure(program.command("help [words...]").summary("help on a command or a topic")).action(
    async (words: string[]) => {
      const topic = topics[words.join(" ")];
      if (topic !== undefined) {
        process.stdout.write(topic.text());
        return;
      }
      let command = program;
      for (const word of words) {
        const next = command.commands.find((each) => each.name() === word);
        if (next === undefined) command.error(`error: there is no help on ${words.join(" ")}`);
        else command = next;
      }
      await complete(command);
      command.help();
    },
  );
}

function topicsText(): string {
  const rows = Object.entries(topics).map(([name, { about }]) => `  weir help ${name.padEnd(11)} ${about}`);
  return `\nTopics:\n${rows.join("\n")}\n\nStart a relay: weir relay init && weir relay start`;
}

/** Every setting, as `weir help settings` shows it. */
function settingsText(): string {
  const rows = (Object.keys(settings) as SettingKey[]).map((key) => {
    const { about, flag } = settings[key];
    return `  ${key}\n      ${about}\n      ${variableOf(key)}, --${flag}\n`;
  });
  const introduction =
    "Settings come from the command line, else from the environment, else from the file: ./weir.toml, $WEIR_CONFIG or\n" +
    "--config. In the file they stand in tables: [relay] holds relay.publicUrl as publicUrl. Streams are in the file\n" +
    "alone, as tables [[relay.streams]]. Passwords come from password files, WEIR_WALLET_PASSWORD and\n" +
    "WEIR_AGENT_PASSWORD, or are asked for.\n\n";
  return `${introduction}${rows.join("\n")}`;
}
