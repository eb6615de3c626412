#!/usr/bin/env node

/** The oldest Node.js that has what the commands need, SQLite above all. */
const LEAST = [22, 13] as const;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
  process.stderr.write(
    `weir: this is Node.js ${process.versions.node}\n      Use ${LEAST.join(".")} or newer. [failed]\n`,
  );
  process.exit(1);
}

// Whoever reads us may have seen enough, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

// Loaded only now: an older Node.js would fail at the first import, and not say why.
const { runCli } = await import("./runCli.ts");
process.exitCode = await runCli(process.argv.slice(2));
