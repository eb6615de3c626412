import { availableParallelism, cpus } from "node:os";

/** What the figures depend on beside the code, as one line. */
export function machineFacts(): string {
  const model = cpus()[0]?.model ?? "unknown processor";
  return `Node.js ${process.version}, ${process.platform} ${process.arch}, ${availableParallelism()} cores (${model})`;
}
