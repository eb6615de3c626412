import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { WeirError } from "../core/index.ts";

/** Where a server's certificate comes from. Whoever renews it writes new ones to the same names. */
export interface TlsFiles {
  /** PEM: the certificate of the server's own name, then those between it and a root that browsers know. */
  readonly certificate: string;
  /** PEM: its private key, not encrypted. Nobody but the server's user should be able to read it. */
  readonly key: string;
}

/** A certificate with its key, as TLS takes them. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
  /** The first certificate of `cert`. */
  readonly certificate: X509Certificate;
}

/**
 * Reads a certificate and its key, and checks that they belong together.
 *
 * @throws WeirError `malformed-message` that names the file that cannot be read or used, and says what it must be
 */
export function readTlsFiles({ certificate: certificateFile, key: keyFile }: TlsFiles): TlsIdentity {
  const cert = read(certificateFile);
  const key = read(keyFile);
  const certificate = parse(certificateFile, "a certificate in PEM form", () => new X509Certificate(cert));
  const privateKey = parse(keyFile, "a private key in PEM form, not encrypted", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw wrong(`${keyFile} must be the key of the first certificate in ${certificateFile}, and is another`);
  }
  return { cert, key, certificate };
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw wrong(`${file} cannot be read`, cause);
  }
}

function parse<Value>(file: string, expected: string, parseText: () => Value): Value {
  try {
    return parseText();
  } catch {
    // What the parser says can quote the file.
    throw wrong(`${file} must hold ${expected}`);
  }
}

function wrong(message: string, cause?: unknown): WeirError {
  return new WeirError("malformed-message", message, cause === undefined ? {} : { cause });
}
