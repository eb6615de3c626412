import { isHex, WeirError } from "weir/core";
import { createWalletClient, http } from "viem";
import type { HttpTransport, LocalAccount, WalletClient } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { Gift, PlayerConfig } from "./playerConfig.ts";

const KEY = "weir/player/throwaway-key";
const POLLING_MS = 200;

/** A wallet whose key lies open in the browser's data: for a chain whose tokens are worth nothing, and no other. */
export function throwawayWallet({
  faucet,
  rpc,
}: Pick<PlayerConfig, "faucet" | "rpc">): WalletClient<HttpTransport, undefined, LocalAccount> {
  if (faucet === undefined) throw new WeirError("malformed-message", "only a local chain has throwaway wallets");
  const kept = localStorage.getItem(KEY);
  const key = isHex(kept, 32) ? kept : generatePrivateKey();
  localStorage.setItem(KEY, key);
  const account = privateKeyToAccount(key);
  return createWalletClient({ account, transport: http(rpc), pollingInterval: POLLING_MS });
}

/** Asks for a gift. @throws WeirError `too-many-requests`, `internal` */
export async function fill(faucet: string, address: string, what: Gift): Promise<void> {
  const answer = await fetch(faucet, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ address, what }),
  });
  if (answer.status === 429) throw new WeirError("too-many-requests", "the faucet has given enough for now");
  if (!answer.ok) throw new WeirError("internal", `the faucet answered ${answer.status}`);
}
