import { writeFile } from "node:fs/promises";
import { commands } from "../sdk/cli/commands/index.ts";
import type { CommandEntry } from "../sdk/cli/commandSpec.ts";
import { exitCodes } from "../sdk/cli/exitCodes.ts";
import { optionsOf, optionTerm } from "../sdk/cli/program.ts";
import { expectations, settings, variableOf } from "../sdk/cli/settings.ts";
import type { SettingKey } from "../sdk/cli/settings.ts";

/** Writes `docs/cli.md` from the commands themselves. */

const INTRODUCTION = `# The command line

\`weir\` comes with the package: \`npx weir --help\`, and \`--help\` after any command. It needs Node.js 22.13 or newer.

\`\`\`sh
npx weir relay init     # asks, writes weir.toml and the relay's key
npx weir relay doctor   # what is missing, and how to cure it
npx weir relay start    # serves, and collects what viewers pay
\`\`\`

- **Results** go to standard output, everything for people to standard error. With \`--json\` the result is one JSON document, an
  error included: \`{"error": {"code", "message", "cure", "exitCode"}}\`. Amounts are exact decimal texts in tokens, as the
  commands take them. \`relay start\` writes one document when it serves and one when it has stopped.
- **Errors** are a sentence and what to do, with a code: one of [the SDK's](errors.md), or the name of the exit code.
- **Transactions** are simulated, shown with their cost, and sent when you agree; \`--yes\` agrees beforehand, \`--dry-run\` stops
  before sending. Whatever is simulated can still cost less or fail when it is mined; then the error says so.
- **Keys** are in encrypted keystore files (version 3), and neither they nor passwords are ever arguments. A password comes from
  the role's password file, else from \`WEIR_WALLET_PASSWORD\` or \`WEIR_AGENT_PASSWORD\`, else it is asked for. What follows the
  origin of an RPC endpoint, often its key, is never shown.

This page is written by \`node scripts/cliPage.ts\` from the commands in [\`sdk/cli\`](../sdk/cli).
`;

const SETTINGS_HEAD = `## Settings

A setting comes from the command line, else from the environment, else from the file: \`./weir.toml\`, \`$WEIR_CONFIG\` or
\`--config FILE\`. The file is TOML, because operators write comments into it, know it from other services, and its texts mean
what they say. File names are relative to the file, on the command line to where you are. Unknown keys are refused.

| in the file | variable | option | what it is |
|---|---|---|---|
`;

const STREAMS = `
Streams are in the file alone, a table each:

\`\`\`toml
[[relay.streams]]
path = "/documentary/"           # where viewers find it
source = "./documentary"         # a folder, or the URL of an origin
publisher = "0x…"                # whose signature counts
name = "documentary"             # that stream alone; optional
manifest = "weir.json"           # file name of the signed list; optional
free = false                     # true: without payment; optional
\`\`\`
`;

/** The text of the page. */
export async function cliPage(): Promise<string> {
  const codes = Object.values(exitCodes).map(({ code, meaning }) => `| ${code} | ${meaning} |`);
  const rows = (Object.keys(settings) as SettingKey[]).map((key) => {
    const { about, flag } = settings[key];
    return `| \`${key}\` | \`${variableOf(key)}\` | \`--${flag}\` | ${about}; must be ${expectations[key]} |`;
  });
  return [
    INTRODUCTION,
    `## Exit codes\n\n| code | meaning |\n|---|---|\n${codes.join("\n")}\n`,
    `${SETTINGS_HEAD}${rows.join("\n")}\n${STREAMS}`,
    ...(await Promise.all(commands.map(section))),
  ].join("\n");
}

async function section({ args = {}, load, name }: CommandEntry): Promise<string> {
  const spec = await load();
  const { description, examples } = spec;
  const usage = ["weir", name, ...Object.keys(args), "[options]"].join(" ");
  const table = [
    ...Object.entries(args).map(([term, about]) => `| \`${term}\` | ${about} |`),
    ...optionsOf(spec).map((option) => `| \`${optionTerm(option)}\` | ${option.about} |`),
  ];
  const lines = examples.map(([line, purpose]) => `${line}   # ${purpose}`);
  return `## weir ${name}

\`${usage}\`

${description}

| | |
|---|---|
${table.join("\n")}

\`\`\`sh
${lines.join("\n")}
\`\`\`
`;
}

/** Where the page is. */
export const cliPageUrl = new URL("../docs/cli.md", import.meta.url);

if (import.meta.main) {
  await writeFile(cliPageUrl, await cliPage());
  console.log("wrote docs/cli.md");
}
