import type { Deployment, Hex } from "../../../sdk/core/index.ts";
import type { Viewer } from "../../../sdk/viewer/index.ts";
import { openSession, recoverAccounts } from "../../../sdk/viewer/wallet/index.ts";
import type { EmptiedAccounts, ViewerSession, WalletProvider } from "../../../sdk/viewer/wallet/index.ts";

/** What a test tells the page. Amounts are decimal texts: a test cannot hand over bigints. */
export interface WalletPageOptions {
  readonly deployment: Deployment;
  readonly relays: readonly string[];
  readonly amount: string;
  readonly budget: string;
  readonly maxPricePerGiB: string;
}

/** The stream that is played, and in which steps it is funded. */
export interface WalletPageStream {
  readonly publisher: Hex;
  readonly name: string;
  readonly fundBytes: number;
}

/** How far the page got. */
export interface Watched {
  /** Channels that pay, in the order of the relays; empty text where there is none. */
  readonly channels: readonly string[];
  /** Token base units that were signed for and that relays took, on these channels. */
  readonly funded: string;
  readonly verifiedBytes: string;
  /** Code of the error that ended it, if one did. */
  readonly code: string | undefined;
}

/** What came back. */
export interface Returned {
  readonly withdrawn: string;
  readonly done: boolean;
  readonly later: number;
}

/** What a test can do on the page. */
export interface WalletPage {
  /** Opens the session. Resolves to the session key's address. */
  readonly open: (options: WalletPageOptions) => Promise<string>;
  /** Watches segments of the test stream, with the viewer from before if it is still there. */
  readonly watch: (stream: WalletPageStream, segments: readonly string[]) => Promise<Watched>;
  readonly close: () => Promise<Returned>;
  /** Gets back what the wallet has in accounts of which this browser knows nothing. */
  readonly recover: (deployment: Deployment) => Promise<Returned>;
  /** What is left of the budget, and what is reserved and spent, in token base units. */
  readonly balance: () => Promise<{ readonly left: string; readonly reserved: string; readonly spent: string }>;
}

/** What a wallet says: an error as EIP-1193 has it crosses into the page as data. */
export type WalletAnswer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data: unknown } };

/** What a test put into the page: asks its wallet. */
declare const askWallet: (method: string, params: unknown) => Promise<WalletAnswer>;

const wallet: WalletProvider = {
  async request({ method, params = [] }) {
    const answer = await askWallet(method, params);
    if ("result" in answer) return answer.result;
    const { code, data, message } = answer.error;
    throw Object.assign(new Error(message), { code, data });
  },
};
const channels = new Map<string, string>();
let session: ViewerSession | undefined;
let viewer: Viewer | undefined;

function opened(): ViewerSession {
  if (session === undefined) throw new Error("there is no session yet");
  return session;
}

async function startViewer({ fundBytes, name, publisher }: WalletPageStream): Promise<Viewer> {
  const started = await opened().viewer({
    ...{ publisher, name, manifest: `/${name}/weir.json` },
    policy: { postBytes: 32_768n, fundBytes: BigInt(fundBytes) },
    timing: { giveUp: 5_000 },
  });
  started.on((event) => {
    if (event.type === "opened") channels.set(event.relay, event.channelId);
  });
  return started;
}

function returned({ done, plan, withdrawn }: EmptiedAccounts): Returned {
  return { done, withdrawn: String(withdrawn), later: plan.later.length };
}

const walletPage: WalletPage = {
  async open({ amount, budget, maxPricePerGiB, ...rest }) {
    session = await openSession({
      ...{ ...rest, wallet, amount: BigInt(amount), budget: BigInt(budget) },
      maxPricePerGiB: BigInt(maxPricePerGiB),
    });
    return session.signer.address;
  },
  async watch(stream, segments) {
    viewer ??= await startViewer(stream);
    let code: string | undefined;
    try {
      for (const segment of segments) await viewer.fetch(segment);
    } catch (error) {
      ({ code } = error as { readonly code?: string });
      if (code === undefined) throw error;
    }
    const { funded, relays, verifiedBytes } = viewer.status();
    return {
      channels: relays.map(({ origin }) => channels.get(origin) ?? ""),
      ...{ funded: String(funded), verifiedBytes: String(verifiedBytes), code },
    };
  },
  async close() {
    return returned(await opened().close());
  },
  async recover(deployment) {
    return returned(await recoverAccounts({ wallet, deployment }));
  },
  async balance() {
    const { left, reserved, spent } = await opened().balance();
    return { left: String(left), reserved: String(reserved), spent: String(spent) };
  },
};

Object.assign(globalThis, { walletPage });
