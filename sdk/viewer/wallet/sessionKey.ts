import { privateKeySigner } from "../../core/signature.ts";
import type { SessionSigner } from "../../core/signature.ts";
import { WeirError } from "../../core/weirError.ts";

/**
 * A session key at rest: encrypted by a key that the browser made and never gives out. A copy of the database alone, such as
 * a backup or a synchronised profile, does not show it. Whoever can run a script in the page can use it all the same, as the
 * page does, and so can whoever controls the browser.
 */
export interface SealedKey {
  /** AES-GCM, not extractable: it can be stored and used, not read. */
  readonly wrapping: CryptoKey;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly sealed: ArrayBuffer;
}

/** A session key, both ways. */
export interface NewSessionKey {
  readonly signer: SessionSigner;
  readonly sealed: SealedKey;
}

const ALGORITHM = "AES-GCM";

/**
 * Makes a session key.
 *
 * @param purpose goes into the encryption: the key opens under this name alone
 * @throws WeirError `browser-unsupported` where the page may not encrypt, as over plain http
 */
export async function makeSessionKey(purpose: string): Promise<NewSessionKey> {
  const subtle = subtleCrypto();
  for (;;) {
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    try {
      const signer = signerOf(bytes);
      if (signer === undefined) continue;
      const wrapping = await subtle.generateKey({ name: ALGORITHM, length: 256 }, false, ["encrypt", "decrypt"]);
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const sealed = await subtle.encrypt({ name: ALGORITHM, iv, additionalData: utf8(purpose) }, wrapping, bytes);
      return { signer, sealed: { wrapping, iv, sealed } };
    } finally {
      bytes.fill(0);
    }
  }
}

/**
 * The signer of a session key.
 *
 * @throws WeirError `storage-failed` if it is not the key of this purpose, or was changed
 */
export async function openSessionKey({ wrapping, iv, sealed }: SealedKey, purpose: string): Promise<SessionSigner> {
  try {
    const parameters = { name: ALGORITHM, iv, additionalData: utf8(purpose) };
    const bytes = new Uint8Array(await subtleCrypto().decrypt(parameters, wrapping, sealed));
    const signer = privateKeySigner(bytes);
    bytes.fill(0);
    return signer;
  } catch (cause) {
    if (WeirError.is(cause, "browser-unsupported")) throw cause;
    throw new WeirError("storage-failed", "the session key in the browser's database does not open", { cause });
  }
}

/** Undefined for the few numbers that are no key. */
function signerOf(bytes: Uint8Array): SessionSigner | undefined {
  try {
    return privateKeySigner(bytes);
  } catch (error) {
    if (WeirError.is(error, "malformed-message")) return undefined;
    throw error;
  }
}

function subtleCrypto(): SubtleCrypto {
  const { subtle } = crypto as { readonly subtle?: SubtleCrypto };
  if (subtle !== undefined) return subtle;
  throw new WeirError("browser-unsupported", "the page is no secure context, so it may not encrypt");
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
