import type { Agent } from "node:http";
import type { Secp256k1 } from "../../sdk/core/index.ts";
import { paperDomain } from "../../test/helpers/relayFixture.ts";
import { testViewer } from "../../test/helpers/testViewer.ts";
import type { TestViewer } from "../../test/helpers/testViewer.ts";
import { nodeFetch } from "./nodeFetch.ts";
import { SEGMENTS } from "./sessionRelay.ts";

/** Openings under way at a time: half of what a relay takes. */
const OPENINGS = 32;
/** Segments after which a viewer pays. */
const PAY_EVERY = 4;

/** Opens so many sessions, each of another viewer, and has each download a segment and pay for it. */
export async function openSessions(
  url: string,
  agent: Agent,
  count: number,
  secp256k1: Secp256k1,
): Promise<TestViewer[]> {
  const terms = await (await nodeFetch(`${url}/.well-known/weir`, agent)).text();
  const fetch = async (path: string, init?: RequestInit): Promise<Response> =>
    path.startsWith("/.well-known/weir") ? new Response(terms) : nodeFetch(url + path, agent, init);
  const viewers: TestViewer[] = [];
  let left = count;
  await Promise.all(
    Array.from({ length: OPENINGS }, async () => {
      while (left-- > 0) {
        const viewer = await testViewer({ fetch, origin: url, domain: paperDomain, secp256k1 });
        await viewer.open();
        await viewer.download("segment-0.m4s");
        await viewer.pay();
        viewers.push(viewer);
      }
    }),
  );
  return viewers;
}

/**
 * Everybody watches and pays as fast as the relay lets them, until all together have so many segments each on average.
 * Resolves to the segments that each got. All are connected before the count begins.
 */
export async function watchTogether(viewers: readonly TestViewer[], average: number): Promise<number[]> {
  await Promise.all(viewers.map(async (viewer) => viewer.download("segment-0.m4s")));
  let left = viewers.length * average;
  return Promise.all(
    viewers.map(async (viewer) => {
      let served = 0;
      while (left > 0) {
        await viewer.download(`segment-${String(served % SEGMENTS)}.m4s`);
        left--;
        served++;
        if (served % PAY_EVERY === 0) await viewer.pay();
      }
      if (viewer.entries.length > 0) await viewer.pay();
      return served;
    }),
  );
}
