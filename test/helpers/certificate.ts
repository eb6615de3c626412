import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { isIP } from "node:net";

/** A certificate with its key, both PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says. */
export interface CertificateOptions {
  /** DNS names and addresses that it is good for; `localhost` if left out. */
  readonly names?: readonly string[];
  /** Days until it runs out; 90 if left out. */
  readonly days?: number;
  /** Who signs it; itself if left out. */
  readonly issuer?: CertificateAuthority;
}

/** Signs certificates, and is trusted by whoever takes its own. */
export interface CertificateAuthority extends TestCertificate {
  readonly privateKey: KeyObject;
}

const DAY_MS = 86_400_000;
const ECDSA_SHA256 = sequence(oid("2a8648ce3d040302"));

/** Makes a certificate with an ECDSA key (RFC 5280), without any program but Node.js. */
export function testCertificate({
  names = ["localhost"],
  days = 90,
  issuer,
}: CertificateOptions = {}): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const alternatives = names.map((name) => (isIP(name) === 0 ? tagged(0x82, Buffer.from(name)) : addressOf(name)));
  const extensions = [extension("551d11", sequence(...alternatives))];
  const parts = { subject: names[0] ?? "", publicKey, days, extensions };
  return {
    cert: certificatePem({
      ...parts,
      issuer: issuer === undefined ? parts.subject : AUTHORITY,
      by: issuer?.privateKey ?? privateKey,
    }),
    key: keyPem(privateKey),
  };
}

const AUTHORITY = "test authority";

/** Makes an authority. */
export function certificateAuthority(): CertificateAuthority {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const extensions = [extension("551d13", sequence(tagged(0x01, Buffer.from([0xff]))), true)];
  const parts = { subject: AUTHORITY, issuer: AUTHORITY, publicKey, days: 90, extensions, by: privateKey };
  return { cert: certificatePem(parts), key: keyPem(privateKey), privateKey };
}

interface CertificateParts {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly days: number;
  readonly extensions: readonly Buffer[];
  /** The key that signs. */
  readonly by: KeyObject;
}

function certificatePem({ subject, issuer, publicKey, days, extensions, by }: CertificateParts): string {
  const now = Date.now();
  const statement = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_SHA256,
    nameOf(issuer),
    sequence(timeOf(now - 400 * DAY_MS), timeOf(now + days * DAY_MS)),
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = tagged(0x03, Buffer.from([0]), sign("sha256", statement, by));
  const lines =
    sequence(statement, ECDSA_SHA256, signature)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function keyPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }) as string;
}

/** One DER value: tag, length, content. */
function tagged(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const long = body.length < 0x80 ? Buffer.alloc(0) : Buffer.from(body.length.toString(16).padStart(4, "0"), "hex");
  const length = long.length === 0 ? body.length : 0x80 | long.length;
  return Buffer.concat([Buffer.from([tag, length]), long, body]);
}

function sequence(...members: readonly Buffer[]): Buffer {
  return tagged(0x30, ...members);
}

function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes);
}

function oid(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, "hex"));
}

/** A distinguished name that is a common name alone. */
function nameOf(text: string): Buffer {
  return sequence(tagged(0x31, sequence(oid("550403"), tagged(0x0c, Buffer.from(text)))));
}

function timeOf(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "");
  return tagged(0x18, Buffer.from(text));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [tagged(0x01, Buffer.from([0xff]))] : []), tagged(0x04, value));
}

function addressOf(ip: string): Buffer {
  if (isIP(ip) === 4) return tagged(0x87, Buffer.from(ip.split(".").map(Number)));
  // URLs spell an IPv6 address in full or not; eight groups are what tests use.
  return tagged(
    0x87,
    Buffer.from(
      ip
        .split(":")
        .map((group) => group.padStart(4, "0"))
        .join(""),
      "hex",
    ),
  );
}
