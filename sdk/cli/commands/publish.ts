import { checksumAddress, privateKeySigner } from "../../core/index.ts";
import { publishFolder } from "../../publisher/node/index.ts";
import { CliError } from "../cliError.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { openKey } from "../keys.ts";
import { columns } from "../output.ts";
import { existingFolder } from "../existingFolder.ts";

const DAY = 86_400n;

/** `weir publish` */
export const publish: CommandSpec = {
  name: "publish",
  args: { "<folder>": "folder with the stream: HLS, DASH, or anything else" },
  summary: "sign a folder, so that relays can serve it and viewers can check it",
  description:
    "Hashes every file of a folder and writes the list, signed with the wallet's key, into it as weir.json. Readers find " +
    "the old list or the new one, never a part. Publish again after every change; relays and viewers refuse an older list.",
  settings: ["wallet.keystore", "wallet.passwordFile"],
  options: [
    { flag: "name", placeholder: "<name>", about: "your name for the stream; the folder's if left out" },
    { flag: "days", placeholder: "<number>", about: "days until viewers refuse the list; 365 if left out" },
    {
      flag: "sequence",
      placeholder: "<number>",
      about: "must rise with every list; one more than the last if left out",
    },
    { flag: "manifest", placeholder: "<file>", about: "file name of the list; weir.json if left out" },
  ],
  examples: [
    ["weir publish ./documentary --keystore keys/publisher.json", "sign it; the password is asked for"],
    ["weir publish ./documentary --name documentary --days 30 --json", "the same for a script, valid for 30 days"],
  ],
  async run(context) {
    const { args, cwd, option, output } = context;
    const folder = existingFolder(cwd, args[0] ?? "");
    const days = wholeNumber("days", option("days") ?? "365");
    const sequence = option("sequence");
    const file = option("manifest");
    const { key } = await openKey(context, "wallet");
    let files = 0;
    const manifest = await publishFolder(folder, {
      signer: privateKeySigner(key),
      name: option("name") ?? folder.split(/[/\\]/).findLast((part) => part !== "") ?? "",
      notAfter: BigInt(Math.floor(Date.now() / 1_000)) + days * DAY,
      ...(sequence === undefined ? {} : { sequence: wholeNumber("sequence", sequence) }),
      ...(file === undefined ? {} : { file }),
      onFile: (path) => {
        files++;
        output.progress(`${files} files, ${path}`);
      },
    });
    const { leaves, name, notAfter, root, sequence: signed, streamId } = manifest;
    const publisher = checksumAddress(manifest.publisher);
    const bytes = leaves.reduce((sum, { size }) => sum + size, 0n);
    const validUntil = new Date(Number(notAfter) * 1_000).toISOString();
    return {
      json: {
        ...{ publisher, name, streamId, root, sequence: signed, validUntil, files },
        resources: leaves.length,
        bytes: Number(bytes),
      },
      lines: columns([
        ["publisher", publisher],
        ["stream", `${name}, number ${String(signed)}`],
        ["resources", `${leaves.length} in ${files} files, ${String(bytes)} bytes`],
        ["root", root],
        ["valid until", validUntil],
      ]),
    };
  },
};

function wholeNumber(flag: string, text: string): bigint {
  if (/^[0-9]{1,18}$/.test(text)) return BigInt(text);
  throw new CliError("usage", `--${flag} is no whole number: ${text}`, "Write digits alone.");
}
