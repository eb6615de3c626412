import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { serve } from "../serve/serve.ts";
import { formatReport } from "./formatReport.ts";
import { runDemo } from "./runDemo.ts";

const HELP = `npm start -- [options]

Runs Weir from end to end on a local chain: a publisher signs a stream, three relays serve it (one corrupts
segments, one is slow), viewers play it to the end and pay by the segment, the relays settle and close, and
everybody withdraws. Prints what happened and what it cost. The exit status is 0 if all checks held.

  --viewers N   how many people watch (1 to 24; default 6)
  --speed N     playback speed (1 to 8; default 2)
  --json FILE   also writes the report as JSON; amounts are decimal strings
  --serve       instead serves a player page for a browser, until Ctrl-C; see --serve --help
  --help        this page`;

const args = process.argv.slice(2);
process.exitCode = args.includes("--serve") ? await serve(args) : await tellStory(args);

/** @returns the exit status */
async function tellStory(words: string[]): Promise<number> {
  const { values } = parseArgs({
    args: words,
    options: {
      viewers: { type: "string", default: "6" },
      speed: { type: "string", default: "2" },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const viewers = numberOption("viewers", values.viewers, 1, 24);
  const speed = numberOption("speed", values.speed, 1, 8);
  if (viewers === undefined || speed === undefined) return 2;
  return (await demonstrate(viewers, speed, values.json)) ? 0 : 1;
}

/** @returns whether all checks held */
async function demonstrate(viewers: number, speed: number, json: string | undefined): Promise<boolean> {
  const isTerminal = process.stdout.isTTY;
  let shown = 0;
  const report = await runDemo({
    viewers,
    speed,
    onLine(line) {
      if (isTerminal) process.stdout.write("\r\x1b[K");
      console.log(line);
    },
    onProgress(loaded) {
      const line = `watching   ${loaded.map((share) => bar(share)).join(" ")}`;
      if (isTerminal) process.stdout.write(`\r\x1b[K${line}`);
      // Without a terminal to draw on, a line for every quarter is enough.
      const quarter = Math.floor((4 * loaded.reduce((sum, share) => sum + share, 0)) / loaded.length);
      if (!isTerminal && quarter > shown) {
        shown = quarter;
        console.log(`watching   ${quarter * 25}% of everything is loaded`);
      }
    },
  });
  console.log(`\n${formatReport(report)}`);
  if (json !== undefined) {
    await writeFile(
      json,
      `${JSON.stringify(report, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value), 2)}\n`,
    );
  }
  return report.ok;
}

function bar(share: number): string {
  const filled = Math.round(share * 8);
  return "█".repeat(filled) + "░".repeat(8 - filled);
}

function numberOption(name: string, text: string, least: number, most: number): number | undefined {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  console.error(`--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`);
  return undefined;
}
