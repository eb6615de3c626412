import * as v from "valibot";
import { isHex, relayOrigin } from "../core/index.ts";
import type { Address } from "../core/index.ts";
import { trafficExpectations, trafficSettings } from "./trafficSettings.ts";

/** One setting: where it can be given, what it may be, and what it is for. */
interface Setting {
  /** What it must be. The messages finish the sentence "… must be". */
  readonly schema: v.GenericSchema;
  /** The command line's option, without dashes. */
  readonly flag: string;
  /** What the option takes, as help shows it. */
  readonly placeholder: string;
  readonly about: string;
  /** How environment and command line spell what the file writes as TOML. */
  readonly form: "text" | "number" | "list" | "path";
  /** In a file that `weir relay init` writes; TOML. */
  readonly example: string;
  readonly fallback?: unknown;
}

const amount = v.pipe(
  v.union([v.string(), v.pipe(v.number(), v.integer(), v.transform(String))]),
  v.regex(/^[0-9]{1,78}(?:\.[0-9]{1,77})?$/),
);
const wholeNumber = (min: number, max: number): v.GenericSchema<number> =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const address = v.custom<Address>((input) => isHex(input, 20));
const file = v.pipe(v.string(), v.nonEmpty());
const rpcUrl = v.pipe(
  v.string(),
  v.check((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? "")),
);

/** Whether it is a URL of PostgreSQL as libpq has them. */
export function isPostgresUrl(text: string): boolean {
  return /^postgres(?:ql)?:$/.test(URL.parse(text)?.protocol ?? "");
}

