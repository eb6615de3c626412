import { globSync } from "node:fs";
import { runPart } from "./checks/runPart.ts";
import type { Command, PartResult } from "./checks/runPart.ts";

/**
 * Runs the parts of the test suite that are named as arguments, or those of `npm test`: one after the other, the rest even
 * when one fails. Ends with a line for each part and the sums. A part that ran no test has failed.
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
const check = (...command: string[]): Command => ({ counts: "check", command });

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
  types: () => [check("tsc", "-p", "tsconfig.json")],
  contracts: () => [hardhat("test", ...profile), check("node", "scripts/economics/main.ts", "--check")],
  invariant: () => [hardhat("test", "solidity", ...DEEP, ...globSync("test/invariant/**/*.sol").sort())],
  istanbul: () => [hardhat("--config", "hardhat.istanbul.config.ts", "test")],
  warnings: () => [check("hardhat", "build", "--quiet"), check("node", "scripts/checks/compilerWarnings.ts")],
  package: () => [
    check("tsc", "-p", "tsconfig.build.json"),
    check("publint", "--strict"),
    check("attw", "--pack", "--profile", "esm-only"),
    mocha("package"),
  ],
  sdk: () => [mocha("sdk")],
  // Its tests mostly wait for processes that they start.
  cli: () => [mocha("cli", "--parallel", "--jobs", "2")],
  e2e: () => [mocha("e2e")],
  system: () => [mocha("system")],
} satisfies Record<string, () => Command[]>;

type PartName = keyof typeof parts;

/** The contracts' part runs the invariants too; the system's part needs Debian packages. Both run when they are named. */
const isDefault = (name: PartName): boolean => name !== "invariant" && name !== "system";

function partNames(args: string[]): PartName[] {
  const known = Object.keys(parts) as PartName[];
  const unknown = args.filter((arg) => !known.some((name) => name === arg));
  if (unknown.length > 0) throw new Error(`No such part: ${unknown.join(", ")}. There are ${known.join(", ")}.`);
  return args.length === 0 ? known.filter(isDefault) : known.filter((name) => args.includes(name));
}

const results: PartResult[] = [];
for (const name of partNames(process.argv.slice(2))) results.push(await runPart(name, parts[name]()));

const sum = (count: (result: PartResult) => number): number => results.reduce((total, part) => total + count(part), 0);
const passed = sum((result) => result.passed);
const failed = sum((result) => result.failed);
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
