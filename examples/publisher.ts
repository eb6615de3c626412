import { privateKeySigner } from "weir/core";
import type { Hex } from "weir/core";
import { publishFolder } from "weir/publisher/node";

/** Signs a folder of HLS or DASH files; the manifest is written beside them. */
export async function publish(folder: string, key: Hex): Promise<number> {
  // #region readme
  const manifest = await publishFolder(folder, { signer: privateKeySigner(key), name: "documentary" });
  console.log(`${manifest.leaves.length} resources are signed`);
  // #endregion
  return manifest.leaves.length;
}
