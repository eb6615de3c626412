/** One line of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What is said about the samples of one metric. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
}

/** Reads Prometheus' text format, strictly. @throws Error at the first line that is none of it */
export function parseScrape(text: string): {
  readonly families: readonly Family[];
  readonly samples: readonly Sample[];
} {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const samples: Sample[] = [];
  const helps = new Map<string, string>();
  const types = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, kind, about, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP" && about !== undefined) helps.set(about, rest ?? "");
    else if (kind === "TYPE" && about !== undefined) types.set(about, rest ?? "");
    else samples.push(parseSample(line));
  }
  const families = [...types].map(([name, type]) => ({ name, type, help: helps.get(name) ?? "" }));
  for (const { name } of samples) {
    const family = name.replace(/_(?:bucket|sum|count)$/, "");
    if (!types.has(name) && !types.has(family)) throw new Error(`${name} has no type`);
  }
  return { families, samples };
}

function parseSample(line: string): Sample {
  const [, name, inside, number] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined || number === undefined) throw new Error(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  for (const [, label, text] of (inside ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)",?/g)) {
    if (label !== undefined) labels[label] = text ?? "";
  }
  const value = number === "+Inf" ? Infinity : Number(number);
  if (Number.isNaN(value) && number !== "Nan" && number !== "NaN") throw new Error(`not a number: ${line}`);
  return { name, labels, value };
}
