import { readFileSync } from "node:fs";

/** The version of this software. Beside the sources and the built files alike, package.json lies two folders up. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  };
  return version;
}
