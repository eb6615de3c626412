import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { bundle, bundleNames, sizeLimits, VIEWER_LIMIT } from "./checks/bundles.ts";
import type { Bundle } from "./checks/bundles.ts";

const HELP = `npm run size -- [options]

Measures what a browser loads: every entry point of the package that a page can import, whole, and what pages import
of several of them together. A size is in bytes after esbuild's minifying for browsers and gzip -9.

Counted is everything but the peer dependencies: our own code, the curve, the hashes. A page brings its own player and
its own viem; the last column says what of them a bundle imports. An empty one needs nothing else. Whatever only
Node.js has is not replaced by anything: a bundle that imports it fails.

The limits are in snapshots/bundle-sizes.json; the viewer's are ${VIEWER_LIMIT} bytes at most. The exit status is 1 if one is
exceeded.

  --json FILE      also writes [{name, gzip}] as JSON; sizes in bytes
  --explain NAME   the modules of one bundle instead, largest first, in bytes after minifying
  --help           this page`;

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    explain: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(HELP);
else if (values.explain === undefined) await measure(values.json);
else await explain(values.explain);

async function measure(json: string | undefined): Promise<void> {
  const limits = sizeLimits();
  const rows: { readonly name: string; readonly limit: number; readonly bundle: Bundle }[] = [];
  for (const name of bundleNames) rows.push({ name, limit: limits[name] ?? 0, bundle: await bundle(name) });
  const width = Math.max(...bundleNames.map(({ length }) => length));
  console.log(`${"".padEnd(width)}    gzip   limit  brought by the page`);
  for (const { name, limit, bundle: measured } of rows) {
    const { external, gzip } = measured;
    const sizes = [gzip, limit].map((bytes) => bytes.toLocaleString("en-US").padStart(8)).join("");
    console.log(`${name.padEnd(width)}${sizes}  ${external.join(", ")}${gzip > limit ? "  TOO LARGE" : ""}`);
  }
  if (json !== undefined) {
    const sizes = rows.map(({ name, bundle: { gzip } }) => ({ name, gzip }));
    await writeFile(json, `${JSON.stringify(sizes, undefined, 2)}\n`);
  }
  if (rows.some(({ bundle: { gzip }, limit }) => gzip > limit)) process.exitCode = 1;
}

async function explain(name: string): Promise<void> {
  if (!bundleNames.includes(name)) throw new Error(`No such bundle: ${name}. There are ${bundleNames.join(", ")}.`);
  const { gzip, modules } = await bundle(name);
  for (const [path, bytes] of [...modules].sort(([, a], [, b]) => b - a)) {
    console.log(`${bytes.toLocaleString("en-US").padStart(8)}  ${path}`);
  }
  const minified = [...modules.values()].reduce((sum, bytes) => sum + bytes, 0);
  console.log(
    `\n${minified.toLocaleString("en-US").padStart(8)}  together, ${gzip.toLocaleString("en-US")} after gzip`,
  );
}
