/** Where a command speaks: results on standard output, everything for people on standard error. */
export interface Output {
  /** A line for people. */
  readonly say: (line: string) => void;
  /** A line for people that the next one replaces; shown on a terminal alone. */
  readonly progress: (line: string) => void;
  /** Lines of the result, for people, or one JSON document with `--json`. */
  readonly result: (json: unknown, lines: readonly string[]) => void;
  /** From now on, this text is never written; something else stands in its place. */
  readonly hide: (secret: string, instead: string) => void;
}

/** The output of one run. */
export function openOutput(json: boolean): Output {
  const hidden = new Map<string, string>();
  let inPlace = false;
  const clean = (text: string): string => {
    let cleaned = text;
    for (const [secret, instead] of hidden) cleaned = cleaned.replaceAll(secret, instead);
    return cleaned;
  };
  const endProgress = (): void => {
    if (inPlace) process.stderr.write("\r\u001b[2K");
    inPlace = false;
  };
  return {
    say(line) {
      endProgress();
      process.stderr.write(`${clean(line)}\n`);
    },
    progress(line) {
      if (!process.stderr.isTTY) return;
      process.stderr.write(`\r\u001b[2K${clean(line).slice(0, process.stderr.columns - 1)}`);
      inPlace = true;
    },
    result(value, lines) {
      endProgress();
      const text = json ? JSON.stringify(value, bigintsAsText) : lines.join("\n");
      if (text !== "") process.stdout.write(`${clean(text)}\n`);
    },
    hide(secret, instead) {
      if (secret !== "" && secret !== instead) hidden.set(secret, instead);
    },
  };
}

/** Two columns, the first as wide as it must be. */
export function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd());
}

function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
