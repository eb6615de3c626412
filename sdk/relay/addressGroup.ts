import { BlockList, isIPv4, isIPv6 } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Whom limits per address count a client with: its IPv4 address, or its IPv6 network of 64 bits, because that is what one
 * household or machine gets.
 *
 * @returns `undefined` for what is no address, and for loopback: whoever comes from there is a proxy, or this machine itself
 */
export function addressGroup(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  if (isIPv4(address)) return LOOPBACK.check(address, "ipv4") ? undefined : address;
  // A scope such as %eth0 says which link an address is of, not whose it is.
  const [bare = ""] = address.split("%", 1);
  if (!isIPv6(bare)) return undefined;
  const mapped = /^::ffff:([0-9.]+)$/i.exec(bare)?.[1];
  if (mapped !== undefined) return addressGroup(mapped);
  if (LOOPBACK.check(bare, "ipv6")) return undefined;
  return `${groupsOf(bare).slice(0, 4).join(":")}::/64`;
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  // Only the last group can be an IPv4 address, which stands for two: it never reaches the first four.
  const missing = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<string>(Math.max(0, missing)).fill("0"), ...after].map((group) =>
    group.toLowerCase().replace(/^0+(?=.)/, ""),
  );
}
