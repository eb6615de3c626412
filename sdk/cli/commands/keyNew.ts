import { resolve } from "node:path";
import { generatePrivateKey } from "viem/accounts";
import { checksumAddress, privateKeyToAddress } from "../../core/index.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { assertAbsent, newPassword, writeKeystore } from "../keys.ts";
import { columns } from "../output.ts";

/** `weir key new` */
export const keyNew: CommandSpec = {
  description:
    "Makes a random key and writes it, encrypted with a password, as a version 3 keystore that wallets read too. The key " +
    "itself is never shown. Keep a copy of the file and the password: nobody can restore them.",
  settings: ["wallet.passwordFile"],
  examples: [
    ["weir key new keys/wallet.json", "asks for a password"],
    ["weir key new keys/publisher.json --password-file keys/publisher.password", "for a script"],
  ],
  async run(context) {
    const { args, cwd } = context;
    const name = args[0] ?? "";
    const file = resolve(cwd, name);
    assertAbsent(context, file);
    const password = await newPassword(context, "wallet", name);
    const key = generatePrivateKey();
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
