import { createClient, custom } from "viem";
import { numberToHex } from "viem/utils";
import type { WriteClient } from "../../chain/clients.ts";
import { toWeirError } from "../../chain/internal/toWeirError.ts";
import type { Deployment } from "../../core/deployment.ts";
import { isHex } from "../../core/hex.ts";
import type { Address } from "../../core/hex.ts";
import { WeirError } from "../../core/weirError.ts";

/** Any wallet that a page can talk to (EIP-1193), such as `window.ethereum`, or a provider that EIP-6963 announced. */
export interface WalletProvider {
  request(args: { readonly method: string; readonly params?: unknown }): Promise<unknown>;
}

/**
 * A viem client of the wallet's account, on the deployment's chain. Asks the wallet to connect only if it has not connected
 * to this page before, and to change the chain only if it is on another.
 *
 * @param wallet a provider, or a viem client with an account, as wagmi's `useWalletClient` gives one
 * @throws WeirError `request-declined`, `wrong-chain`, `chain-unavailable`
 */
export async function connectWallet(
  wallet: WalletProvider | WriteClient,
  { chainId }: Pick<Deployment, "chainId">,
): Promise<WriteClient> {
  if ("transport" in wallet) return wallet;
  try {
    const [known] = addressesIn(await wallet.request({ method: "eth_accounts" }));
    const [account] =
      known === undefined ? addressesIn(await wallet.request({ method: "eth_requestAccounts" })) : [known];
    if (account === undefined) throw new WeirError("request-declined", "the wallet shows this page no account");
    if (Number(await wallet.request({ method: "eth_chainId" })) !== chainId) {
      await wallet.request({ method: "wallet_switchEthereumChain", params: [{ chainId: numberToHex(chainId) }] });
    }
    return createClient({ account, transport: custom(wallet) });
  } catch (error) {
    // EIP-1193: 4001 is the user's no; EIP-3085: 4902 is a chain that the wallet does not have.
    const { code } = error as { readonly code?: unknown };
    if (code === 4001) throw new WeirError("request-declined", undefined, { cause: error });
    if (code === 4902) {
      throw new WeirError("wrong-chain", `the wallet does not know chain ${String(chainId)}`, { cause: error });
    }
    throw toWeirError(error);
  }
}

function addressesIn(answer: unknown): Address[] {
  return Array.isArray(answer) ? answer.filter((each): each is Address => isHex(each, 20)) : [];
}
