import { isSameAddress } from "../core/hex.ts";
import { manifestDigest, signedManifest, verifyManifest } from "../core/manifest.ts";
import type { Manifest, ManifestContent } from "../core/manifest.ts";
import type { SessionSigner } from "../core/signature.ts";
import { WeirError } from "../core/weirError.ts";

/**
 * Signs a manifest with the publisher's key.
 *
 * @throws WeirError `wrong-signer` if the signer is not the publisher, `manifest-unsigned` if it signed with another key
 * than it names; otherwise as `manifestRoot` and `streamId` do
 */
export async function signManifest(content: ManifestContent, signer: SessionSigner): Promise<Manifest> {
  if (!isSameAddress(signer.address, content.publisher)) {
    throw new WeirError("wrong-signer", "the signer is not the publisher of the manifest", {
      details: `publisher ${content.publisher}, signer ${signer.address}`,
    });
  }
  const manifest = signedManifest(content, await signer.signDigest(manifestDigest(content)));
  verifyManifest(manifest, { publisher: content.publisher });
  return manifest;
}
