import { lookup } from "node:dns/promises";
import { connect, isIPv6 } from "node:net";
import { addressKind } from "./addressKind.ts";
import type { AddressKind } from "./addressKind.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

const TIMEOUT_MS = 5_000;
/** What this machine says when it has no way into the other internet at all. */
const NO_ROUTE = ["ENETUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT", "EHOSTUNREACH"];

const CURES: Readonly<Record<Exclude<AddressKind, "public" | "loopback">, string>> = {
  private:
    "That is right only if viewers get another answer: their name server must give the router's outside address.",
  shared:
    "Your provider shares its addresses between customers: use IPv6, or a tunnel to a machine with an address of its own.",
};

/** Whether the name of the public URL leads somewhere that viewers can reach, and whether each address of it answers. */
export async function addressChecks(publicUrl: string): Promise<Check[]> {
  const { hostname, port, protocol } = new URL(publicUrl);
  const host = hostname.replace(/^\[|\]$/g, "");
  // Plain HTTP is for loopback alone: nobody else is to reach it.
  if (protocol === "http:") return [];
  let ips: string[];
  try {
    ips = (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    const cure =
      "Correct relay.publicUrl, or make the name's A or AAAA record; with a changing address, by dynamic DNS.";
    return [fail("address", `${host} has no address`, cure)];
  }
  const answers = await Promise.all(ips.map(async (ip) => ({ ip, code: await refusal(ip, Number(port || 443)) })));
  return [whereCheck(host, ips), ...familyChecks(answers)];
}

function whereCheck(host: string, ips: readonly string[]): Check {
  const name = "address";
  for (const ip of ips) {
    const kind = addressKind(ip);
    if (kind === "loopback") {
      const cure = "Viewers would ask their own machine: give the name the address of this one's router.";
      return fail(name, `${host} is ${ip}, loopback`, cure);
    }
    if (kind !== "public") {
      const whose = kind === "private" ? "this network" : "this provider's network";
      return warn(name, `from here ${host} is ${ip}, which leads nowhere outside ${whose}`, CURES[kind]);
    }
  }
  return ok(name, `${host} is ${ips.join(", ")}`);
}

interface Answer {
  readonly ip: string;
  /** Why nobody answers; absent if somebody does. */
  readonly code: string | undefined;
}

/** One way that leads nowhere slows down every viewer that tries it first. */
function familyChecks(answers: readonly Answer[]): Check[] {
  const isReached = answers.some(({ code }) => code === undefined);
  return (["ipv4", "ipv6"] as const).flatMap((family) => {
    const own = answers.filter(({ ip }) => isIPv6(ip) === (family === "ipv6"));
    const dead = own.find(({ code }) => code !== undefined);
    if (own.length === 0) return [];
    if (dead === undefined) return [ok(family, `${own.map(({ ip }) => ip).join(", ")} answers`)];
    const { ip, code = "" } = dead;
    if (NO_ROUTE.includes(code)) {
      const cure = `Look from a machine that has ${family}: weir relay doctor --reach URL`;
      return [warn(family, `this machine has no way to ${ip}, so it cannot tell`, cure)];
    }
    // Nothing answers at all: that is said once, by the check of the relay itself.
    if (!isReached) return [];
    const record = family === "ipv6" ? "AAAA" : "A";
    const cure = `Open the port to ${ip} in router and firewall, or remove the ${record} record: viewers try it and wait.`;
    return [fail(family, `nothing answers at ${ip}: ${code}`, cure)];
  });
}

/** The code of the error that a connection meets, or undefined if it is made. */
async function refusal(ip: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: ip, port, timeout: TIMEOUT_MS });
    const end = (code: string | undefined): void => {
      socket.destroy();
      resolve(code);
    };
    socket.once("connect", () => {
      end(undefined);
    });
    socket.once("timeout", () => {
      end("ETIMEDOUT");
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      end(error.code ?? "failed");
    });
  });
}
