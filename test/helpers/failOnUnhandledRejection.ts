/**
 * Loaded by mocha before any test. A rejection that nobody awaits fails the test that is running, or the process after
 * the last one; mocha by itself lets it pass in silence.
 */
process.on("unhandledRejection", (reason) => {
  throw reason;
});
