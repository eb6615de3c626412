import { WeirError } from "../core/index.ts";
import { readTlsFiles } from "../servers/index.ts";
import type { ListenOptions, TlsFiles } from "../servers/index.ts";
import { CliError } from "./cliError.ts";
import type { CommandContext } from "./commandSpec.ts";
import { parseListen } from "./settings.ts";

/** Where a relay listens and how viewers get there, by the settings. */
export interface RelayListening extends Pick<ListenOptions, "hostname" | "port"> {
  /** The certificate that the relay itself shows. */
  readonly tls?: TlsFiles;
  /** Absent if the relay is for this machine alone. */
  readonly publicUrl?: string;
}

/** Reads where to listen, and tries the certificate. @throws CliError `configuration` */
export function relayListening(context: CommandContext): RelayListening {
  const { config } = context;
  const place = parseListen(config.require("relay.listen")) ?? {};
  const tls = tlsFiles(context);
  // With a certificate there is a name that viewers know; an address to listen at is not it.
  const publicUrl = tls === undefined ? config.get("relay.publicUrl") : config.require("relay.publicUrl");
  return { ...place, ...(tls === undefined ? {} : { tls }), ...(publicUrl === undefined ? {} : { publicUrl }) };
}

/** The files of `relay.tlsCertificate` and `relay.tlsKey`, if they are set. @throws CliError `configuration` */
export function tlsFiles({ config }: CommandContext): TlsFiles | undefined {
  if (config.get("relay.tlsCertificate") === undefined && config.get("relay.tlsKey") === undefined) return undefined;
  const files = { certificate: config.require("relay.tlsCertificate"), key: config.require("relay.tlsKey") };
  try {
    readTlsFiles(files);
    return files;
  } catch (error) {
    if (!WeirError.is(error)) throw error;
    const cure =
      "Correct relay.tlsCertificate and relay.tlsKey, or let the relay's user read them; without both, it speaks plain HTTP.";
    throw new CliError("configuration", error.shortMessage, cure, error);
  }
}
