import { globSync } from "node:fs";
import type { Command } from "./checks/runPart.ts";
import { runParts } from "./checks/runParts.ts";

/**
 * Runs the parts of the test suite that are named as arguments, or those of `npm test`: two at a time, the rest even when
 * one fails. Ends with a line for each part and the sums. A part that ran no test has failed.
 */

const DEEP = ["--test-profile", "ci"];
/** Few fuzz runs while developing, many in CI. */
const profile = process.env["CI"] === undefined ? [] : DEEP;

/** Solidity tests take the hardfork of the default network only when that network is named. */
const hardhat = (...args: string[]): Command => ({
  counts: "tests",
  command: ["hardhat", "--network", "default", ...args],
});
const mocha = (folder: string, ...flags: string[]): Command => ({
  counts: "tests",
  command: ["mocha", ...flags, `test/${folder}/**/*.test.ts`],
});
/** Where the measurements of the browser's part go: everything from --json on. */
const limits = process.argv.includes("--json") ? process.argv.slice(process.argv.indexOf("--json")) : [];
const check = (...command: string[]): Command => ({ counts: "check", command });

/** In the order in which they are taken: the contracts' parts take minutes, so they begin early. */
const parts = {
  lint: () => [
    check("prettier", "--check", "--log-level", "warn", "."),
    check("eslint", "."),
    check("solhint", "--disc", "--noPoster", "--max-warnings", "0", "contracts/**/*.sol"),
    check("solhint", "--disc", "--noPoster", "--max-warnings", "0", "-c", "test/.solhint.json", "test/**/*.sol"),
    check("node", "scripts/checks/solidityFindings.ts"),
    check("knip"),
    check("node", "scripts/abis.ts", "--check"),
  ],
  contracts: () => [hardhat("test", ...profile), check("node", "scripts/economics/main.ts", "--check")],
  types: () => [check("tsc", "-p", "tsconfig.json")],
  istanbul: () => [hardhat("--config", "hardhat.istanbul.config.ts", "test")],
  sdk: () => [mocha("sdk")],
  package: () => [
    check("tsc", "-p", "tsconfig.build.json"),
    check("publint", "--strict"),
    check("attw", "--pack", "--profile", "esm-only"),
    mocha("package"),
  ],
  // Its tests mostly wait for processes that they start.
  cli: () => [mocha("cli", "--parallel", "--jobs", "2")],
  e2e: () => [mocha("e2e")],
  warnings: () => [check("hardhat", "build", "--quiet"), check("node", "scripts/checks/compilerWarnings.ts")],
  invariant: () => [hardhat("test", "solidity", ...DEEP, ...globSync("test/invariant/**/*.sol").sort())],
  system: () => [mocha("system")],
  browser: () => [mocha("browser"), { counts: "tests", command: ["node", "test/browser/main.ts", ...limits] }],
} satisfies Record<string, () => Command[]>;

type PartName = keyof typeof parts;

/** The contracts' part runs the invariants too; the others need Debian packages. These run when they are named. */
const isDefault = (name: PartName): boolean => !["invariant", "system", "browser"].includes(name);

function partNames(args: string[]): PartName[] {
  const known = Object.keys(parts) as PartName[];
  const unknown = args.filter((arg) => !known.some((name) => name === arg));
  if (unknown.length > 0) throw new Error(`No such part: ${unknown.join(", ")}. There are ${known.join(", ")}.`);
  return args.length === 0 ? known.filter(isDefault) : known.filter((name) => args.includes(name));
}

const results = await runParts(
  partNames(process.argv.slice(2, process.argv.length - limits.length)).map((name) => ({
    name,
    commands: parts[name](),
  })),
);
const passed = results.reduce((sum, part) => sum + part.passed, 0);
const failed = results.reduce((sum, part) => sum + part.failed, 0);
console.log();
for (const part of results) {
  const mark = part.failed === 0 ? "ok    " : "FAILED";
  console.log(
    `${mark} ${part.name.padEnd(10)} ${part.passed} passed, ${part.failed} failed, ${part.seconds.toFixed(0)} s`,
  );
  for (const command of part.failedCommands) console.log(`         ${command}`);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
