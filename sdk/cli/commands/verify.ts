import { isHex } from "../../core/index.ts";
import { verifyFolder } from "../../publisher/node/index.ts";
import { CliError } from "../cliError.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { existingFolder } from "../existingFolder.ts";
import { columns } from "../output.ts";

/** `weir verify` */
export const verify: CommandSpec = {
  description:
    "Checks that the list in a folder is signed by the publisher that you name, that it has not expired, and that every " +
    "file has the bytes that it says. Needs no key. Ends with 1 and names the files if any is missing, changed or not listed.",
  options: [
    {
      flag: "publisher",
      placeholder: "<address>",
      about: "whose signature it must carry; take it from whom you trust",
    },
    { flag: "name", placeholder: "<name>", about: "the stream that it must be; any of the publisher's if left out" },
    { flag: "manifest", placeholder: "<file>", about: "file name of the list; weir.json if left out" },
  ],
  examples: [["weir verify ./documentary --publisher 0x…", "is this what the publisher signed?"]],
  async run({ args, cwd, option }) {
    const publisher = option("publisher");
    if (!isHex(publisher, 20)) {
      const cure = "Name the address whose signature counts; the list itself can claim anything.";
      throw new CliError("usage", "--publisher must be an address: 0x and 40 hexadecimal digits", cure);
    }
    const name = option("name");
    const file = option("manifest");
    const { changed, manifest, missing, unlisted } = await verifyFolder(existingFolder(cwd, args[0] ?? ""), {
      publisher,
      ...(name === undefined ? {} : { name }),
      ...(file === undefined ? {} : { file }),
    });
    const wrong = [
      ...missing.map((path) => ["missing", path] as const),
      ...changed.map((path) => ["changed", path] as const),
      ...unlisted.map((path) => ["not listed", path] as const),
    ];
    const { leaves, name: stream, root, sequence } = manifest;
    const verdict = wrong.length === 0 ? `all ${leaves.length} resources are as signed` : `${wrong.length} are wrong`;
    return {
      ok: wrong.length === 0,
      json: { publisher, name: stream, sequence, root, resources: leaves.length, missing, changed, unlisted },
      lines: [...columns(wrong), `${stream}, number ${String(sequence)}: ${verdict}`],
    };
  },
};
