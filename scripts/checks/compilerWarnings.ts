import { globSync, readFileSync } from "node:fs";

/**
 * Fails if the compiler warned about a file of ours, or was not the one that package.json pins. It reads what the last
 * builds wrote down, so a warning that an earlier, cached build printed counts as well.
 */

interface BuildInfo {
  readonly solcVersion: string;
  readonly solcLongVersion: string;
}

interface BuildOutput {
  readonly output: {
    readonly errors?: readonly {
      readonly errorCode?: string;
      readonly formattedMessage: string;
      readonly sourceLocation?: { readonly file: string };
    }[];
  };
}

/** Test contracts may exceed the size that a chain would accept. */
const SIZE_WARNINGS = new Set(["3860", "5574"]);
const FOLDERS = [
  "artifacts",
  "cache/test-artifacts",
  "cache/istanbul/artifacts",
  "cache/istanbul/cache/test-artifacts",
];

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

const { version } = readJson("node_modules/solc/package.json") as { version: string };
const problems = new Set<string>();
const builds = FOLDERS.flatMap((folder) => globSync(`${folder}/build-info/*.json`));
for (const path of builds) {
  if (!path.endsWith(".output.json")) {
    const { solcVersion, solcLongVersion } = readJson(path) as BuildInfo;
    if (solcVersion !== version || !solcLongVersion.startsWith(`${version}+commit.`)) {
      problems.add(`${path}: compiled with ${solcLongVersion}, not ${version}`);
    }
    continue;
  }
  for (const { errorCode = "", formattedMessage, sourceLocation } of (readJson(path) as BuildOutput).output.errors ??
    []) {
    const file = sourceLocation?.file ?? "";
    const isOurs = file.startsWith("project/");
    if (isOurs && !(file.startsWith("project/test/") && SIZE_WARNINGS.has(errorCode))) problems.add(formattedMessage);
  }
}
if (builds.length === 0) problems.add("nothing was compiled");
for (const problem of problems) console.error(problem);
console.log(`${builds.length / 2} builds with solc ${version}, ${problems.size} problems`);
process.exitCode = problems.size > 0 ? 1 : 0;
