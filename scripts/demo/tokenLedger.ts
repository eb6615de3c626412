import type { Address, PublicClient } from "viem";
import { weirTestTokenAbi } from "../../sdk/abis/index.ts";
import { readTokenBalance } from "../../sdk/chain/index.ts";
import type { Deployment } from "../../sdk/core/index.ts";

/** Where the tokens are. All amounts are token base units. */
export interface TokenLedger {
  readonly minted: bigint;
  readonly places: readonly { readonly place: string; readonly balance: bigint }[];
  /** What no place accounts for; zero, or something is wrong. */
  readonly missing: bigint;
}

/** Reads the balance of every place that tokens can be in, and compares the sum with what was minted. */
export async function readTokenLedger(
  client: PublicClient,
  deployment: Deployment,
  holders: readonly { readonly place: string; readonly address: Address }[],
): Promise<TokenLedger> {
  const minted = await client.readContract({
    address: deployment.token.address,
    abi: weirTestTokenAbi,
    functionName: "totalSupply",
  });
  const places = await Promise.all(
    holders.map(async ({ place, address }) => ({
      place,
      balance: await readTokenBalance(client, { deployment, owner: address }),
    })),
  );
  return { minted, places, missing: minted - places.reduce((sum, { balance }) => sum + balance, 0n) };
}
