import { join, resolve } from "node:path";
import { checksumAddress, privateKeySigner } from "../../core/index.ts";
import { publishFolder } from "../../publisher/node/index.ts";
import { CliError } from "../cliError.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { openKey } from "../keys.ts";
import { columns } from "../output.ts";
import { existingFolder } from "../existingFolder.ts";
import { followEncoder } from "../followEncoder.ts";

const DAY = 86_400n;

/** `weir publish` */
export const publish: CommandSpec = {
  description:
    "Hashes every file of a folder and writes the list, signed with the wallet's key, into it as weir.json. Readers find " +
    "the old list or the new one, never a part. Publish again after every change; relays and viewers refuse an older list. " +
    "With --watch it follows an encoder that writes a live HLS stream into the folder, copies what is signed into another " +
    "folder, which relays get, and shows no segment there before it is signed. It ends when the stream does, or with " +
    "SIGTERM or Ctrl-C; started again, it goes on.",
  settings: ["wallet.keystore", "wallet.passwordFile"],
  options: [
    { flag: "name", placeholder: "<name>", about: "your name for the stream; the folder's if left out" },
    { flag: "days", placeholder: "<number>", about: "days until viewers refuse the list; 365 if left out" },
    { flag: "watch", about: "publish a live stream while an encoder writes it" },
    {
      flag: "out",
      placeholder: "<folder>",
      about: "with --watch: the folder for relays; signed in <folder> if left out",
    },
    {
      flag: "valid",
      placeholder: "<seconds>",
      about: "with --watch: how long each list holds while the stream runs; 120 if left out",
    },
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
    ["weir publish ./encoder --watch --out ./live --name news", "a live stream that ffmpeg writes into ./encoder"],
  ],
  async run(context) {
    const { args, cwd, option, output } = context;
    const folder = existingFolder(cwd, args[0] ?? "");
    const days = wholeNumber("days", option("days") ?? "365");
    const sequence = option("sequence");
    const file = option("manifest");
    const name = option("name") ?? folder.split(/[/\\]/).findLast((part) => part !== "") ?? "";
    const watches = context.isOn("watch");
    const misplaced = watches ? ["sequence"] : ["out", "valid"];
    for (const flag of misplaced) if (option(flag) !== undefined) throw notTogether(flag, watches);
    const { key } = await openKey(context, "wallet");
    if (watches) {
      const out = option("out");
      return followEncoder(context, folder, {
        ...{ signer: privateKeySigner(key), name },
        finalSeconds: Number(days * DAY),
        validSeconds: Number(wholeNumber("valid", option("valid") ?? "120")),
        out: resolve(cwd, out ?? join(folder, "signed")),
        ...(file === undefined ? {} : { file }),
      });
    }
    let files = 0;
    const manifest = await publishFolder(folder, {
      ...{ signer: privateKeySigner(key), name },
      notAfter: BigInt(Math.floor(Date.now() / 1_000)) + days * DAY,
      ...(sequence === undefined ? {} : { sequence: wholeNumber("sequence", sequence) }),
      ...(file === undefined ? {} : { file }),
      onFile: (path) => {
        files++;
        output.progress(`${files} files, ${path}`);
      },
    });
    const { leaves, notAfter, root, sequence: signed, streamId } = manifest;
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

function notTogether(flag: string, watches: boolean): CliError {
  const reason = watches ? "--watch counts by itself" : "only --watch takes it";
  return new CliError("usage", `--${flag}: ${reason}`, `Leave out --${flag}${watches ? "" : ", or add --watch"}.`);
}

function wholeNumber(flag: string, text: string): bigint {
  if (/^[0-9]{1,18}$/.test(text)) return BigInt(text);
  throw new CliError("usage", `--${flag} is no whole number: ${text}`, "Write digits alone.");
}
