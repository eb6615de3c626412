import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addNamespace, runCommand } from "./networkNamespace.ts";
import type { NetworkNamespace } from "./networkNamespace.ts";

/** An internet with a home behind a router, somebody who watches, and a small server. */
export interface HomeNetwork {
  /** The relay's machine: 192.168.77.2 behind the router's translation, and 2001:db8:77::2. */
  readonly home: NetworkNamespace;
  /** The home's router: 203.0.113.2 on the internet. */
  readonly router: NetworkNamespace;
  /** Somebody elsewhere: 203.0.113.9 and 2001:db8:1::9. */
  readonly away: NetworkNamespace;
  /** A rented server: 203.0.113.5. */
  readonly server: NetworkNamespace;
  /** Lets the name lead to addresses, for whoever is away, in commands that begin after this. */
  readonly name: (host: string, addresses: readonly string[]) => void;
  readonly remove: () => void;
}

/** Builds it of namespaces of this machine. @throws Error that says what the machine lacks */
export function buildHomeNetwork(): HomeNetwork {
  const made: NetworkNamespace[] = [];
  const folders: string[] = [];
  const remove = (): void => {
    for (const namespace of made) namespace.remove();
    for (const folder of folders) rmSync(folder, { recursive: true });
  };
  const add = (): NetworkNamespace => {
    const namespace = addNamespace();
    made.push(namespace);
    return namespace;
  };
  try {
    const [internet, router, home, away, server] = [add(), add(), add(), add(), add()];
    internet.run("ip", "link", "add", "switch", "type", "bridge");
    internet.run("ip", "link", "set", "switch", "up");
    for (const [i, member] of [router, away, server].entries()) {
      const port = `port${String(i)}`;
      connectPair(internet, port, member, "wan");
      internet.run("ip", "link", "set", port, "master", "switch");
    }
    connectPair(router, "lan", home, "lan");
    address(router, "wan", "203.0.113.2/24", "2001:db8:1::2/64");
    address(away, "wan", "203.0.113.9/24", "2001:db8:1::9/64");
    address(server, "wan", "203.0.113.5/24");
    address(router, "lan", "192.168.77.1/24", "2001:db8:77::1/64");
    address(home, "lan", "192.168.77.2/24", "2001:db8:77::2/64");
    home.run("ip", "route", "add", "default", "via", "192.168.77.1");
    home.run("ip", "-6", "route", "add", "default", "via", "2001:db8:77::1");
    away.run("ip", "-6", "route", "add", "2001:db8:77::/64", "via", "2001:db8:1::2");
    // As a router does it: whatever leaves is translated, nothing comes in but answers.
    router.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
    nft(router, "add table inet router");
    nft(router, "add chain inet router out { type nat hook postrouting priority srcnat; }");
    nft(router, "add rule inet router out oifname wan ip saddr 192.168.77.0/24 masquerade");
    nft(router, "add chain inet router in { type nat hook prerouting priority dstnat; }");
    nft(router, "add chain inet router through { type filter hook forward priority filter; policy drop; }");
    nft(router, "add rule inet router through ct state established,related accept");
    nft(router, "add rule inet router through iifname lan accept");
    nft(router, "add rule inet router through ct status dnat accept");
    return {
      ...{ home, router, away, server, remove },
      name(host, addresses) {
        const folder = join("/etc/netns", away.name);
        if (!folders.includes(folder)) folders.push(folder);
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "hosts"), addresses.map((each) => `${each} ${host}\n`).join(""));
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Adds a rule to a namespace's firewall, as `nft` takes it. @throws Error that says what the machine lacks */
export function nft(namespace: NetworkNamespace, rule: string): void {
  try {
    namespace.run("nft", rule);
  } catch (cause) {
    const needs = "the package nftables, and a kernel with nf_tables and its nat chains";
    throw new Error(`This environment cannot translate addresses, which the test needs: ${needs}.`, { cause });
  }
}

/** A cable between two namespaces. */
function connectPair(one: NetworkNamespace, oneEnd: string, other: NetworkNamespace, otherEnd: string): void {
  runCommand([
    ...["ip", "link", "add", oneEnd, "netns", one.name, "type", "veth"],
    ...["peer", "name", otherEnd, "netns", other.name],
  ]);
  one.run("ip", "link", "set", oneEnd, "up");
  other.run("ip", "link", "set", otherEnd, "up");
}

/** IPv6 addresses are used at once: nobody else on this network could have them. */
function address(namespace: NetworkNamespace, device: string, ...networks: readonly string[]): void {
  for (const network of networks) {
    const options = network.includes(":") ? ["nodad"] : [];
    namespace.run("ip", "addr", "add", network, "dev", device, ...options);
  }
}
