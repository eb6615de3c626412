import { resolve } from "node:path";
import type { CommandSpec } from "../commandSpec.ts";
import { openKeystore, readKeystoreAddress, readPassword } from "../keys.ts";
import { columns } from "../output.ts";

/** `weir key show` */
export const keyShow: CommandSpec = {
  description:
    "Shows the address that a keystore says it is for. With --check the key is decrypted, which proves the address and the " +
    "password. The key itself is never shown.",
  settings: ["wallet.passwordFile"],
  options: [{ flag: "check", about: "decrypt it, to prove address and password" }],
  examples: [
    ["weir key show keys/wallet.json", "no password needed"],
    ["weir key show keys/wallet.json --check", "is this still the password?"],
  ],
  async run(context) {
    const { args, cwd, isOn } = context;
    const name = args[0] ?? "";
    const file = resolve(cwd, name);
    const stated = readKeystoreAddress(context, file);
    const check = isOn("check") || stated === undefined;
    const proven = check ? openKeystore(context, file, await readPassword(context, "wallet", name)) : undefined;
    const address = proven?.account.address ?? stated;
    return {
      json: { address, keystore: file, proven: check },
      lines: columns([["address", `${String(address)}${check ? ", proven" : ", as the file says"}`]]),
    };
  },
};
