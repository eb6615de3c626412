import { createWalletClient, custom } from "viem";
import { privateKeySigner } from "weir/core";
import type { Address, Deployment, Hex } from "weir/core";
import { createViewer, openAccount } from "weir/viewer";

/** What a page knows before it plays: its wallet, its session key, and what it trusts. */
export interface Page {
  readonly ethereum: Parameters<typeof custom>[0];
  readonly account: Address;
  readonly sessionKey: Hex;
  readonly deployment: Deployment;
  readonly publisher: Address;
  readonly relays: string[];
}

/** Pays for a stream while it is watched. */
export async function watch({ ethereum, account, sessionKey, deployment, publisher, relays }: Page): Promise<bigint> {
  // #region readme
  const signer = privateKeySigner(sessionKey); // stays in the browser and signs without pop-ups
  const wallet = createWalletClient({ account, transport: custom(ethereum) });
  const budget = 2n * 10n ** 18n; // the most that this session can cost, in base units of the token
  await openAccount(wallet, { deployment, signer, amount: budget }); // the only time the wallet is asked
  const stream = { publisher, name: "documentary", manifest: "/documentary/weir.json", relays };
  const viewer = createViewer({ deployment, signer, ...stream, maxPricePerGiB: 10n ** 18n, budget });
  const playlist = await viewer.fetch("master.m3u8"); // a Response for your player: verified, then paid
  const { spent } = await viewer.close();
  // #endregion
  if (!(await playlist.text()).startsWith("#EXTM3U")) throw new Error("not a playlist");
  return spent;
}
