import { once } from "node:events";

/** Where a command speaks: results on standard output, everything for people on standard error. */
export interface Output {
  /** A line for people. */
  readonly say: (line: string) => void;
  /** Lines for people that the next ones replace; shown on a terminal alone. */
  readonly progress: (...lines: readonly string[]) => void;
  /** Lines of the result, for people, or one JSON document with `--json`; nothing for `undefined`. */
  readonly result: (json: unknown, lines: readonly string[]) => void;
  /** A part of a result of any size, on standard output. Resolves when there is room for more. */
  readonly write: (text: string) => Promise<void>;
  /** From now on, this text is never written; something else stands in its place. */
  readonly hide: (secret: string, instead: string) => void;
}

/** The stream for people: standard error, or what stands for it in a test. */
type People = Pick<NodeJS.WriteStream, "columns" | "isTTY" | "write">;

/** The output of one run. */
export function openOutput(json: boolean, people: People = process.stderr): Output {
  const hidden = new Map<string, string>();
  /** Lines that the next ones replace. */
  let inPlace = 0;
  const clean = (text: string): string => {
    let cleaned = text;
    for (const [secret, instead] of hidden) cleaned = cleaned.replaceAll(secret, instead);
    // Names and reasons come from strangers, and a terminal obeys what it is shown. Line ends of CSV are CR LF (RFC 4180).
    return cleaned.replace(/\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "\ufffd");
  };
  const endProgress = (): void => {
    // Up to the first of them, then everything below is cleared.
    if (inPlace > 0) people.write(`\r${inPlace > 1 ? `\u001b[${inPlace - 1}A` : ""}\u001b[J`);
    inPlace = 0;
  };
  return {
    say(line) {
      endProgress();
      people.write(`${clean(line)}\n`);
    },
    progress(...lines) {
      if (!people.isTTY) return;
      endProgress();
      // A line that wraps would be two, and could not be replaced.
      people.write(lines.map((line) => clean(line).slice(0, people.columns - 1)).join("\n"));
      inPlace = lines.length;
    },
    result(value, lines) {
      endProgress();
      const document = value === undefined ? "" : JSON.stringify(value, bigintsAsText);
      const text = json ? document : lines.join("\n");
      if (text !== "") process.stdout.write(`${clean(text)}\n`);
    },
    async write(text) {
      endProgress();
      if (process.stdout.write(clean(text))) return;
      await once(process.stdout, "drain");
    },
    hide(secret, instead) {
      if (secret === "" || secret === instead) return;
      hidden.set(secret, instead);
      // In a JSON document it is spelled otherwise.
      hidden.set(JSON.stringify(secret).slice(1, -1), instead);
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
