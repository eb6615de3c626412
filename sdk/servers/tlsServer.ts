import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { Server, ServerOptions } from "node:https";
import { silentLogger } from "../relay/logger.ts";
import type { Logger } from "../relay/index.ts";
import { readTlsFiles } from "./tlsFiles.ts";
import type { TlsFiles, TlsIdentity } from "./tlsFiles.ts";

/** TLS of a server. */
export interface TlsOptions extends TlsFiles {
  /** Milliseconds between two looks for a renewed certificate; 60,000 if left out. */
  readonly lookMs?: number;
  /** Hears of renewals, of files that cannot be used, and of a certificate that nobody renews. Silent if left out. */
  readonly logger?: Logger;
}

/** A server that speaks HTTPS with whatever certificate is in its files. */
export interface TlsServer {
  readonly server: Server;
  /** Looks for a renewed certificate now. Connections that are open keep what they began with. */
  readonly look: () => void;
}

/** Days before its end at which a certificate should have been renewed: most are renewed a month before. */
const LATE_DAYS = 14;
const DAY_MS = 86_400_000;

/**
 * An HTTPS server whose certificate is read from files, and again when they change.
 *
 * @throws WeirError `malformed-message` if the files cannot be used; later, such files are logged and the last good ones kept
 */
export function tlsServer(tls: TlsOptions, options: ServerOptions, listener: RequestListener): TlsServer {
  const { logger = silentLogger, lookMs = 60_000 } = tls;
  let current = readTlsFiles(tls);
  let refused: string | undefined;
  let warnedAt = -Infinity;
  const server = createServer({ ...options, minVersion: "TLSv1.2", ...contextOf(current) }, listener);

  const warnIfLate = (): void => {
    const { validToDate } = current.certificate;
    const days = Math.floor((validToDate.getTime() - Date.now()) / DAY_MS);
    if (days >= LATE_DAYS || Date.now() - warnedAt < DAY_MS) return;
    warnedAt = Date.now();
    logger.warn({ file: tls.certificate, until: validToDate.toISOString(), days }, "the TLS certificate runs out");
  };
  const look = (): void => {
    try {
      const found = readTlsFiles(tls);
      refused = undefined;
      if (found.cert !== current.cert || found.key !== current.key) {
        server.setSecureContext({ minVersion: "TLSv1.2", ...contextOf(found) });
        current = found;
        const until = found.certificate.validToDate.toISOString();
        logger.info({ file: tls.certificate, until }, "the TLS certificate was renewed");
      }
    } catch (err) {
      // Between the writing of the two files they do not belong together; a minute later they do, or it is worth a line.
      const reason = err instanceof Error ? err.message : String(err);
      if (reason !== refused) logger.warn({ err }, "the TLS files cannot be used, the last certificate is kept");
      refused = reason;
    }
    warnIfLate();
  };

  const timer = setInterval(look, lookMs).unref();
  server.once("close", () => {
    clearInterval(timer);
  });
  warnIfLate();
  return { server, look };
}

function contextOf({ cert, key }: TlsIdentity): { readonly cert: string; readonly key: string } {
  return { cert, key };
}