/** Every setting by its key in the file. */
export const settings = {
  "chain.rpc": {
    schema: v.pipe(v.array(rpcUrl), v.minLength(1)),
    flag: "rpc",
    placeholder: "<urls>",
    about: "JSON-RPC endpoints of the chain, separated by commas; the next one is asked when one fails",
    form: "list",
    example: '["http://127.0.0.1:8545"]',
  },
  "chain.deployment": {
    schema: file,
    flag: "deployment",
    placeholder: "<file>",
    about: "deployment file of Weir's contracts on that chain: money follows it, so take it from whom you trust",
    form: "path",
    example: '"deployments/local/wtt.json"',
  },
  "chain.transactions": {
    schema: v.picklist(["eip1559", "legacy"]),
    flag: "transactions",
    placeholder: "<type>",
    about: "eip1559, or legacy for chains without EIP-1559; what the newest block says if left out",
    form: "text",
    example: '"eip1559"',
  },
  "chain.confirmations": {
    schema: wholeNumber(1, 10_000),
    flag: "confirmations",
    placeholder: "<blocks>",
    about: "blocks that must hold a deposit or transaction before it counts, its own included",
    form: "number",
    example: "1",
    fallback: 1,
  },
  "chain.finality": {
    schema: wholeNumber(1, 10_000),
    flag: "finality",
    placeholder: "<blocks>",
    about: "blocks after which no transaction is taken back any more: as deep as the chain's reorganisations may go",
    form: "number",
    example: "64",
    fallback: 64,
  },
  "chain.maxGasPrice": {
    schema: amount,
    flag: "max-gas-price",
    placeholder: "<gwei>",
    about: "gwei per gas that the relay never offers more than: above it what is due waits; no limit if left out",
    form: "text",
    example: '"50"',
  },
  "wallet.keystore": {
    schema: file,
    flag: "keystore",
    placeholder: "<file>",
    about: "encrypted key of whoever runs a command that signs: operator, delegator or publisher",
    form: "path",
    example: '"keys/wallet.json"',
  },
  "wallet.passwordFile": {
    schema: file,
    flag: "password-file",
    placeholder: "<file>",
    about: "file with that keystore's password in its first line; without one it is asked for",
    form: "path",
    example: '"keys/wallet.password"',
  },
  "agent.keystore": {
    schema: file,
    flag: "agent-keystore",
    placeholder: "<file>",
    about: "encrypted hot key of the relay: signs deliveries and sends transactions, never receives money",
    form: "path",
    example: '"keys/agent.json"',
  },
  "agent.passwordFile": {
    schema: file,
    flag: "agent-password-file",
    placeholder: "<file>",
    about: "file with that keystore's password in its first line; without one it is asked for",
    form: "path",
    example: '"keys/agent.password"',
  },
  "operator.address": {
    schema: address,
    flag: "operator",
    placeholder: "<address>",
    about: "the operator: who is paid, and whom stake stands behind",
    form: "text",
    example: '"0x0000000000000000000000000000000000000001"',
  },
  "viewer.publisher": {
    schema: address,
    flag: "publisher",
    placeholder: "<address>",
    about: "whose signature a stream must carry to be played: take it from whom you trust, never from a relay",
    form: "text",
    example: '"0x0000000000000000000000000000000000000002"',
  },
  "viewer.maxPricePerGiB": {
    schema: amount,
    flag: "max-price",
    placeholder: "<tokens>",
    about: "the most that a GiB may cost in tokens; dearer relays are left out",
    form: "text",
    example: '"0.02"',
  },
  "viewer.budget": {
    schema: amount,
    flag: "budget",
    placeholder: "<tokens>",
    about: "the most that one watching may cost in tokens; so much is put into the session's account",
    form: "text",
    example: '"1"',
  },
  "viewer.state": {
    schema: file,
    flag: "state",
    placeholder: "<folder>",
    about: "where session keys are kept; weir in $XDG_STATE_HOME or in ~/.local/state if left out",
    form: "path",
    example: '"state"',
  },
  "relay.publicUrl": {
    schema: v.pipe(
      v.string(),
      v.check((text) => relayOrigin(text) !== undefined),
    ),
    flag: "public-url",
    placeholder: "<origin>",
    about: "where viewers reach the relay; https unless it is loopback",
    form: "text",
    example: '"https://relay.example"',
  },
  "relay.listen": {
    schema: v.pipe(
      v.string(),
      v.check((text) => parseListen(text) !== undefined),
    ),
    flag: "listen",
    placeholder: "<host:port>",
    about:
      "where the relay listens; loopback, with a proxy that speaks TLS in front, unless it has a certificate itself",
    form: "text",
    example: '"127.0.0.1:8402"',
    fallback: "127.0.0.1:8402",
  },
  "relay.tlsCertificate": {
    schema: file,
    flag: "tls-certificate",
    placeholder: "<file>",
    about:
      "certificate of the public URL's name with its chain, PEM: the relay speaks HTTPS itself; read again when renewed",
    form: "path",
    example: '"/etc/weir/tls/fullchain.pem"',
  },
  "relay.tlsKey": {
    schema: file,
    flag: "tls-key",
    placeholder: "<file>",
    about: "private key of that certificate, PEM, for the relay's user alone",
    form: "path",
    example: '"/etc/weir/tls/privkey.pem"',
  },
  "relay.accel": {
    schema: v.pipe(v.string(), v.regex(/^\/(?:[A-Za-z0-9._~-]+\/)+$/)),
    flag: "accel",
    placeholder: "<location>",
    about: "internal location under which an nginx in front has the streams' folders, to send files itself",
    form: "text",
    example: '"/weir-files/"',
  },
  "relay.database": {
    schema: file,
    flag: "database",
    placeholder: "<file>",
    about: "SQLite file with every receipt that was not settled yet: back it up, never delete it",
    form: "path",
    example: '"relay.sqlite"',
    fallback: "relay.sqlite",
  },
  "relay.store": {
    schema: v.pipe(v.string(), v.check(isPostgresUrl)),
    flag: "store",
    placeholder: "<url>",
    about:
      "PostgreSQL database for several relay processes of one operator, instead of relay.database; with a password only " +
      "in the environment or a file",
    form: "text",
    example: '"postgres://weir@db.example/weir?sslmode=verify-full"',
  },
  "relay.storeFile": {
    schema: file,
    flag: "store-file",
    placeholder: "<file>",
    about: "file with that database's URL in its first line, for the relay's user alone",
    form: "path",
    example: '"/etc/weir/store.url"',
  },
  "relay.storeSchema": {
    schema: v.pipe(v.string(), v.regex(/^[a-z_][a-z0-9_]{0,31}$/)),
    flag: "store-schema",
    placeholder: "<name>",
    about: "schema in that database, one for each operator",
    form: "text",
    example: '"weir"',
    fallback: "weir",
  },
  "relay.admin": {
    schema: v.pipe(
      v.string(),
      v.check((text) => text === "off" || parseListen(text) !== undefined),
    ),
    flag: "admin",
    placeholder: "<host:port>",
    about: "where the operator's page, /metrics, /healthz and /readyz are; loopback unless there is a token; or off",
    form: "text",
    example: '"127.0.0.1:8403"',
    fallback: "127.0.0.1:8403",
  },
  "relay.adminTokenFile": {
    schema: file,
    flag: "admin-token-file",
    placeholder: "<file>",
    about: "file with the token that the operator's page asks for, at least 32 characters; or set WEIR_ADMIN_TOKEN",
    form: "path",
    example: '"keys/admin.token"',
  },
  "relay.adminOrigin": {
    schema: v.pipe(
      v.string(),
      v.check((text) => relayOrigin(text) !== undefined),
    ),
    flag: "admin-origin",
    placeholder: "<origin>",
    about: "where a proxy shows the operator's page, if one does",
    form: "text",
    example: '"https://admin.relay.example"',
  },
  "relay.pricePerGiB": {
    schema: amount,
    flag: "price-per-gib",
    placeholder: "<tokens>",
    about: "price of a GiB in tokens",
    form: "text",
    example: '"0.01"',
  },
  "relay.gracePeriod": {
    schema: wholeNumber(3_600, 2_592_000),
    flag: "grace-period",
    placeholder: "<seconds>",
    about: "seconds from a viewer's request to close until its channel ends, one hour to 30 days",
    form: "number",
    example: "86400",
    fallback: 86_400,
  },
  "relay.tokenPerEther": {
    schema: amount,
    flag: "token-per-ether",
    placeholder: "<tokens>",
    about: "what one unit of the chain's own coin is worth in tokens, by your estimate: decides when settling pays",
    form: "text",
    example: '"3000"',
  },
  "relay.minDeposit": {
    schema: amount,
    flag: "min-deposit",
    placeholder: "<tokens>",
    about: "smallest deposit in tokens that the relay sends for wallets without gas, at its own cost; none if left out",
    form: "text",
    example: '"1"',
  },
  "relay.depositsPerHour": {
    schema: wholeNumber(1, 10_000),
    flag: "deposits-per-hour",
    placeholder: "<number>",
    about: "such deposits within an hour, of all wallets together; 60 if left out",
    form: "number",
    example: "60",
    fallback: 60,
  },
  "relay.depositsPerAddress": {
    schema: wholeNumber(1, 10_000),
    flag: "deposits-per-address",
    placeholder: "<number>",
    about: "such deposits within an hour for one client address, IPv6 by /64, and for one wallet; 3 if left out",
    form: "number",
    example: "3",
    fallback: 3,
  },
  "relay.depositGasPerDay": {
    schema: amount,
    flag: "deposit-gas-per-day",
    placeholder: "<coins>",
    about: "most of the chain's own coin that such deposits may take for gas within a day (UTC); 0.05 if left out",
    form: "text",
    example: '"0.05"',
    fallback: "0.05",
  },
  "relay.region": {
    schema: v.pipe(v.string(), v.maxBytes(32)),
    flag: "region",
    placeholder: "<name>",
    about: "where the relay is, such as eu-north; viewers search by it",
    form: "text",
    example: '""',
    fallback: "",
  },
  ...trafficSettings,
} as const satisfies Readonly<Record<string, Setting>>;

