import * as v from "valibot";
import { WeirError } from "../core/index.ts";
import { clientAddress } from "../servers/clientAddress.ts";

const UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** A number of bytes such as `20 GiB`; plain digits are bytes. */
const byteSize = (min: number): v.GenericSchema<string | number, number> =>
  v.pipe(
    v.union([v.string(), v.pipe(v.number(), v.transform(String))]),
    v.regex(/^[0-9]{1,15}(?: ?[KMGT]iB)?$/),
    v.transform((text) => parseFloat(text) * (UNITS[/[A-Z]iB$/i.exec(text)?.[0] ?? ""] ?? 1)),
    v.safeInteger(),
    v.minValue(min),
  );
const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000));

const proxies = v.pipe(
  v.array(v.string()),
  v.check((list) => {
    try {
      clientAddress(list);
      return true;
    } catch (error) {
      if (WeirError.is(error)) return false;
      throw error;
    }
  }),
);

/** Settings of what a relay keeps of others' files, and of how much it takes from whom. */
export const trafficSettings = {
  "relay.cacheFolder": {
    schema: v.pipe(v.string(), v.nonEmpty()),
    flag: "cache-folder",
    placeholder: "<folder>",
    about: "where verified segments of streams from other machines are kept; in memory alone if left out",
    form: "path",
    example: '"cache"',
  },
  "relay.cacheSize": {
    schema: byteSize(2 ** 24),
    flag: "cache-size",
    placeholder: "<size>",
    about: "most that the cache folder takes; 10 GiB if left out",
    form: "text",
    example: '"10 GiB"',
    fallback: 10 * 2 ** 30,
  },
  "relay.memory": {
    schema: byteSize(2 ** 20),
    flag: "memory",
    placeholder: "<size>",
    about: "most memory for segments, those that are being read and sent included; 512 MiB if left out",
    form: "text",
    example: '"512 MiB"',
    fallback: 2 ** 29,
  },
  "relay.trustedProxies": {
    schema: proxies,
    flag: "trusted-proxies",
    placeholder: "<list>",
    about: "proxies whose X-Forwarded-For names the client: addresses, networks, or loopback; nobody's if left out",
    form: "list",
    example: '["loopback"]',
    fallback: [],
  },
  "relay.maxConnections": {
    schema: count,
    flag: "max-connections",
    placeholder: "<number>",
    about: "connections at a time, those beyond are closed at once; 20000 if left out",
    form: "number",
    example: "20000",
    fallback: 20_000,
  },
  "relay.connectionsPerAddress": {
    schema: count,
    flag: "connections-per-address",
    placeholder: "<number>",
    about: "connections at a time of one address, IPv6 by /64, without loopback and trusted proxies; 512 if left out",
    form: "number",
    example: "512",
    fallback: 512,
  },
  "relay.sessionsPerAddress": {
    schema: count,
    flag: "sessions-per-address",
    placeholder: "<number>",
    about: "sessions that one client address may have open; 512 if left out",
    form: "number",
    example: "512",
    fallback: 512,
  },
  "relay.sessionsPerMinute": {
    schema: count,
    flag: "sessions-per-minute",
    placeholder: "<number>",
    about: "sessions that one client address may open in a minute; 120 if left out",
    form: "number",
    example: "120",
    fallback: 120,
  },
  "relay.receiptsPerSecond": {
    schema: count,
    flag: "receipts-per-second",
    placeholder: "<number>",
    about: "receipt posts of one channel in a second, and twice as many at once; 100 if left out",
    form: "number",
    example: "100",
    fallback: 100,
  },
} as const;

/** What each must be, to finish a sentence. */
export const trafficExpectations: Readonly<Record<keyof typeof trafficSettings, string>> = {
  "relay.cacheFolder": "a folder name",
  "relay.cacheSize": 'a size of 16 MiB at least, such as "10 GiB"',
  "relay.memory": 'a size of 1 MiB at least, such as "512 MiB"',
  "relay.trustedProxies": "a list of addresses, networks such as 10.0.0.0/8, loopback, linklocal or uniquelocal",
  "relay.maxConnections": "a whole number from 1 to 1000000",
  "relay.connectionsPerAddress": "a whole number from 1 to 1000000",
  "relay.sessionsPerAddress": "a whole number from 1 to 1000000",
  "relay.sessionsPerMinute": "a whole number from 1 to 1000000",
  "relay.receiptsPerSecond": "a whole number from 1 to 1000000",
};
