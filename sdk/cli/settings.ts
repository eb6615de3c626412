import * as v from "valibot";
import { isHex, relayOrigin } from "../core/index.ts";
import type { Address } from "../core/index.ts";

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
    about: "eip1559, or legacy for chains without EIP-1559",
    form: "text",
    example: '"eip1559"',
    fallback: "eip1559",
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
    about: "where the relay listens; loopback, with a proxy that speaks TLS in front",
    form: "text",
    example: '"127.0.0.1:8402"',
    fallback: "127.0.0.1:8402",
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
  "relay.region": {
    schema: v.pipe(v.string(), v.maxBytes(32)),
    flag: "region",
    placeholder: "<name>",
    about: "where the relay is, such as eu-north; viewers search by it",
    form: "text",
    example: '""',
    fallback: "",
  },
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
  "wallet.keystore": "a file name",
  "wallet.passwordFile": "a file name",
  "agent.keystore": "a file name",
  "agent.passwordFile": "a file name",
  "operator.address": "an address: 0x and 40 hexadecimal digits",
  "relay.publicUrl": "an https origin such as https://relay.example, without a path; plain http is for loopback only",
  "relay.listen": "a host and a port, such as 127.0.0.1:8402 or [::1]:8402",
  "relay.database": "a file name",
  "relay.pricePerGiB": 'a number of tokens in quotes, such as "0.01"',
  "relay.gracePeriod": "a whole number of seconds from 3600 to 2592000",
  "relay.tokenPerEther": 'a number of tokens in quotes, such as "3000"',
  "relay.region": "a text of at most 32 bytes",
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