/** The key of a setting in the file. */
export type SettingKey = keyof typeof settings;

/** What a setting is once it was checked. */
export type SettingValue<Key extends SettingKey> = v.InferOutput<(typeof settings)[Key]["schema"]>;

/** What a value must be, to finish a sentence; one a setting, because people fix one key at a time. */
export const expectations: Readonly<Record<SettingKey, string>> = {
  "chain.rpc": "a list of http or https URLs",
  "chain.deployment": "a file name",
  "chain.transactions": '"eip1559" or "legacy"',
  "chain.confirmations": "a whole number from 1 to 10000",
  "chain.finality": "a whole number from 1 to 10000",
  "chain.maxGasPrice": 'a number of gwei in quotes, such as "50"',
  "wallet.keystore": "a file name",
  "wallet.passwordFile": "a file name",
  "agent.keystore": "a file name",
  "agent.passwordFile": "a file name",
  "operator.address": "an address: 0x and 40 hexadecimal digits",
  "viewer.publisher": "an address: 0x and 40 hexadecimal digits",
  "viewer.maxPricePerGiB": 'a number of tokens in quotes, such as "0.02"',
  "viewer.budget": 'a number of tokens in quotes, such as "1"',
  "viewer.state": "a folder name",
  "relay.publicUrl": "an https origin such as https://relay.example, without a path; plain http is for loopback only",
  "relay.listen": "a host and a port, such as 127.0.0.1:8402 or [::1]:8402",
  "relay.tlsCertificate": "a file name",
  "relay.tlsKey": "a file name",
  "relay.accel": "a URL path with a slash at both ends, such as /weir-files/",
  "relay.database": "a file name",
  "relay.store": "the URL of a PostgreSQL database, such as postgres://weir@db.example/weir",
  "relay.storeFile": "a file name",
  "relay.storeSchema": "a plain name of at most 32 small letters, digits and underscores",
  "relay.admin": "a host and a port, such as 127.0.0.1:8403, or off",
  "relay.adminTokenFile": "a file name",
  "relay.adminOrigin": "an https origin such as https://admin.relay.example, without a path",
  "relay.pricePerGiB": 'a number of tokens in quotes, such as "0.01"',
  "relay.gracePeriod": "a whole number of seconds from 3600 to 2592000",
  "relay.tokenPerEther": 'a number of tokens in quotes, such as "3000"',
  "relay.minDeposit": 'a number of tokens in quotes, such as "1"',
  "relay.depositsPerHour": "a whole number from 1 to 10000",
  "relay.depositsPerAddress": "a whole number from 1 to 10000",
  "relay.depositGasPerDay": 'a number of coins in quotes, such as "0.05"',
  "relay.region": "a text of at most 32 bytes",
  ...trafficExpectations,
};

