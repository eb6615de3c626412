import { BlockList, isIPv6 } from "node:net";

/** From where an address can be reached: everywhere, or only from this machine, this network or this provider. */
export type AddressKind = "public" | "loopback" | "private" | "shared";

/** Special-purpose ranges (RFC 6890) that a name of a relay can point to by mistake. */
const RANGES: Readonly<Record<Exclude<AddressKind, "public">, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"],
  // RFC 6598: what providers without enough addresses give their customers' routers.
  shared: ["100.64.0.0/10"],
};

const lists = Object.entries(RANGES).map(([kind, ranges]) => {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", prefix] = range.split("/");
    list.addSubnet(network, Number(prefix), familyOf(network));
  }
  return [kind as AddressKind, list] as const;
});

/** The kind of an IP address; an IPv4 address in IPv6 clothes is what it is underneath. */
export function addressKind(ip: string): AddressKind {
  return lists.find(([, list]) => list.check(ip, familyOf(ip)))?.[0] ?? "public";
}

function familyOf(ip: string): "ipv4" | "ipv6" {
  return isIPv6(ip) ? "ipv6" : "ipv4";
}
