/**
 * Loaded by mocha before any test. A process that lives on after its last test holds something that no test closed: it
 * is told what, and fails. Ending it with mocha's `--exit` would hide relays that do not stop.
 */
const PATIENCE_MS = 20_000;

export function mochaGlobalTeardown(): void {
  setTimeout(() => {
    console.error("Still open after the last test:", process.getActiveResourcesInfo());
    // Mocha sets the exit code to the number of failed tests when the process exits.
    process.once("exit", () => {
      process.exitCode = 1;
    });
    process.exit();
  }, PATIENCE_MS).unref();
}