/** A stream as the file describes it, in `[[relay.streams]]`. */
export const streamSchema = v.strictObject({
  path: v.pipe(v.string(), v.startsWith("/", "must be a URL path such as /documentary/")),
  source: v.pipe(v.string(), v.nonEmpty("must be a folder, or the URL of an origin")),
  publisher: v.custom<Address>((input) => isHex(input, 20), "must be an address: 0x and 40 hexadecimal digits"),
  name: v.exactOptional(v.string("must be a text")),
  manifest: v.exactOptional(v.string("must be a file name")),
  free: v.exactOptional(v.boolean("must be true or false")),
});

/** A stream to serve. */
export type StreamSetting = v.InferOutput<typeof streamSchema>;

/** The name of a setting's environment variable: `relay.publicUrl` is `WEIR_RELAY_PUBLIC_URL`. */
export function variableOf(key: SettingKey): string {
  const words = key.replace("GiB", "Gib").replace(/([A-Z])/g, "_$1");
  return `WEIR_${words.replace(".", "_").toUpperCase()}`;
}

/** Host and port of `relay.listen`, or undefined if it is something else. */
export function parseListen(text: string): { readonly hostname: string; readonly port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})$/.exec(text);
  const hostname = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return hostname === undefined || port > 65_535 ? undefined : { hostname, port };
}
