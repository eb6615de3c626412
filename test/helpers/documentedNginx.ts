import { readFileSync } from "node:fs";
import { join } from "node:path";

const CONFIG = join(import.meta.dirname, "../../docs/nginx/weir.conf");

/** What the documented configuration has examples for. */
export interface DocumentedNginx {
  /** Loopback port to listen at. */
  readonly port: number;
  readonly relayPort: number;
  /** URL path of the stream, and the folder that it is in. */
  readonly path: string;
  readonly folder: string;
  /** Where the logs go. */
  readonly logs: string;
  /** Files with the certificate of `localhost` and its key; plain HTTP if left out. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/**
 * The configuration of docs/nginx.md with every example in it replaced, and nothing else.
 *
 * @throws Error if it does not have each example once
 */
export function documentedNginx({ port, relayPort, path, folder, logs, tls }: DocumentedNginx): string {
  const examples = {
    "server 127.0.0.1:8402;": `server 127.0.0.1:${relayPort};`,
    "listen 443 ssl http2;": `listen 127.0.0.1:${port}${tls === undefined ? "" : " ssl http2"};`,
    "listen [::]:443 ssl http2;": "",
    "server_name relay.example;": "server_name localhost;",
    "ssl_certificate     /etc/letsencrypt/live/relay.example/fullchain.pem;":
      tls === undefined ? "" : `ssl_certificate ${tls.certificate};`,
    "ssl_certificate_key /etc/letsencrypt/live/relay.example/privkey.pem;":
      tls === undefined ? "" : `ssl_certificate_key ${tls.key};`,
    "/var/log/nginx/weir.access.log": `${logs}/access.log`,
    "/var/log/nginx/weir.error.log": `${logs}/error.log`,
    "/weir-files/documentary/ {": `/weir-files${path} {`,
    "/srv/video/documentary/": `${folder}/`,
  };
  let text = readFileSync(CONFIG, "utf8");
  for (const [example, real] of Object.entries(examples)) {
    if (text.split(example).length !== 2) throw new Error(`docs/nginx/weir.conf does not have this once: ${example}`);
    text = text.replace(example, () => real);
  }
  return text;
}
