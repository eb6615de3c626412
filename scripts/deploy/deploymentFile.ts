import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDeployment } from "../../sdk/core/index.ts";
import type { Deployment } from "../../sdk/core/index.ts";
import { writeFileAtomically } from "../../sdk/cli/writeFileAtomically.ts";

const FOLDER = join(import.meta.dirname, "../../deployments");

/** Where the deployment of a network and token is, or will be. */
export function deploymentPath(network: string, name: string, folder: string = FOLDER): string {
  if (![network, name].every((part) => /^[a-z0-9][a-z0-9.-]*$/.test(part))) {
    throw new Error(`network and name are lower-case letters, digits, dots and dashes, not "${network}" and "${name}"`);
  }
  return join(folder, network, `${name}.json`);
}

/**
 * The deployment in a file, or undefined if there is no file.
 *
 * @throws WeirError `malformed-message` if the file is not a deployment
 */
export function readDeployment(path: string): Deployment | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return parseDeployment(JSON.parse(text));
}

/** Writes a deployment file, whole or not at all. */
export function writeDeployment(path: string, deployment: Deployment): void {
  writeFileAtomically(path, formatDeployment(deployment));
}

/** The text of a deployment file. */
export function formatDeployment(deployment: Deployment): string {
  return `${JSON.stringify(deployment, undefined, 2)}\n`;
}
