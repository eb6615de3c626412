import { isIP } from "node:net";
import { connect } from "node:tls";
import { readTlsFiles } from "../../servers/index.ts";
import type { TlsFiles } from "../../servers/index.ts";
import { describeError } from "../describeError.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";
import { secrecyCheck } from "./machineChecks.ts";

const DAY_MS = 86_400_000;
/** Days before its end at which whatever renews a certificate should have done so. */
const LATE_DAYS = 14;
const TIMEOUT_MS = 10_000;
const RENEW = "Renew it now, and look why that did not happen by itself.";

/** Whether the certificate that the relay is to show fits its key and name, holds on for a while, and keeps its secret. */
export function certificateFileChecks(files: TlsFiles, publicUrl: string | undefined): Check[] {
  const name = "certificate";
  try {
    const { certificate } = readTlsFiles(files);
    const host = publicUrl === undefined ? "" : hostOf(publicUrl);
    const isNamed = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
    const lasts = lifeCheck(name, files.certificate, certificate.validToDate);
    const check =
      isNamed === undefined
        ? fail(name, `${files.certificate} is not for ${host}`, "Get a certificate for the name in relay.publicUrl.")
        : lasts;
    return [check, secrecyCheck("tls key", files.key)];
  } catch (error) {
    const { message } = describeError(error);
    return [fail(name, message, "Correct relay.tlsCertificate and relay.tlsKey.")];
  }
}

/** How long the certificate that viewers get to see still holds; whether it does at all, `fetch` has told by then. */
export async function servedCertificateCheck(publicUrl: string): Promise<Check> {
  const name = "tls";
  const host = hostOf(publicUrl);
  try {
    return lifeCheck(
      name,
      `the certificate of ${host}`,
      new Date(await endOfCertificate(host, new URL(publicUrl).port)),
    );
  } catch (error) {
    // The request before this one went well, so the network failed in between.
    return warn(name, `the certificate of ${host}: ${describeError(error).message}`, "Look again.");
  }
}

function lifeCheck(name: string, subject: string, end: Date): Check {
  const days = Math.floor((end.getTime() - Date.now()) / DAY_MS);
  const until = end.toISOString().slice(0, 10);
  if (days < 0) return fail(name, `${subject} ran out on ${until}`, RENEW);
  const found = `${subject} is valid until ${until}, ${String(days)} days`;
  return days < LATE_DAYS ? warn(name, found, RENEW) : ok(name, found);
}

function hostOf(publicUrl: string): string {
  return new URL(publicUrl).hostname.replace(/^\[|\]$/g, "");
}

async function endOfCertificate(host: string, port: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // TLS knows names, not addresses.
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port: Number(port || 443), timeout: TIMEOUT_MS, ...servername });
    socket.once("secureConnect", () => {
      resolve(socket.getPeerCertificate().valid_to);
      socket.destroy();
    });
    socket.once("timeout", () => socket.destroy(new Error("no answer")));
    socket.once("error", reject);
  });
}
