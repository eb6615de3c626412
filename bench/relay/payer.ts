import type { Agent } from "node:http";
import { extendTotals, resourceId } from "../../sdk/core/index.ts";
import type { Secp256k1 } from "../../sdk/core/index.ts";
import { paperDomain } from "../../test/helpers/relayFixture.ts";
import { testViewer } from "../../test/helpers/testViewer.ts";
import { download, segmentAt } from "./downloads.ts";

/** Receipts are posted when this much is verified and not paid: a quarter of the credit that every channel has. */
const POST_BYTES = 2n << 20n;

/** Somebody who downloads and pays, as fast as can be. */
interface Payer {
  /** Downloads a segment. Its receipt is posted beside later downloads, as a viewer does it. */
  readonly download: (turn: number) => Promise<void>;
  /** Pays what is left. @throws Error unless the relay acknowledged every byte */
  readonly finish: () => Promise<void>;
  /** Posts so far. */
  readonly posts: () => number;
}

/** Several at once, each on a channel of its own. */
export interface Payers {
  readonly download: (turn: number, payer: number) => Promise<void>;
  /** Pays what is left. @throws Error unless the relay acknowledged every byte */
  readonly finish: () => Promise<void>;
  /** Posts so far. */
  readonly posts: () => number;
}

/** Opens sessions. */
export async function openPayers(count: number, url: string, agent: Agent, secp256k1: Secp256k1): Promise<Payers> {
  const payers = await Promise.all(Array.from({ length: count }, async () => openPayer(url, agent, secp256k1)));
  return {
    download: async (turn, payer) => payers[payer]?.download(turn),
    async finish() {
      await Promise.all(payers.map(async (payer) => payer.finish()));
    },
    posts: () => payers.reduce((sum, payer) => sum + payer.posts(), 0),
  };
}

async function openPayer(url: string, agent: Agent, secp256k1: Secp256k1): Promise<Payer> {
  const viewer = await testViewer({
    fetch: async (path, init) => fetch(url + path, init),
    origin: url,
    domain: paperDomain,
    directory: "/paid/",
    secp256k1,
  });
  await viewer.open();
  let paying: Promise<unknown> | undefined;
  let failure: Error | undefined;
  let posts = 0;
  let downloaded = 0n;
  const pay = (): void => {
    posts++;
    paying = viewer
      .pay()
      .catch((error: unknown) => {
        failure = new Error("a receipt was not accepted", { cause: error });
      })
      .finally(() => {
        paying = undefined;
      });
  };
  return {
    async download(turn) {
      const path = segmentAt(turn);
      const { hash, size } = await download(`${url}/paid/${path}?weir=${viewer.token}`, agent);
      if (failure !== undefined) throw failure;
      downloaded += BigInt(size);
      const entry = { resource: resourceId(path), contentHash: `0x${hash}` as const, size: BigInt(size) };
      viewer.entries.push(entry);
      viewer.totals = extendTotals(viewer.totals, entry);
      const owing = viewer.totals.deliveredBytes - viewer.acknowledged.deliveredBytes;
      if (owing >= POST_BYTES && paying === undefined) pay();
    },
    async finish() {
      await paying;
      if (viewer.entries.length > 0) pay();
      await paying;
      if (failure !== undefined) throw failure;
      if (viewer.acknowledged.deliveredBytes !== downloaded)
        throw new Error("the relay did not acknowledge every byte");
    },
    posts: () => posts,
  };
}
