import type { NamedRelay } from "./playerConfig.ts";

/** How the page calls and colours a relay, in every view the same. */
export interface RelayLook {
  readonly name: string;
  /** Class of its colour. */
  readonly colour: string;
}

const COLOURS = 4;

/** Looks by origin: relays that the page was not told of are called by their hosts. */
export function relayLooks(named: readonly NamedRelay[], origins: readonly string[]): (origin: string) => RelayLook {
  const looks = new Map(
    origins.map((origin, index) => {
      const name = named.find((relay) => relay.origin === origin)?.name ?? new URL(origin).host;
      return [origin, { name, colour: `relay-${index % COLOURS}` }];
    }),
  );
  return (origin) => looks.get(origin) ?? { name: new URL(origin).host, colour: "relay-0" };
}
