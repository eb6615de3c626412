import type { Address, Deployment } from "weir/core";
import { openSession } from "weir/viewer/wallet";
import type { OpenSessionOptions } from "weir/viewer/wallet";

/** What a page knows before it plays: its wallet, and what it trusts. */
export interface Page {
  readonly ethereum: OpenSessionOptions["wallet"];
  readonly deployment: Deployment;
  readonly publisher: Address;
  readonly relays: string[];
}

/** What watching cost, and what came back; base units of the token. */
export interface Watched {
  readonly spent: bigint;
  readonly withdrawn: bigint;
}

/** Pays for a stream while it is watched. */
export async function watch({ ethereum, deployment, publisher, relays }: Page): Promise<Watched> {
  // #region readme
  const session = await openSession({
    ...{ wallet: ethereum, deployment, relays }, // asked once; after a reload and in other tabs it goes on by itself
    amount: 2n * 10n ** 18n, // the most that can ever be lost, in base units of the token
    maxPricePerGiB: 10n ** 18n,
  });
  const viewer = await session.viewer({ publisher, name: "documentary", manifest: "/documentary/weir.json" });
  const playlist = await viewer.fetch("master.m3u8"); // a Response for your player: verified, then paid
  const { spent } = await viewer.close();
  const { withdrawn } = await session.close(); // everything left is back in the wallet
  // #endregion
  if (!(await playlist.text()).startsWith("#EXTM3U")) throw new Error("not a playlist");
  return { spent, withdrawn };
}
