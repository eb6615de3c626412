import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/**
 * Asks for a password on the terminal without showing it.
 *
 * @throws Error if there is no terminal to ask on
 */
export async function readPassword(prompt: string): Promise<string> {
  if (!process.stdin.isTTY) throw new Error("no terminal to ask for the password on: set WEIR_KEYSTORE_PASSWORD");
  process.stderr.write(prompt);
  const silence = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const terminal = createInterface({ input: process.stdin, output: silence, terminal: true });
  const password = await new Promise<string>((resolve) => {
    terminal.once("line", (line) => {
      resolve(line);
    });
  });
  terminal.close();
  process.stderr.write("\n");
  return password;
}
