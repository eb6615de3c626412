import { readFileSync } from "node:fs";
import { openAdmin } from "../admin/index.ts";
import type { Admin, AdminOptions } from "../admin/index.ts";
import { WeirError } from "../core/index.ts";
import { listen } from "../servers/index.ts";
import { CliError } from "./cliError.ts";
import type { CommandContext } from "./commandSpec.ts";
import { packageVersion } from "./packageVersion.ts";
import { parseListen } from "./settings.ts";
import type { SettingKey } from "./settings.ts";

/** Settings of the operator's page. */
export const adminSettingKeys = [
  "relay.admin",
  "relay.adminTokenFile",
  "relay.adminOrigin",
] as const satisfies readonly SettingKey[];

/** The operator's page of a relay, on a port of its own. */
export interface RelayAdmin extends Pick<Admin, "onEvent" | "show"> {
  /** Where it is; absent if it is switched off, or another program has its port. */
  readonly url?: string;
  readonly stop: () => Promise<void>;
}

/** The token, for those who keep it out of files. */
const TOKEN_VARIABLE = "WEIR_ADMIN_TOKEN";

const OFF: RelayAdmin = {
  onEvent: () => undefined,
  show: () => undefined,
  stop: async () => Promise.resolve(),
};

/**
 * Opens the admin listener that the settings name. If nobody chose its address and another program is there, the relay
 * goes on without: what earns money does not wait for what shows it.
 *
 * @throws CliError `configuration`
 */
export async function openRelayAdmin(
  context: CommandContext,
  options: Omit<AdminOptions, "hostname" | "origin" | "token" | "version">,
): Promise<RelayAdmin> {
  const { config } = context;
  const { hostname, port } = parseListen(config.require("relay.admin")) ?? {};
  if (hostname === undefined || port === undefined) return OFF;
  const token = readToken(context);
  const origin = config.get("relay.adminOrigin");
  const admin = openOrExplain(context, {
    ...{ ...options, hostname, version: packageVersion() },
    ...(token === undefined ? {} : { token }),
    ...(origin === undefined ? {} : { origin }),
  });
  let server: Awaited<ReturnType<typeof listen>>;
  try {
    server = await listen({ hostname, port });
  } catch (cause) {
    const from = config.sourceOf("relay.admin");
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `the admin page cannot listen at ${hostname}:${port}: ${reason}`;
    const cure = `Choose another address with relay.admin (${from}), or switch the page off with "off".`;
    if (from !== "the default") throw new CliError("configuration", message, cure, cause);
    options.logger.warn({ cure }, message);
    return OFF;
  }
  server.serve(admin.fetch);
  return {
    ...{ url: server.url, onEvent: admin.onEvent, show: admin.show },
    async stop() {
      admin.stop();
      await server.stop();
    },
  };
}

function openOrExplain({ config }: CommandContext, options: AdminOptions): Admin {
  try {
    return openAdmin(options);
  } catch (error) {
    if (!WeirError.is(error, "malformed-message")) throw error;
    const from = options.token === undefined ? `relay.admin (${config.sourceOf("relay.admin")})` : tokenSource(config);
    const cure = `Correct ${from}; make a token with: openssl rand -hex 32`;
    throw new CliError("configuration", error.shortMessage, cure, error);
  }
}

/** From its file, else from the environment. @throws CliError `configuration` */
function readToken({ config, env, output }: CommandContext): string | undefined {
  const file = config.get("relay.adminTokenFile");
  const token = file === undefined ? env[TOKEN_VARIABLE] : readTokenFile(file, tokenSource(config));
  if (token === undefined || token === "") return undefined;
  output.hide(token, "[admin token]");
  return token;
}

function readTokenFile(file: string, from: string): string {
  try {
    return (readFileSync(file, "utf8").split("\n", 1)[0] ?? "").trim();
  } catch (cause) {
    const cure = `Correct ${from}, or let the relay's user read it.`;
    throw new CliError("configuration", `the admin token's file ${file} cannot be read`, cure, cause);
  }
}

function tokenSource(config: CommandContext["config"]): string {
  return config.get("relay.adminTokenFile") === undefined
    ? TOKEN_VARIABLE
    : `relay.adminTokenFile (${config.sourceOf("relay.adminTokenFile")})`;
}
