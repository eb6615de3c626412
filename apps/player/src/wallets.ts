import { isHex, WeirError } from "weir/core";
import type { Address, Deployment } from "weir/core";
import type { WriteClient } from "weir/chain";
import { numberToHex } from "viem";
import { throwawayWallet } from "./throwawayWallet.ts";
import type { PlayerConfig } from "./playerConfig.ts";

/** Any wallet that a page can talk to (EIP-1193). */
interface WalletProvider {
  request(args: { readonly method: string; readonly params?: unknown }): Promise<unknown>;
}

/** A wallet that was connected. */
export interface ConnectedWallet {
  /** The same at every visit: by which it is found again. */
  readonly id: string;
  readonly name: string;
  readonly address: Address;
  /** What a session is opened with. */
  readonly wallet: WalletProvider | WriteClient;
  readonly isThrowaway: boolean;
  /** Teaches it the chain of this page, and changes to it. */
  readonly addChain: () => Promise<void>;
}

/** A wallet that can be chosen. */
export interface FoundWallet {
  readonly id: string;
  readonly name: string;
  /** A data URL. */
  readonly icon?: string;
  readonly about?: string;
  /**
   * @param isAsked whether a person just chose it; if not, the wallet shows nothing
   * @throws WeirError `request-declined`
   */
  connect(isAsked: boolean): Promise<ConnectedWallet | undefined>;
}

/** The announcement of EIP-6963. */
interface Announcement extends Event {
  readonly detail: {
    readonly info: { readonly name: string; readonly icon: string; readonly rdns: string };
    readonly provider: WalletProvider;
  };
}

/** Of the throwaway wallet. */
const THROWAWAY = "throwaway";
/** Of a wallet that announces nothing. */
const INJECTED = "injected";
const CHOSEN_KEY = "weir/player/wallet";

/** Watches for wallets from now on (EIP-6963). @returns a function that lists those found so far */
export function findWallets(config: PlayerConfig): () => readonly FoundWallet[] {
  const announced = new Map<string, FoundWallet>();
  addEventListener("eip6963:announceProvider", (event) => {
    const { info, provider } = (event as Announcement).detail;
    const { icon, name, rdns } = info;
    const about = { id: rdns, name, ...(icon.startsWith("data:image/") && { icon }) };
    announced.set(rdns, { ...about, connect: async (isAsked) => connect(about, provider, config, isAsked) });
  });
  dispatchEvent(new Event("eip6963:requestProvider"));
  return () => {
    const found = [...announced.values()];
    const { ethereum } = globalThis as { readonly ethereum?: WalletProvider };
    if (found.length === 0 && ethereum !== undefined) {
      const about = { id: INJECTED, name: "Browser wallet" };
      found.push({ ...about, connect: async (isAsked) => connect(about, ethereum, config, isAsked) });
    }
    return config.faucet === undefined ? found : [...found, throwaway(config)];
  };
}

/** The wallet of the last visit, if it still shows this page an account without asking. */
export async function reconnect(found: readonly FoundWallet[]): Promise<ConnectedWallet | undefined> {
  const id = localStorage.getItem(CHOSEN_KEY);
  return found.find((wallet) => wallet.id === id)?.connect(false);
}

/** Remembers the choice for the next visit; forgets it if there is none. */
export function rememberWallet(wallet: ConnectedWallet | undefined): void {
  if (wallet === undefined) localStorage.removeItem(CHOSEN_KEY);
  else localStorage.setItem(CHOSEN_KEY, wallet.id);
}

function throwaway(config: PlayerConfig): FoundWallet {
  const about = { id: THROWAWAY, name: "Throwaway wallet" };
  return {
    ...about,
    about:
      "Made in this browser, with test tokens of the local chain. Worth nothing, and lost with the browser's data.",
    connect: async () => {
      const wallet = throwawayWallet(config);
      const { address } = wallet.account;
      const addChain = async (): Promise<void> => Promise.resolve();
      return Promise.resolve({ ...about, address, wallet, isThrowaway: true, addChain });
    },
  };
}

async function connect(
  about: Pick<FoundWallet, "id" | "name">,
  provider: WalletProvider,
  { deployment, rpc }: PlayerConfig,
  isAsked: boolean,
): Promise<ConnectedWallet | undefined> {
  const accounts = await ask(provider, isAsked ? "eth_requestAccounts" : "eth_accounts");
  const [address] = Array.isArray(accounts) ? accounts.filter((each): each is Address => isHex(each, 20)) : [];
  if (address === undefined) {
    if (!isAsked) return undefined;
    throw new WeirError("request-declined", "the wallet shows this page no account");
  }
  return {
    ...about,
    ...{ address, wallet: provider, isThrowaway: false },
    addChain: async () => {
      await ask(provider, "wallet_addEthereumChain", [chainOf(deployment, rpc)]);
    },
  };
}

/** EIP-3085. */
function chainOf({ chainId, network }: Deployment, rpc: string): Readonly<Record<string, unknown>> {
  const nativeCurrency = { name: "Ether", symbol: "ETH", decimals: 18 };
  return { chainId: numberToHex(chainId), chainName: `Weir ${network}`, nativeCurrency, rpcUrls: [rpc] };
}

async function ask(provider: WalletProvider, method: string, params?: unknown): Promise<unknown> {
  try {
    return await provider.request({ method, ...(params !== undefined && { params }) });
  } catch (cause) {
    throw new WeirError("request-declined", undefined, { cause });
  }
}
