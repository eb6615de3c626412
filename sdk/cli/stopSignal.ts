/** Resolves with the first signal to stop. The second one finds no handler of ours and ends the process. */
export async function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        process.removeAllListeners("SIGTERM").removeAllListeners("SIGINT");
        resolve(signal);
      });
    }
  });
}
