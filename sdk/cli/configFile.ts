import { settings } from "./settings.ts";
import type { SettingKey, StreamSetting } from "./settings.ts";

/** What to write into a new file; every other setting stands there as a comment. */
export interface ConfigFileContent {
  /** Values as TOML, by setting. */
  readonly values: Readonly<Partial<Record<SettingKey, string>>>;
  readonly streams: readonly StreamSetting[];
}

/** A text as TOML. */
export function tomlText(text: string): string {
  return JSON.stringify(text);
}

/** The text of a settings file in which every setting is explained, those without a value as a comment. */
export function formatConfigFile({ streams, values }: ConfigFileContent): string {
  const keys = Object.keys(settings) as SettingKey[];
  const sections = [...new Set(keys.map((key) => key.split(".", 1)[0] ?? ""))];
  const texts = sections.map((section) => {
    const entries = keys
      .filter((key) => key.startsWith(`${section}.`))
      .map((key) => {
        const { about, example } = settings[key];
        const name = key.slice(section.length + 1);
        const value = values[key];
        return `# ${about}\n${value === undefined ? `# ${name} = ${example}` : `${name} = ${value}`}\n`;
      });
    return `[${section}]\n${entries.join("\n")}`;
  });
  return `${HEAD}\n${texts.join("\n")}\n${STREAMS_HEAD}${streams.map(formatStream).join("\n")}`;
}

const HEAD = `# Settings of weir. Environment variables and options of the command line are stronger: weir help settings.
# File names are relative to this file. Amounts are tokens, in quotes. Passwords do not belong here.
`;

const STREAMS_HEAD = `# Streams to serve, one table each: path is where viewers find it, source a folder or the URL of an origin, publisher
# whose signature counts. Also: name (that stream alone), manifest (its file name), free (true: without payment).
`;

function formatStream({ path, publisher, source }: StreamSetting): string {
  return `[[relay.streams]]
path = ${tomlText(path)}
source = ${tomlText(source)}
publisher = ${tomlText(publisher)}
`;
}
