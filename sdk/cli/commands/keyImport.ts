import { resolve } from "node:path";
import { checksumAddress, privateKeyToAddress } from "../../core/index.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { assertAbsent, newPassword, parsePrivateKey, readStandardInput, writeKeystore } from "../keys.ts";
import { columns } from "../output.ts";
import { askSecret, canAsk } from "../prompts.ts";

/** `weir key import` */
export const keyImport: CommandSpec = {
  description:
    "Asks for a private key, or reads it from standard input, and writes it as an encrypted version 3 keystore. A key is " +
    "never an argument: other users of the machine can see command lines.",
  settings: ["wallet.passwordFile"],
  examples: [
    ["weir key import keys/wallet.json", "asks for key and password"],
    ["weir key import keys/wallet.json --password-file pass < key.txt", "for a script"],
  ],
  async run(context) {
    const { args, cwd } = context;
    const name = args[0] ?? "";
    const file = resolve(cwd, name);
    assertAbsent(context, file);
    const key = parsePrivateKey(canAsk() ? await askSecret("private key") : await readStandardInput());
    const password = await newPassword(context, "wallet", name);
    writeKeystore(context, file, key, password);
    const address = checksumAddress(privateKeyToAddress(key));
    return {
      json: { address, keystore: file },
      lines: columns([
        ["address", address],
        ["keystore", name],
      ]),
    };
  },
};
