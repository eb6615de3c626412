import { readFile } from "node:fs/promises";
import path from "node:path";
import { isSameAddress } from "../../core/hex.ts";
import { formatManifest, parseManifest } from "../../core/manifest.ts";
import type { Manifest, ManifestLeaf } from "../../core/manifest.ts";
import type { SessionSigner } from "../../core/signature.ts";
import { signManifest } from "../signManifest.ts";
import { hashFile, listFiles, listResources, MANIFEST_FILE } from "./folder.ts";
import { replaceFile } from "./replaceFile.ts";

/** What the publisher says about a folder. */
export interface PublishFolderOptions {
  /** The publisher's key. */
  readonly signer: SessionSigner;
  /** The publisher's own name for the stream. */
  readonly name: string;
  /** Must rise with every manifest of a stream; one above that of the manifest in the folder if left out, or zero. */
  readonly sequence?: bigint;
  /** Seconds since the epoch after which viewers refuse it; a year from now if left out. */
  readonly notAfter?: bigint;
  /** The manifest's file name; `weir.json` if left out. */
  readonly file?: string;
  /** Called after each file with its canonical path. */
  readonly onFile?: (path: string) => void;
}

const YEAR = 365n * 86_400n;

/**
 * Hashes every file of a folder (HLS, DASH, or anything else), signs the list and writes it into the folder in one step:
 * readers find the old manifest or the new one, never a part. Byte ranges that HLS playlists use become resources of
 * their own. Hidden files are left out.
 *
 * @throws WeirError `path-not-canonical` for a symbolic link, a device or a name that cannot be a resource;
 * `manifest-invalid` for an empty folder or file, a broken playlist, or a manifest in the way that is none;
 * `range-not-satisfiable` for a range past its file's end. Errors of the file system come as they are.
 */
export async function publishFolder(folder: string, options: PublishFolderOptions): Promise<Manifest> {
  const { signer, name, file = MANIFEST_FILE, onFile } = options;
  const notAfter = options.notAfter ?? BigInt(Math.floor(Date.now() / 1_000)) + YEAR;
  const sequence = options.sequence ?? (await nextSequence(path.join(folder, file), options));
  const leaves: ManifestLeaf[] = [];
  for (const { path: resource, ranges } of await listResources(folder, await listFiles(folder, file))) {
    leaves.push(...(await hashFile(folder, resource, ranges)));
    onFile?.(resource);
  }
  const manifest = await signManifest({ publisher: signer.address, name, sequence, notAfter, leaves }, signer);
  await replaceFile(path.join(folder, file), formatManifest(manifest));
  return manifest;
}

async function nextSequence(file: string, { signer, name }: PublishFolderOptions): Promise<bigint> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0n;
    throw error;
  }
  const previous = parseManifest(text);
  const sameStream = isSameAddress(previous.publisher, signer.address) && previous.name === name;
  return sameStream ? previous.sequence + 1n : 0n;
}
